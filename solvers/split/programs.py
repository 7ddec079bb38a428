"""The formulations of one request, handed to HiGHS."""

from __future__ import annotations

import math

import numpy as np

from formulations.split.registry import SPLIT_FORMULATIONS, SplitFormulation
from instances.check_request import check_request
from instances.request import Request
from instances.request_costs import Goal
from solvers.answer import Limits, Stop
from solvers.highs import Status, solve_program
from solvers.registry import Kind
from solvers.split.answer import SplitAnswer
from solvers.split.registry import splitter
from solvers.split.support import caps_may_bind, conclude, limits_may_bind

__all__ = ["CutProgram", "SplitProgram", "StageProgram"]

_STOPS = {Status.OPTIMAL: Stop.FINISHED, Status.INFEASIBLE: Stop.INFEASIBLE, Status.TIME: Stop.TIME,
          Status.NODES: Stop.NODES, Status.INTERRUPTED: Stop.INTERRUPTED}  # fmt: skip

_ROUNDING = 1e-6
"""Relative amount by which HiGHS' bound may lie above a placement that it found: its feasibility tolerance."""


def _run(
    formulation: SplitFormulation, request: Request, goal: Goal, limits: Limits, rng: np.random.Generator
) -> SplitAnswer:
    model = formulation.build(request, goal)
    outcome = solve_program(model.program, limits, seed=int(rng.integers(2**31 - 1)))
    stop = _STOPS.get(outcome.status, Stop.ERROR)
    detail = {"columns": float(model.program.n_columns), "rows": float(len(model.program.rows)),
              "nodes": float(outcome.nodes)}  # fmt: skip
    if stop is Stop.INFEASIBLE:
        return SplitAnswer.infeasible("HiGHS finds that no placement keeps all rules")
    if outcome.values is None:
        return SplitAnswer(None, math.inf, outcome.bound, stop, outcome.message, detail)
    placement = model.decode(outcome.values)
    report = check_request(request, placement)
    value = goal.value(report.latency_s, report.energy_j, report.stage_s)
    # Within the tolerance of HiGHS the bound is at most what its placement is worth.
    near = value < outcome.bound <= value * (1 + _ROUNDING)
    return SplitAnswer(placement, value, value if near else outcome.bound, stop, outcome.message, detail)


@splitter
class CutProgram:
    """`split_cut` by HiGHS' simplex method, whose vertices are whole numbers."""

    name = "split_cut"
    title = "minimum cut as a linear program"
    kind: Kind = "exact"
    guarantee = "optimal"
    reference = "docs/theory.md P17"

    def supports(self, request: Request, goal: Goal) -> str | None:
        """As the formulation, and no limit that can bind."""
        return SPLIT_FORMULATIONS[self.name].supports(request, goal) or limits_may_bind(request, goal)

    def split(self, request: Request, goal: Goal, *, limits: Limits, rng: np.random.Generator) -> SplitAnswer:
        """One linear program."""
        free = request.replace(deadline_s=math.inf)
        answer = _run(SPLIT_FORMULATIONS[self.name], free, goal, limits, rng)
        if answer.placement is None or answer.stop is not Stop.FINISHED:
            return answer
        return conclude(request, goal, answer.placement, answer.value, answer.bound, answer.detail)


@splitter
class SplitProgram:
    """`split_milp` by HiGHS: any machines, memory and deadline."""

    name = "split_milp"
    title = "placement as a MILP"
    kind: Kind = "exact"
    guarantee = "gap ≤ the limit asked for"
    reference = "docs/theory.md P17; after Eshratifar et al., JointDNN, TMC 2021"

    def supports(self, request: Request, goal: Goal) -> str | None:
        """As the formulation, without caps."""
        return SPLIT_FORMULATIONS[self.name].supports(request, goal) or caps_may_bind(request)

    def split(self, request: Request, goal: Goal, *, limits: Limits, rng: np.random.Generator) -> SplitAnswer:
        """One MILP."""
        return _run(SPLIT_FORMULATIONS[self.name], request, goal, limits, rng)


@splitter
class StageProgram:
    """`stage_milp` by HiGHS: heavy load, exactly, on any machines."""

    name = "stage_milp"
    title = "longest stage as a MILP"
    kind: Kind = "exact"
    guarantee = "gap ≤ the limit asked for"
    reference = "docs/theory.md P18; Hu et al., DADS, INFOCOM 2019"

    def supports(self, request: Request, goal: Goal) -> str | None:
        """As the formulation, without caps."""
        return SPLIT_FORMULATIONS[self.name].supports(request, goal) or caps_may_bind(request)

    def split(self, request: Request, goal: Goal, *, limits: Limits, rng: np.random.Generator) -> SplitAnswer:
        """One MILP."""
        return _run(SPLIT_FORMULATIONS[self.name], request, goal, limits, rng)
