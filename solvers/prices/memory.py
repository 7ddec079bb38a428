"""Whose memory needs a price: where the memory row of the LP relaxation is not implied by its other rows."""

from __future__ import annotations

import numpy as np

from instances.columns import Bools
from solvers.prices.dual import Dual
from solvers.prices.work import Work

__all__ = ["memory_counts"]


def memory_counts(dual: Dual, work: Work) -> Bools:
    """[n_servers] whether a price of memory may raise the bound over some options (docs/theory.md, P5).

    The row Σ r x ≤ R y is implied if all users fit at once and being on costs nothing, or if every option takes no
    more of the memory than of the uplink, or every one no more than of the compute, however it meets its deadline.
    """
    table, n = dual.table, dual.table.n_servers
    limited = np.isfinite(table.memory_mb) & (table.memory_mb > 0)
    counts = dual.binds | (limited & (table.static_j > 0))
    part, slack = work.memory_mb / dual.memory[work.server], np.maximum(work.budget - work.quickest, 1e-300)
    for least in (work.air / slack, work.run / slack):
        counts &= np.bincount(work.server, part > least, n) > 0
    return np.asarray(counts)
