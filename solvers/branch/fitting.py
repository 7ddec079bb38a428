"""Plans on the way: what the master likes best, repaired where it does not fit, and now and then improved by moves."""

from __future__ import annotations

import numpy as np

from formulations.program import Decision
from instances.columns import Floats, Ints
from solvers.answer import Clock, relative_gap
from solvers.branch.offers import Offers
from solvers.objective import decision_cost
from solvers.prices.dual import Dual
from solvers.prices.polish import polish
from solvers.prices.primal import Rounding

__all__ = ["Fitting"]

_MOST_USERS = {"continuous": 400, "units": 200}
"""Users up to which local search is worth its time."""
_POOR = 5e-3
"""Gap above which it is tried early; else late, as repair does as well. With pieces it is always late: it is slow."""
_EARLY = frozenset(8 * 4**k for k in range(12))
_LATE = frozenset(32 * 4**k for k in range(12))
"""Calls at which it is tried."""


class Fitting:
    """Makes plans of the weights that the master gives to offers.

    Args:
        offers: what the weights are of.
        dual: of the same table.
        prices: [3, n_servers] at which repair weighs what a move costs.
        rng, clock: for local search.
    """

    def __init__(self, offers: Offers, dual: Dual, prices: Floats, rng: np.random.Generator, clock: Clock) -> None:
        self._offers, self._dual, self._prices, self._rng, self._clock = offers, dual, prices, rng, clock
        self._calls = 0

    def __call__(self, weight: Floats, best_j: float, bound_j: float) -> Decision | None:
        """A plan near the weights [offers], or None; now and then a better one.

        Args:
            weight: [offers]. best_j, bound_j: what is known, J.
        """
        self._calls += 1
        offers, table = self._offers, self._offers.table
        order = np.lexsort((-weight, offers.user))
        heaviest = order[np.flatnonzero(np.diff(offers.user[order], prepend=-1))]
        chosen = offers.row[heaviest]
        plan = offers.decision(heaviest) or Rounding(self._dual, self._dual.at(self._prices)).fit(chosen)
        best_j = best_j if plan is None else min(best_j, decision_cost(table, plan))
        poor = relative_gap(best_j, bound_j) > _POOR and table.allocation == "continuous"
        tried = _EARLY if poor else _LATE
        if table.n_users > _MOST_USERS[table.allocation] or self._calls not in tried:
            return plan
        better = self._improve(chosen if plan is None else plan.chosen)
        plans = [p for p in (plan, better) if p is not None]
        return min(plans, key=lambda p: decision_cost(table, p), default=None)

    def _improve(self, chosen: Ints) -> Decision | None:
        """The best plan that local search finds from a choice."""
        dual, table = self._dual, self._dual.table
        dual.at(self._prices)
        values = dual.worth_j
        return polish(table, [chosen], values, rng=self._rng, clock=self._clock).decision
