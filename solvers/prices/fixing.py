"""Options and servers that a bound and a plan decide for good (reduced costs; docs/theory.md, P5 d).

With a bound L from prices and a plan of value UB, an option whose own cost in place of its user's least would lift L
above UB is in no plan that is better than UB. The same argument closes servers, and opens them.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Bools, Floats, Ints
from solvers.prices.dual import Dual, Point

__all__ = ["Survivors", "survivors"]

_SHARP = 12
_MARGIN = 1e-9
"""Part of the plan's value that rounding, here and in the checker, may be worth."""


@dataclasses.dataclass(frozen=True, eq=False)
class Survivors:
    """What a plan better than the best one known can consist of.

    ``rows`` [n]: of the table, sorted. ``on`` [n_servers]: servers that are on in every such plan. ``possible``:
    whether every user has a row left; if not, no plan is better.
    """

    rows: Ints
    on: Bools
    possible: bool


def survivors(dual: Dual, prices: Floats, best_j: float) -> Survivors:
    """What is left after comparing the bound at some prices with a plan.

    Args:
        dual: of the whole table (room 1).
        prices: [kinds, n_servers], the better the fewer survive.
        best_j: value of a plan, J; or less, if only plans below that are of interest.
    """
    point = dual.at(prices, steps=_SHARP)
    most = best_j + _MARGIN * abs(best_j) - point.bound_j
    paid = point.prices.sum(axis=0) - dual.table.static_j
    work, users = dual.work, np.arange(dual.table.n_users)
    # An option switches its server on: that costs the part of the static energy which the prices do not pay.
    regret = dual.value - point.value_j[work.user] + np.maximum(-paid[work.server], 0.0)
    local = np.isfinite(dual.local_j)
    local[local] = dual.local_j[local] - point.value_j[local] <= most
    rows = np.sort(np.concatenate([work.row[regret <= most], dual.local_row[local]]))
    on = np.maximum(paid, 0.0) + _loss_without(dual, point) > most
    return Survivors(rows, on, bool(np.isin(users, dual.table.user[rows]).all()))


def _loss_without(dual: Dual, point: Point) -> Floats:
    """[n_servers] J by which Σ_i min_o v_o rises when a server is closed; inf if somebody needs it."""
    work, n = dual.work, dual.table.n_servers
    home = np.where(point.chosen >= 0, dual.table.server[point.chosen], -1)
    next_best = np.where(home >= 0, dual.local_j, np.inf)
    elsewhere = np.flatnonzero(work.server != home[work.user])
    np.minimum.at(next_best, work.user[elsewhere], dual.value[elsewhere])
    guests = np.flatnonzero(home >= 0)
    return np.asarray(np.bincount(home[guests], next_best[guests] - point.value_j[guests], n), dtype=float)
