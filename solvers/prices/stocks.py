"""Whose stocks need a price: where a stock's row of the LP relaxation is not implied by its other rows."""

from __future__ import annotations

import numpy as np

from instances.columns import Bools
from solvers.prices.dual import Dual
from solvers.prices.work import Work

__all__ = ["stocks_count"]


def stocks_count(dual: Dual, work: Work) -> Bools:
    """[stocks, n_servers] whether a price of a stock may raise the bound over some options (docs/theory.md, P5).

    The row Σ r x ≤ R y is implied if all users fit at once and being on costs nothing, or if every option takes no
    more of the stock than of the uplink, or every one no more than of the compute, however it meets its deadline.
    """
    table, n = dual.table, dual.table.n_servers
    limited = np.isfinite(table.stock_room.T) & (table.stock_room.T > 0)
    counts = dual.binds | (limited & (table.static_j > 0))
    slack = np.maximum(work.budget - work.quickest, 1e-300)
    for least in (work.air / slack, work.run / slack):
        more = work.stock > least[:, None]
        counts &= np.array([np.bincount(work.server, column, n) > 0 for column in more.T])
    return np.asarray(counts)
