"""Servers along a line as a method of its own: payments from the linear program over columns, then the row."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from formulations.program import Decision
from instances.certificate import Certificate
from instances.options import OptionTable
from instances.stocks import stocks_bind
from solvers.answer import Answer, Clock, Limits, Stop, relative_gap
from solvers.branch.proof import leaf_of
from solvers.branch.row import bound_row, settle_row
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
_DEAR = 1.01
_NO_PLAN = "no choice of options fits deadlines and capacities together"


@method
class AlongCorridor:
    """Exact for servers of which each has few users in reach.

    Bounds have no certificate; that there is no plan has one where prices show it (docs/theory.md, P43).
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
        return Answer(work.best, stop, bound, work.best_j, tuple(clock.trace), message, certificate=work.certificate)


@dataclasses.dataclass(eq=False)
class _Work:
    table: OptionTable
    limits: Limits
    clock: Clock
    best: Decision | None = None
    best_j: float = math.inf
    bound_j: float = -math.inf
    certificate: Certificate | None = None

    def run(self) -> tuple[Stop, str]:
        dual, line = Dual(self.table), line_of(self.table)
        if len(dual.stuck):
            self.certificate = no_option(self.table.n_servers)
            return Stop.INFEASIBLE, f"{name_users(dual.stuck)} cannot meet the deadline in any way"
        assert line is not None
        point = climb(dual, first_prices(dual), _CLIMB, clock=self.clock)
        point = maximise(dual, point.prices, rounds=_ROUNDS, tolerance=_NEAR, clock=self.clock).point
        self._hear(None, point.bound_j)
        dear_j = _DEAR * ceiling_j(dual) + 1e-9
        bounded = bound_row(self.table, point, dear_j)
        done = settle_row(self.table, line, point, bounded, dear_j, self.clock, self._hear)
        if bounded.bound_j > dear_j:
            self.certificate = no_plan(Certificate(leaf_of(self.table, bounded.rates), math.inf, whole=True))
        if self.bound_j > dear_j:
            return Stop.INFEASIBLE, _NO_PLAN
        if done or self._enough:
            return Stop.FINISHED, ""
        return (Stop.TIME, "") if self.clock.left_s <= 0 else (Stop.STALLED, "too many states to go on")

    @property
    def _enough(self) -> bool:
        return relative_gap(self.best_j, self.bound_j) <= self.limits.gap

    def _hear(self, decision: Decision | None, bound_j: float) -> bool:
        cost = math.inf if decision is None else decision_cost(self.table, decision)
        if decision is not None and cost < self.best_j:
            self.best, self.best_j = decision, cost
            self.clock.found(self.table, decision)
        self.bound_j = max(self.bound_j, bound_j * (1 - 1e-12))
        self.clock.report(self.best_j, self.bound_j)
        return self._enough
