"""The price method as a method: bound and plan with a gap that is certain for each instance."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from formulations.program import Decision
from instances.certificate import Certificate, Leaf
from instances.columns import Floats
from instances.options import OptionTable
from solvers.answer import Answer, Clock, Limits, Stop, relative_gap
from solvers.heuristics.incumbent import name_users
from solvers.no_plan import no_option, no_plan
from solvers.objective import decision_cost
from solvers.prices.ascent import climb, first_prices, sampled_prices
from solvers.prices.dual import Crowd, Dual, Point, Population
from solvers.prices.fixing import survivors
from solvers.prices.maximise import ceiling_j, maximise
from solvers.prices.polish import polish
from solvers.prices.primal import Rounding
from solvers.registry import Kind, method

__all__ = ["EXACT", "ROUNDS", "Prices", "State", "climb_and_plan"]

ROUNDS = 40
_SHARP = 12
"""Steps for λ at the last point: no more is to be gained by more."""
_SMALL = {"continuous": 400, "units": 200}
"""Users up to which local search follows."""
EXACT = 5000
"""Users up to which an interior-point method settles the prices; beyond, the market alone is close enough."""
_FIRST = 6
"""Evaluations in the market before that."""
_EARLY = 10
"""Evaluations over many users before the first plan."""
_CALM = 0.3
"""First step of the climb on all users, after one on a sample."""
_TOO_LITTLE = "deadlines ask for more of the servers than there is"


@dataclasses.dataclass(eq=False)
class State:
    """Best bound and plan so far."""

    table: OptionTable
    clock: Clock
    point: Point | None = None
    best: Decision | None = None
    best_j: float = math.inf
    rounds: int = 0
    left: int | None = None

    def hear(self, point: Point) -> None:
        """A point of the dual function."""
        self.rounds += 1
        if self.point is None or point.bound_j > self.point.bound_j:
            self.point = point
        self.clock.report(self.best_j, self.point.bound_j)

    def follow(self, rounding: Rounding, point: Point) -> None:
        """The plan that comes of a point, if any does."""
        self.offer(rounding.fit(point.chosen))

    def offer(self, decision: Decision | None) -> None:
        """A plan, or none."""
        cost = math.inf if decision is None else decision_cost(self.table, decision)
        if decision is not None and cost < self.best_j:
            self.best, self.best_j = decision, cost
            self.clock.found(self.table, decision)
            self.clock.report(cost)

    @property
    def gap(self) -> float:
        """Relative gap of what is known."""
        return relative_gap(self.best_j, -math.inf if self.point is None else self.point.bound_j)


@method
class Prices:
    """Prices of uplink, compute, memory and energy climb the dual function; the cheapest options at them are repaired.

    The bound is that of continuous shares for both allocation rules. ``limits.rounds``: evaluations of the dual
    function over all users (40 by default). The prices (J for the whole resource) are the certificate: with
    any λ ≥ 0 they prove the bound (docs/theory.md, P5), or, without costs, that there is no plan (P43). For small
    crowds local search follows.
    """

    name = "prices"
    title = "dual bound from prices, and a plan that follows them"
    kind: Kind = "approximation"
    guarantee: str | None = "bound ≤ optimum ≤ plan: the gap is certain for each instance"
    reference = "docs/theory.md, P5 and P6; Geoffrion, Mathematical Programming Study 2, 1974"

    def supports(self, table: OptionTable) -> str | None:
        """Everything."""
        return None

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        """Climb, round, polish; a limit or an interrupt keeps the best bound and plan."""
        state = State(table, clock)
        try:
            dual = Dual(table)
            if len(dual.stuck):
                message = f"{name_users(dual.stuck)} cannot meet the deadline in any way"
                nothing = no_option(table.n_servers)
                return Answer(None, Stop.INFEASIBLE, math.inf, message=message, certificate=nothing)
            stop = _run(state, dual, limits, rng)
            if state.point is not None and state.point.bound_j > ceiling_j(dual):
                proof = no_plan(Certificate(Leaf(state.point.prices), math.inf))
                return Answer(None, Stop.INFEASIBLE, math.inf, math.inf, tuple(clock.trace), _TOO_LITTLE,
                              certificate=proof)  # fmt: skip
        except KeyboardInterrupt:
            stop = Stop.INTERRUPTED
        bound = -math.inf if state.point is None else max(state.point.bound_j, 0.0)  # nothing costs less
        message = "" if state.best is not None else "no choice near the prices could be repaired"
        certificate = None if state.point is None else Certificate(Leaf(state.point.prices), state.point.bound_j)
        detail = {"rounds": float(state.rounds)}
        if state.left is not None:
            detail["options_left"] = float(state.left)
        return Answer(state.best, stop, bound, state.best_j, tuple(clock.trace), message, detail, None, certificate)


def _run(state: State, dual: Dual, limits: Limits, rng: np.random.Generator) -> Stop:
    clock, table = state.clock, state.table
    rounds = ROUNDS if limits.rounds is None else limits.rounds
    if table.n_users <= EXACT:
        last = _settle(state, dual, rounds, limits, rng)
    else:
        last = climb_and_plan(state, dual, table, rounds, limits, rng)
    small = table.n_users <= _SMALL[table.allocation] and state.gap > limits.gap and clock.left_s > 0
    if small and _search(state, dual, last, rng) is Stop.INTERRUPTED:
        return Stop.INTERRUPTED
    return Stop.TIME if clock.left_s <= 0 and state.gap > limits.gap else Stop.FINISHED


def _start(state: State, dual: Crowd, people: Population, rng: np.random.Generator) -> tuple[Floats, dict[str, float]]:
    """Prices to start from, of a sample where there are many users, and the length of the first steps."""
    start = sampled_prices(people, rng, ROUNDS, state.clock)
    return (first_prices(dual), {}) if start is None else (start, {"length": _CALM})


def _settle(state: State, dual: Dual, rounds: int, limits: Limits, rng: np.random.Generator) -> Point:
    """The market for a start, then the best prices, and plans that follow them."""
    start, length = _start(state, dual, dual.table, rng)
    first = climb(dual, start, min(rounds, _FIRST), heard=state.hear, clock=state.clock, **length)
    last = _plan(state, dual, first.prices)
    if rounds <= _FIRST or state.gap <= limits.gap:
        return last
    best = maximise(dual, first.prices, rounds=rounds - _FIRST, clock=state.clock, heard=state.hear)
    return _plan(state, dual, best.point.prices)


def climb_and_plan(state: State, dual: Crowd, people: Population, rounds: int, limits: Limits,
                   rng: np.random.Generator) -> Point:  # fmt: skip
    """The market and a plan; with many users on a sample first, and no longer than the gap asked for needs."""
    clock = state.clock
    start, length = _start(state, dual, people, rng)
    # Settling whole pieces of large crowds takes longer than all the rest: once is enough.
    early = min(rounds, _EARLY) if dual.table.allocation == "continuous" else rounds
    best = climb(dual, start, early, heard=state.hear, clock=clock, **length)
    last = _plan(state, dual, best.prices)
    if early < rounds and state.gap > limits.gap and clock.left_s > 0:
        best = climb(dual, best.prices, rounds - early, heard=state.hear, clock=clock, length=_CALM)
        last = _plan(state, dual, best.prices)
    return last


def _search(state: State, dual: Dual, last: Point, rng: np.random.Generator) -> Stop:
    """Local search over the options that a better plan may use."""
    values = dual.worth_j
    rows, choice = np.arange(len(dual.table)), last.chosen
    if state.best is not None:
        choice = state.best.chosen
        left = survivors(dual, last.prices, state.best_j)
        state.left = len(left.rows)
        rows = np.union1d(left.rows, choice)
    answer = polish(dual.table.take(rows), [np.searchsorted(rows, choice)], values[rows], rng=rng, clock=state.clock)
    if answer.decision is not None:
        shares = answer.decision
        state.offer(Decision(rows[shares.chosen], shares.uplink_share, shares.compute_share))
    return answer.stop


def _plan(state: State, dual: Crowd, prices: Floats) -> Point:
    """The point at some prices with sharp values; its choice becomes a plan if it can be made to fit."""
    point = dual.at(prices, steps=_SHARP)
    state.hear(point)
    state.follow(Rounding(dual, point), point)
    return point
