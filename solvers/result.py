"""The result: what a method found, recomputed by the checker before anybody sees it."""

from __future__ import annotations

import dataclasses
import enum
import math

from instances.check import Report, check
from instances.instance import Instance
from instances.plan import Plan
from solvers.answer import Answer, Limits, Progress, Stop, relative_gap

__all__ = ["Result", "Verdict"]

AGREEMENT = 1e-6
"""Relative difference between claimed and recomputed figures at which a claim counts as contradicted."""

_SEAL = object()


class Verdict(enum.Enum):
    """What is known for sure about a result, and on whose word."""

    OPTIMAL = "optimal"  # plan checked; the solver's bound is within the gap asked for
    BOUNDED = "bounded"  # plan checked; the solver's bound leaves a larger gap
    FEASIBLE = "feasible"  # plan checked; no bound
    INFEASIBLE = "infeasible"  # no plan exists, by the reasons in the message
    UNKNOWN = "unknown"  # neither a plan nor a proof
    WRONG = "wrong"  # a claim was contradicted by the checker


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Result:
    """One solve of one instance. Made by `Result.checked` only.

    Args:
        method, seed, limits: how it was made.
        instance: of what.
        objective_j: in the problem's unit, recomputed from the plan; inf without a valid plan.
        bound_j: in the problem's unit, lower bound that the method claims; −inf without.
        gap: (objective − bound)/|objective|; inf when either is missing.
        verdict: what is known. stop: why it stopped. message: explanation in the user's words.
        build_s, solve_s: s spent on options and formulation, and on solving.
        plan: the plan, or None. report: its recomputed figures and violations, or None.
        trace: progress over time. detail: further figures of the method's own.
    """

    method: str
    seed: int
    limits: Limits
    instance: Instance
    objective_j: float
    bound_j: float
    verdict: Verdict
    stop: Stop
    message: str
    build_s: float
    solve_s: float
    plan: Plan | None
    report: Report | None
    trace: tuple[Progress, ...]
    detail: dict[str, float]
    seal: object = dataclasses.field(repr=False)

    def __post_init__(self) -> None:
        if self.seal is not _SEAL:
            raise TypeError("a Result is made by Result.checked(...), which recomputes it")

    @property
    def gap(self) -> float:
        """Relative gap between objective and bound; inf when either is missing."""
        gap = relative_gap(self.objective_j, self.bound_j)
        return max(gap, 0.0)

    @property
    def valid(self) -> bool:
        """Whether there is a plan that breaks no rule."""
        return self.report is not None and self.report.valid

    @classmethod
    def checked(
        cls,
        instance: Instance,
        answer: Answer,
        plan: Plan | None,
        *,
        method: str,
        seed: int = 0,
        limits: Limits | None = None,
        build_s: float = 0.0,
        solve_s: float = 0.0,
    ) -> Result:
        """Recompute ``plan`` on ``instance``, compare with what ``answer`` claims, and keep what holds.

        A claim that the checker contradicts (invalid plan, another objective, a bound above a verified plan, infeasible
        beside a verified plan) makes the verdict WRONG and removes the contradicted figure.
        """
        limits = limits or Limits()
        report = None if plan is None else check(instance, plan)
        objective, bound, verdict, faults = _judge(answer, report, limits)
        return cls(
            method=method,
            seed=seed,
            limits=limits,
            instance=instance,
            objective_j=objective,
            bound_j=bound,
            verdict=verdict,
            stop=answer.stop,
            message="; ".join([*faults, *([answer.message] if answer.message else [])]),
            build_s=build_s,
            solve_s=solve_s,
            plan=plan,
            report=report,
            trace=answer.trace,
            detail=dict(answer.detail),
            seal=_SEAL,
        )


def _judge(answer: Answer, report: Report | None, limits: Limits) -> tuple[float, float, Verdict, list[str]]:
    """Objective, bound, verdict and contradictions."""
    if report is None:
        verdict = Verdict.INFEASIBLE if answer.stop is Stop.INFEASIBLE else Verdict.UNKNOWN
        bound = answer.bound_j if verdict is Verdict.INFEASIBLE or not math.isnan(answer.bound_j) else -math.inf
        return math.inf, bound, verdict, []
    faults = []
    bound = answer.bound_j if not math.isnan(answer.bound_j) else -math.inf
    if not report.valid:
        shown = [str(v) for v in report.violations[:3]]
        more = len(report.violations) - len(shown)
        return math.inf, bound, Verdict.WRONG, [*shown, *([f"and {more} more"] if more else [])]
    objective = report.objective_j
    room = AGREEMENT * max(abs(objective), 1e-9)
    if math.isfinite(answer.objective_j) and abs(answer.objective_j - objective) > room:
        faults.append(f"claimed objective {answer.objective_j:.9g}, the plan is worth {objective:.9g}")
    if bound > objective + room:
        faults.append(f"claimed bound {bound:.9g} lies above a verified plan of {objective:.9g}")
        bound = -math.inf
    if answer.stop is Stop.INFEASIBLE:
        faults.append("claimed infeasible beside a verified plan")
    if faults:
        return objective, bound, Verdict.WRONG, faults
    if bound == -math.inf:
        return objective, bound, Verdict.FEASIBLE, []
    bound = min(bound, objective)  # above it by rounding only, or it would have been refuted
    solved = relative_gap(objective, bound) <= max(limits.gap, 1e-9)
    return objective, bound, Verdict.OPTIMAL if solved else Verdict.BOUNDED, []
