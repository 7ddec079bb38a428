"""Solve one task of components by any method; what it claims is recomputed before anybody sees it."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from instances.check_components import ComponentReport, check_components
from instances.components import ComponentTask, Division
from instances.errors import InputError
from solvers.answer import Limits, relative_gap
from solvers.components.registry import ComponentMethod, get_component_method
from solvers.result import Verdict

__all__ = ["ComponentResult", "solve_components"]

AGREEMENT = 1e-7
"""Relative difference between claimed and recomputed cost at which a claim counts as contradicted."""
TIGHT = Limits(gap=1e-9)


@dataclasses.dataclass(frozen=True, eq=False)
class ComponentResult:
    """One solve: the method's name, the division or None, its recomputed report, cost (inf without a valid division),
    lower bound (−inf without) and what is known about it."""

    method: str
    division: Division | None
    report: ComponentReport | None
    cost: float
    bound: float
    verdict: Verdict


def solve_components(task: ComponentTask, method: str | ComponentMethod = "sizing", *, limits: Limits = TIGHT,
                     seed: int = 0) -> ComponentResult:  # fmt: skip
    """A checked division of one task.

    Args:
        task: what to divide. method: a name of `COMPONENT_METHODS`, or a method such as a trained policy.
        limits: gap and nodes, for methods that solve a MILP. seed: for methods that draw.

    Raises:
        InputError: the method is unknown or cannot run on this task.
    """
    chosen = get_component_method(method) if isinstance(method, str) else method
    reason = chosen.supports(task)
    if reason is not None:
        raise InputError(f"component method '{chosen.name}'", "cannot run on this task", reason)
    answer = chosen.solve(task, limits=limits, rng=np.random.default_rng(seed))
    report = None if answer.division is None else check_components(task, answer.division)
    cost = report.cost if report is not None and report.valid else math.inf
    verdict = _judge(chosen, answer.cost, answer.bound, cost, report, limits)
    return ComponentResult(chosen.name, answer.division, report, cost, answer.bound, verdict)


def _judge(method: ComponentMethod, claimed: float, bound: float, cost: float, report: ComponentReport | None,
           limits: Limits) -> Verdict:  # fmt: skip
    if math.isfinite(claimed) and not abs(claimed - cost) <= AGREEMENT * max(1.0, abs(claimed)):
        return Verdict.WRONG
    if math.isfinite(cost):
        if bound > cost + AGREEMENT * max(1.0, abs(cost)):
            return Verdict.WRONG
        if relative_gap(cost, bound) <= max(limits.gap, AGREEMENT):
            return Verdict.OPTIMAL
        return Verdict.BOUNDED if math.isfinite(bound) else Verdict.FEASIBLE
    return Verdict.INFEASIBLE if bound == math.inf and report is None else Verdict.UNKNOWN
