"""Least largest latency by bisection: is there a plan in which nobody is later than τ?"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from formulations.program import Decision
from instances.latency import within
from instances.options import OptionTable
from solvers.answer import Answer, Clock, Limits, Stop, relative_gap
from solvers.bottleneck.settle import settle
from solvers.matching import rows_in
from solvers.objective import decision_cost
from solvers.registry import Kind, get_method, method

__all__ = ["Bottleneck"]

QUESTIONED = ("greedy", "exact", "joint_compact")
"""Who answers: the first that finds a plan, or proves that there is none. The last helps out where HiGHS fails on the
second's program, as it has (measured: 'Solve error' on a tiny one)."""

MOST_ROUNDS = 40
"""Rounds of tangents in one question; what is left open then lies within the tolerances of the MILP solver."""


@dataclasses.dataclass(eq=False)
class _Search:
    """Best plan and bound so far, and how questions are answered."""

    table: OptionTable
    limits: Limits
    rng: np.random.Generator
    clock: Clock
    best: Decision | None = None
    best_s: float = math.inf
    bound_s: float = 0.0
    questions: int = 0
    nodes: float = 0.0

    def offer(self, table: OptionTable, decision: Decision) -> None:
        """Keep a decision on a table with some of the options, with its best shares, if it is the best yet."""
        same = Decision(rows_in(self.table, table)[decision.chosen], decision.uplink_share, decision.compute_share)
        for candidate in (same, settle(self.table, same.chosen)):
            cost = math.inf if candidate is None else decision_cost(self.table, candidate)
            if candidate is not None and cost < self.best_s:
                self.best, self.best_s = candidate, cost
                self.clock.found(self.table, candidate)
        self.clock.report(self.best_s, self.bound_s)

    def ask(self, largest_s: float) -> Stop:
        """FINISHED: yes, and a plan was offered; INFEASIBLE: no; else why there is no answer."""
        self.questions += 1
        self.clock.report()
        timed = within(self.table, largest_s)
        if (np.diff(timed.start) == 0).any():
            return Stop.INFEASIBLE
        beat = Clock(Limits(time_s=None if math.isinf(self.clock.left_s) else self.clock.left_s),
                     lambda _: self.clock.report())  # fmt: skip
        answer = Answer(None, Stop.ERROR)
        for name in QUESTIONED:
            if get_method(name).supports(timed) is not None or answer.stop not in (Stop.FINISHED, Stop.ERROR):
                continue
            limits = dataclasses.replace(self.limits, gap=0.0, rounds=MOST_ROUNDS, time_s=None)
            if not math.isinf(self.clock.left_s):
                limits = dataclasses.replace(limits, time_s=self.clock.left_s)
            answer = get_method(name).solve(timed, limits=limits, rng=self.rng, clock=beat)
            self.nodes += answer.detail.get("nodes", 0.0)
            if answer.stop is Stop.INFEASIBLE:
                return answer.stop
            if answer.decision is not None:
                self.offer(timed if answer.table is None else answer.table, answer.decision)
            if answer.stop is Stop.INTERRUPTED:  # with a plan or without: nothing more is to be asked
                raise KeyboardInterrupt
            if answer.decision is not None:
                return Stop.FINISHED
        return Stop.STALLED if answer.stop is Stop.FINISHED else answer.stop


def _bisect(search: _Search) -> tuple[Stop, str]:
    table, limits = search.table, search.limits
    alone = np.full(table.n_users, np.inf)
    np.minimum.at(alone, table.user, table.cost_j())
    search.bound_s = float(alone.max(initial=0.0))
    first = search.ask(math.inf)
    if first is Stop.INFEASIBLE:
        return first, "no choice of options fits deadlines and capacities together"
    if first is not Stop.FINISHED:
        return first, ""
    rounds = math.inf if limits.rounds is None else limits.rounds
    while relative_gap(search.best_s, search.bound_s) > limits.gap:
        if search.clock.left_s <= 0:
            return Stop.TIME, ""
        if search.questions >= rounds:
            return Stop.ROUNDS, ""
        # Just below the best where that would already settle it: optima are often what the first plan has.
        span = search.best_s - search.bound_s
        middle = search.bound_s + 0.5 * span if span > 4 * limits.gap * search.best_s else (
            search.best_s * (1 - 0.9 * limits.gap))  # fmt: skip
        if not search.bound_s < middle < search.best_s:
            return Stop.STALLED, "no number lies between best and bound"
        before, stop = search.best_s, search.ask(middle)
        if stop is Stop.INFEASIBLE:
            search.bound_s = middle
            search.clock.report(search.best_s, search.bound_s)
        elif stop is not Stop.FINISHED:
            return stop, ""
        elif not search.best_s < before:
            return Stop.STALLED, "a plan in time for less is worth no less"
    return Stop.FINISHED, ""


@method
class Bottleneck:
    """Bisection on the largest weighted latency τ; each question is a problem of deadlines min(D, τ/w) alone.

    A question is answered by the greedy heuristic or else by the exact MILP; every plan found gets
    its best shares, so that τ falls to what the plan is worth.
    """

    name = "bottleneck"
    title = "bisection on the largest latency, each question a MILP of deadlines"
    kind: Kind = "exact"
    guarantee = "gap ≤ limits.gap"
    reference = "docs/theory.md, P26; the threshold idea of bottleneck assignment, Burkard et al., 2009, ch. 6"
    aggregates = ("max",)

    def supports(self, table: OptionTable) -> str | None:
        """Problems in which the largest of users' costs counts."""
        return None if table.aggregate == "max" else "it minimises the largest latency (J-M), this problem is a sum"

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        """Bisect until the gap closes."""
        search = _Search(table, limits, rng, clock)
        try:
            stop, message = _bisect(search)
        except KeyboardInterrupt:
            stop, message = Stop.INTERRUPTED, "interrupted"
        bound = math.inf if stop is Stop.INFEASIBLE else search.bound_s
        detail = {"questions": float(search.questions), "nodes": search.nodes}
        return Answer(search.best, stop, bound, search.best_s, tuple(clock.trace), message, detail)
