"""Exact methods: a MILP formulation given to HiGHS, refined until bound and plan meet."""

from __future__ import annotations

import dataclasses
import math
import time
from typing import ClassVar

import numpy as np

from formulations import FORMULATIONS, get_formulation
from formulations.program import Decision, Model, Program
from formulations.registry import Formulation
from instances.columns import Floats
from instances.options import OptionTable
from instances.prune import prune
from solvers.allocation import allocate_any
from solvers.answer import Answer, Clock, Limits, Stop, relative_gap
from solvers.heuristics import quick_start
from solvers.highs import HighsOptions, Outcome, Status, solve_program
from solvers.objective import decision_cost
from solvers.registry import METHODS, Kind, get_method, method

__all__ = ["HAIR", "FormulationMethod", "method_of", "solve_formulation"]

MAX_ROUNDS = 200
HAIR = 4e-15
"""Part of the largest cost that a sum of costs may be off by rounding."""
_STOPS = {Status.TIME: Stop.TIME, Status.NODES: Stop.NODES, Status.INTERRUPTED: Stop.INTERRUPTED}


@dataclasses.dataclass(eq=False)
class _Search:
    """State of one solve: the best decision and the best bound so far."""

    table: OptionTable
    model: Model
    clock: Clock
    options: HighsOptions
    restricts: bool = False  # the program leaves plans out: what it excludes is not excluded by the problem
    best: Decision | None = None
    best_j: float = math.inf
    bound_j: float = -math.inf

    def offer(self, decision: Decision) -> Decision:
        """Re-allocate shares for the options of a decision, if that is better; keep it if it is the best yet."""
        shares = allocate_any(self.table, decision.chosen)
        settled = Decision(decision.chosen, shares.uplink_share, shares.compute_share)
        cost, as_it_is = decision_cost(self.table, settled), decision_cost(self.table, decision)
        if as_it_is < cost:  # whole pieces are re-allocated by a heuristic, which may do worse than a MILP
            settled, cost = decision, as_it_is
        if cost < self.best_j:
            self.best, self.best_j = settled, cost
            self.clock.found(self.table, settled)
        self.clock.report(self.best_j, self.bound_j)
        return settled

    def hear(self, values: Floats | None, bound: float) -> None:
        """News from HiGHS while it runs."""
        self.raise_bound(bound)
        if values is not None:
            self.offer(self.model.decode(values))
        else:
            self.clock.report(self.best_j, self.bound_j)

    def raise_bound(self, bound: float) -> None:
        """A bound of HiGHS; nothing costs less than nothing, though rounding may say so of an optimum of 0."""
        if math.isfinite(bound):
            self.bound_j = max(self.bound_j, bound, 0.0)

    @property
    def proven_j(self) -> float:
        """The bound; that of the best decision where HiGHS' sums round to a hair above it (as of an optimum of 0)."""
        hair = HAIR * float(np.abs(self.model.program.cost).max(initial=0.0))
        return min(self.bound_j, self.best_j) if self.bound_j <= self.best_j + hair else self.bound_j

    @property
    def gap(self) -> float:
        """Relative gap between best and bound."""
        return relative_gap(self.best_j, self.bound_j)


def solve_formulation(
    name: str,
    table: OptionTable,
    *,
    limits: Limits,
    rng: np.random.Generator,
    clock: Clock,
    options: HighsOptions | None = None,
) -> Answer:
    """Solve a MILP formulation to ``limits.gap``, adding the rows that its `refine` asks for."""
    # Pruning and building a large instance takes seconds: something to fall back on comes first.
    first = get_method("greedy").solve(table, limits=limits, rng=rng, clock=clock)
    if first.stop is Stop.INTERRUPTED:
        return first
    try:
        answer = _prune_and_solve(name, table, limits, rng, clock, options or HighsOptions())
    except KeyboardInterrupt:
        answer = Answer(None, Stop.INTERRUPTED)
    if first.decision is not None and first.objective_j < answer.objective_j:
        answer = dataclasses.replace(answer, decision=first.decision, objective_j=first.objective_j, table=None)
    return dataclasses.replace(answer, trace=tuple(clock.trace))


def _prune_and_solve(
    name: str, table: OptionTable, limits: Limits, rng: np.random.Generator, clock: Clock, options: HighsOptions
) -> Answer:
    begin = time.perf_counter()
    if clock.left_s <= 0:
        return Answer(None, Stop.TIME)
    table = prune(table)
    entry = get_formulation(name)
    if clock.left_s <= 0:
        return Answer(None, Stop.TIME)
    model = entry.build(table)
    if clock.left_s <= 0:
        return Answer(None, Stop.TIME)
    build_s = time.perf_counter() - begin
    search = _Search(table, model, clock, options, restricts=entry.relation == "restriction")
    try:
        stop, message, rounds, nodes = _from_quick_start(search, model.program, limits, rng)
    except KeyboardInterrupt:  # between two runs of HiGHS; within one, `solve_program` keeps its best
        stop, message, rounds, nodes = Stop.INTERRUPTED, "", 0, 0
    detail = {"build_s": build_s, "rounds": rounds, "nodes": nodes, "options": len(table),
              "columns": model.program.n_columns, "rows": len(model.program.rows)}  # fmt: skip
    bound = math.inf if stop is Stop.INFEASIBLE else search.proven_j
    return Answer(search.best, stop, bound, search.best_j, message=message, detail=detail, table=table)


def _from_quick_start(
    search: _Search, program: Program, limits: Limits, rng: np.random.Generator
) -> tuple[Stop, str, int, int]:
    start = quick_start(search.table, rng=rng, clock=search.clock)
    if start.decision is not None:
        search.offer(start.decision)
    if start.stop is Stop.INTERRUPTED:
        return start.stop, "", 0, 0
    return _rounds(search, program, limits, int(rng.integers(2**31 - 1)))


def _rounds(search: _Search, program: Program, limits: Limits, seed: int) -> tuple[Stop, str, int, int]:
    """Solve, settle, refine, repeat."""
    nodes = 0
    if search.best_j <= 0:  # nothing costs less; and of costs that are all 0 HiGHS sometimes says "solve error"
        search.raise_bound(0.0)
        return Stop.FINISHED, "", 0, nodes
    allowed = MAX_ROUNDS if limits.rounds is None else limits.rounds
    for k in range(allowed):
        outcome = _once(search, program, limits, seed)
        nodes += outcome.nodes
        if outcome.status is Status.INFEASIBLE:
            return _infeasible(search, program, limits, seed, k + 1, nodes)
        if outcome.status in (Status.ERROR, Status.UNBOUNDED):
            return Stop.ERROR, outcome.message or outcome.status.value, k + 1, nodes
        search.raise_bound(outcome.bound)
        decision = None
        if outcome.values is not None:
            decision = search.offer(search.model.decode(outcome.values))
        search.clock.report(search.best_j, search.bound_j)
        if search.gap <= limits.gap:
            return Stop.FINISHED, "", k + 1, nodes
        if outcome.status is not Status.OPTIMAL:
            return _STOPS[outcome.status], "", k + 1, nodes
        assert outcome.values is not None and decision is not None  # an optimal outcome has values
        rows = search.model.refine(outcome.values, decision)
        if rows is None or len(rows) == 0:
            return Stop.STALLED, "no further cut at working precision", k + 1, nodes
        program = program.with_rows(rows)
    return Stop.ROUNDS, "", allowed, nodes


def _once(search: _Search, program: Program, limits: Limits, seed: int) -> Outcome:
    start = search.model.encode(search.best) if search.best is not None else None
    # Half of the gap for the MILP, the rest for what the tangents still underestimate.
    left = None if limits.time_s is None else search.clock.left_s
    inner = dataclasses.replace(limits, gap=limits.gap / 2, time_s=left)
    return solve_program(
        program, inner, seed=seed, start=start, options=search.options,
        on_state=lambda values, best, bound: search.hear(values, bound),
    )  # fmt: skip


def _infeasible(search: _Search, program: Program, limits: Limits, seed: int, rounds: int, nodes: int
                ) -> tuple[Stop, str, int, int]:  # fmt: skip
    """HiGHS' "infeasible" is a claim: a verified plan refutes it, a second run with presolve switched must agree."""
    if search.restricts:
        return Stop.FINISHED, "no plan within the restriction", rounds, nodes
    if search.best is not None:
        return Stop.ERROR, "HiGHS claims infeasible beside a feasible plan", rounds, nodes
    left = None if limits.time_s is None else search.clock.left_s
    switched = "on" if search.options.values.get("presolve") == "off" else "off"
    others = HighsOptions({**search.options.values, "presolve": switched})
    again = solve_program(program, dataclasses.replace(limits, time_s=left), seed=seed + 1, options=others)
    if again.status is Status.INFEASIBLE:
        return Stop.INFEASIBLE, "no choice of options fits deadlines and capacities together", rounds, nodes
    if again.values is not None:
        search.offer(search.model.decode(again.values))
    return Stop.ERROR, f"HiGHS claims infeasible, but not with presolve {switched}", rounds, nodes


class FormulationMethod:
    """A method that hands its formulation to HiGHS. Subclasses name the formulation of each allocation rule.

    Args:
        options: of HiGHS, beside those that `solvers.highs` sets.
    """

    kind: Kind = "exact"
    guarantee: str | None = "gap ≤ limits.gap"
    formulations: ClassVar[dict[str, str]]

    def __init__(self, options: HighsOptions | None = None) -> None:
        self.options = options or HighsOptions()

    def supports(self, table: OptionTable) -> str | None:
        """Instances of the formulation's allocation rule."""
        if table.allocation in self.formulations:
            return None
        return f"it needs {' or '.join(self.formulations)} allocation, this instance has {table.allocation}"

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        """See `solve_formulation`."""
        name = self.formulations[table.allocation]
        return solve_formulation(name, table, limits=limits, rng=rng, clock=clock, options=self.options)


@method
class Exact(FormulationMethod):
    """Joint optimum by the strongest MILP for the allocation rule."""

    name = "exact"
    title = "strongest MILP for the allocation rule, refined until the gap closes"
    reference = "docs/theory.md, P3 and P4"
    formulations: ClassVar = {"units": "joint_units", "continuous": "joint_tangent"}


@method
class JointUnits(FormulationMethod):
    """The column model."""

    name = "joint_units"
    title = "MILP over columns (option, blocks, units)"
    reference = "docs/theory.md, P4"
    formulations: ClassVar = {"units": "joint_units"}


@method
class JointCompact(FormulationMethod):
    """The textbook model."""

    name = "joint_compact"
    title = "textbook MILP: assignment and integer shares"
    reference = "the usual statement in the field; docs/theory.md"
    formulations: ClassVar = {"units": "joint_compact"}


@method
class JointTangent(FormulationMethod):
    """The outer approximation."""

    name = "joint_tangent"
    title = "MILP with tangents, refined until the gap closes"
    reference = "docs/theory.md, P3"
    formulations: ClassVar = {"continuous": "joint_tangent"}


def method_of(entry: Formulation) -> type[FormulationMethod]:
    """The method that hands a formulation to HiGHS, under the formulation's name.

    Of a restriction the plan is one of the problem's, its shares allocated anew; bound and "infeasible" are not the
    problem's, and are left out.
    """
    rules = ("units", "continuous") if entry.allocation == "any" else (entry.allocation,)
    declared = {"name": entry.name, "title": entry.title, "reference": entry.reference, "__doc__": entry.title,
                "formulations": dict.fromkeys(rules, entry.name)}  # fmt: skip
    base = FormulationMethod if entry.relation == "exact" else _RestrictionMethod
    return type(entry.name, (base,), declared)


class _RestrictionMethod(FormulationMethod):
    """A formulation that leaves plans out."""

    kind: Kind = "heuristic"
    guarantee = None

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        """The plan alone."""
        left = limits if limits.time_s is None else dataclasses.replace(limits, time_s=clock.left_s)
        without_bound = Clock(left, lambda progress: clock.report(progress.best_j))
        answer = super().solve(table, limits=left, rng=rng, clock=without_bound)
        return dataclasses.replace(answer, bound_j=-math.inf, trace=tuple(clock.trace))


for _entry in FORMULATIONS.values():  # so that a formulation is one file, and not two
    if _entry.array and _entry.relation != "relaxation" and _entry.name not in METHODS:
        method(method_of(_entry))
