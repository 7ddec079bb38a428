"""Divide one network among devices by any method; the plan's figures are recomputed before anybody sees them."""

from __future__ import annotations

import dataclasses
import math

from instances.check_rows import RowReport, check_rows
from instances.errors import InputError
from instances.rows import RowPlan, RowProblem
from solvers.answer import Limits, relative_gap
from solvers.result import Verdict
from solvers.rows.registry import RowMethod, get_row_method

__all__ = ["RowResult", "divide_network"]

ROOM = 1e-6
"""Relative room between a solver's bound and the recomputed value of a plan that attains it."""
TIGHT = Limits(gap=1e-7)


@dataclasses.dataclass(frozen=True)
class RowResult:
    """One solve.

    Args:
        method: its name. plan: or None. report: recomputed, or None without a plan.
        value: J or s, by the goal; inf without a valid plan. bound: of what the method decides; −inf without.
        verdict: what is known.
    """

    method: str
    plan: RowPlan | None
    report: RowReport | None
    value: float
    bound: float
    verdict: Verdict


def divide_network(problem: RowProblem, method: str | RowMethod = "rows_exact", *, limits: Limits = TIGHT) -> RowResult:
    """A checked plan.

    Raises:
        InputError: the method is unknown or cannot run on this problem.
    """
    chosen = get_row_method(method) if isinstance(method, str) else method
    reason = chosen.supports(problem)
    if reason is not None:
        raise InputError(f"row method '{chosen.name}'", "cannot run on this problem", reason)
    answer = chosen.solve(problem, limits=limits)
    report = None if answer.plan is None else check_rows(problem, answer.plan)
    value = math.inf
    if report is not None and report.valid:
        value = report.energy_j if problem.goal == "energy" else report.latency_s
    return RowResult(chosen.name, answer.plan, report, value, answer.bound, _judge(value, answer.bound, limits))


def _judge(value: float, bound: float, limits: Limits) -> Verdict:
    if math.isfinite(value):
        if bound > value * (1 + ROOM):
            return Verdict.WRONG
        if relative_gap(value, bound) <= max(limits.gap, ROOM):
            return Verdict.OPTIMAL
        return Verdict.BOUNDED if math.isfinite(bound) else Verdict.FEASIBLE
    return Verdict.INFEASIBLE if bound == math.inf else Verdict.UNKNOWN
