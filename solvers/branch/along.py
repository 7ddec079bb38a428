"""Servers along a line as a method of its own: payments from the linear program over columns, then the row."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np

from formulations.program import Decision
from instances.certificate import Certificate, Leaf, Node
from instances.options import OptionTable
from instances.stocks import stocks_bind
from solvers.answer import Answer, Clock, Limits, Stop, relative_gap
from solvers.branch.row import settle_row
from solvers.corridor import MOST_ACTIVE, MOST_AT_A_SERVER, line_of
from solvers.heuristics.incumbent import name_users
from solvers.no_plan import no_option, no_plan
from solvers.objective import decision_cost
from solvers.prices.ascent import climb, first_prices
from solvers.prices.dual import Dual
from solvers.prices.maximise import ceiling_j, maximise
from solvers.registry import Kind, method

__all__ = ["AlongCorridor"]

_CLIMB, _ROUNDS, _NEAR = 6, 10, 1e-5
_DEAR, _ROUNDING = 1.01, 1e-12
_NO_PLAN = "no choice of options fits deadlines and capacities together"


@method
class AlongCorridor:
    """Exact for servers of which each has few users in reach.

    That there is no plan has a certificate where prices show it (docs/theory.md, P43).
    """

    name = "corridor"
    title = "servers along a line: dynamic programming over who has been served"
    kind: Kind = "exact"
    guarantee: str | None = "gap ≤ limits.gap, unless there are too many states: then less is proven"
    reference = "docs/theory.md, P41; Bodlaender, Theoretical Computer Science 1998 (pathwidth)"

    def supports(self, table: OptionTable) -> str | None:
        """Whole pieces on servers of which each has few users in reach, and shares them with few others."""
        if table.allocation != "units":
            return "it divides servers into whole blocks and units (allocation = units)"
        if stocks_bind(table).any():
            return "memory or energy of a server can run out, which would need more states"
        if line_of(table) is None:
            many = f"more than {MOST_AT_A_SERVER} users reach one, or more than {MOST_ACTIVE} both sides of one"
            return f"servers do not lie along a narrow line: {many}"
        return None

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        """Prices, payments, the row."""
        work = _Work(table, limits, clock)
        try:
            stop, message = work.run()
        except KeyboardInterrupt:
            stop, message = Stop.INTERRUPTED, ""
        bound = math.inf if stop is Stop.INFEASIBLE else work.bound_j
        certificate = work.certificate(bound)
        return Answer(work.best, stop, bound, work.best_j, tuple(clock.trace), message, certificate=certificate)


@dataclasses.dataclass(eq=False)
class _Work:
    table: OptionTable
    limits: Limits
    clock: Clock
    best: Decision | None = None
    best_j: float = math.inf
    bound_j: float = -math.inf
    proof: Callable[[], Node] | None = None

    def run(self) -> tuple[Stop, str]:
        dual, line = Dual(self.table), line_of(self.table)
        if len(dual.stuck):
            return Stop.INFEASIBLE, f"{name_users(dual.stuck)} cannot meet the deadline in any way"
        assert line is not None
        point = climb(dual, first_prices(dual), _CLIMB, clock=self.clock)
        point = maximise(dual, point.prices, rounds=_ROUNDS, tolerance=_NEAR, clock=self.clock).point
        self._hear(None, point.bound_j, lambda: Leaf(point.prices))
        dear_j = _DEAR * ceiling_j(dual) + 1e-9
        done = settle_row(self.table, line, point, dear_j, self.clock, self._hear)
        if self.bound_j > dear_j:
            return Stop.INFEASIBLE, _NO_PLAN
        if done or self._enough:
            return Stop.FINISHED, ""
        return (Stop.TIME, "") if self.clock.left_s <= 0 else (Stop.STALLED, "too many states to go on")

    def certificate(self, bound_j: float) -> Certificate | None:
        """Of the bound; of there being no plan (an infinite bound) where prices show it."""
        if self.proof is None:
            return no_option(self.table.n_servers) if math.isinf(bound_j) and bound_j > 0 else None
        found = Certificate(self.proof(), bound_j, whole=True)
        if bound_j < math.inf:
            return found
        return no_plan(found) if isinstance(found.root, Leaf) else None

    @property
    def _enough(self) -> bool:
        return relative_gap(self.best_j, self.bound_j) <= self.limits.gap

    def _hear(self, decision: Decision | None, bound_j: float, proof: Callable[[], Node]) -> bool:
        cost = math.inf if decision is None else decision_cost(self.table, decision)
        if decision is not None and cost < self.best_j:
            self.best, self.best_j = decision, cost
            self.clock.found(self.table, decision)
        if bound_j * (1 - _ROUNDING) > self.bound_j:
            self.bound_j, self.proof = bound_j * (1 - _ROUNDING), proof
        self.clock.report(self.best_j, self.bound_j)
        return self._enough
