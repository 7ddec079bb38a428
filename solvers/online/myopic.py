"""The myopic re-optimiser: requests that wait in this slot are solved together and exactly, as if nobody came after."""

from __future__ import annotations

import numpy as np

from formulations.parts.rows import keep_in_range, make_rows, stack_rows
from formulations.program import Program
from instances.columns import Floats, Ints
from solvers.answer import Limits
from solvers.highs import solve_program
from solvers.online.desk import Rule, View
from solvers.online.market import Market
from solvers.online.registry import Kind, policy

__all__ = ["BatchRule"]

LIMITS = Limits(gap=1e-4, nodes=200)


class BatchRule:
    """All requests of a slot are decided when its first one is.

    Args:
        prices: [resources] cost a slot of taking all of each, or None: only what is free counts.
    """

    def __init__(self, prices: Floats | None = None) -> None:
        self.prices = prices
        self._slot, self._plan = -1, np.zeros(0, dtype=np.int64)

    def choose(self, view: View) -> int:
        """The plan's action for the first request; the cheapest that fits where no plan was found."""
        if view.slot != self._slot:
            self._slot, self._plan = view.slot, self._solve(view)
        action, self._plan = int(self._plan[0]), self._plan[1:]
        return action if view.fits[action] else int(np.argmin(np.where(view.fits, view.cost, np.inf)))

    def _solve(self, view: View) -> Ints:
        """[waiting] action of each request."""
        market, users, n = view.market, view.users, len(view.users)
        cost = market.cost[users]
        if self.prices is not None:
            cost = cost + market.use[users] @ self.prices
        fits = np.isfinite(cost) & (market.use[users] <= view.free + 1e-9).all(axis=2)
        k, a = np.nonzero(fits)
        best = np.where(fits, cost, np.inf).argmin(axis=1)
        wanted = market.use[users, best].sum(axis=0)
        if (wanted <= view.free + 1e-9).all():
            return np.asarray(best)
        use = market.use[users[k], a]
        column, resource = np.nonzero(use > 0)
        room = keep_in_range(make_rows(resource, column, use[column, resource], -np.inf, view.free + 1e-9,
                                       (market.n_resources, len(k))))  # fmt: skip
        stay = np.minimum(view.stays, view.n_slots - view.slot)
        rows = stack_rows([make_rows(k, np.arange(len(k)), 1.0, 1.0, 1.0, (n, len(k))), room])
        program = Program(cost=cost[k, a] * stay[k], lower=np.zeros(len(k)), upper=np.ones(len(k)),
                          integer=np.ones(len(k), dtype=bool), rows=rows)  # fmt: skip
        outcome = solve_program(program, LIMITS)
        actions = np.zeros(n, dtype=np.int64)
        if outcome.values is not None:
            taken = outcome.values > 0.5
            actions[k[taken]] = a[taken]
        return actions


@policy
class Myopic:
    """Exact for those who are there, blind to those who come."""

    name = "online_myopic"
    title = "those who wait, solved together"
    kind: Kind = "online"
    guarantee = None
    reference = "the rolling re-optimisation of most papers; docs/theory.md P4"

    def begin(self, market: Market, rng: np.random.Generator) -> Rule:
        """No state but the current slot's plan."""
        return BatchRule()
