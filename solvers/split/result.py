"""The result of a split: what a splitter found, recomputed by the checker before anybody sees it."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from instances.check_request import RequestReport, check_request
from instances.columns import Ints
from instances.request import Request
from instances.request_costs import Goal
from solvers.answer import Limits, Stop, relative_gap
from solvers.result import AGREEMENT, Verdict
from solvers.split.answer import SplitAnswer

__all__ = ["SplitResult"]

_SEAL = object()


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class SplitResult:
    """One split of one request. Made by `SplitResult.checked` only.

    Args:
        method, seed, limits, request, goal: of what, and how it was made.
        value: of the goal, recomputed from the placement; inf without a valid one.
        bound: lower bound that the splitter claims and nothing contradicts; −inf without.
        verdict: what is known (never CERTIFIED: splitters hand back no certificate). stop: why it stopped.
        message: explanation in the user's words.
        placement: [n_layers] machine of each layer, or None. report: its recomputed figures, or None.
        solve_s: s that the splitter took. detail: further figures of its own.
    """

    method: str
    seed: int
    limits: Limits
    request: Request
    goal: Goal
    value: float
    bound: float
    verdict: Verdict
    stop: Stop
    message: str
    placement: Ints | None
    report: RequestReport | None
    solve_s: float
    detail: dict[str, float]
    seal: object = dataclasses.field(repr=False)

    def __post_init__(self) -> None:
        if self.seal is not _SEAL:
            raise TypeError("a SplitResult is made by SplitResult.checked(...), which recomputes it")

    @property
    def gap(self) -> float:
        """Relative gap between value and bound; inf when either is missing."""
        return max(relative_gap(self.value, self.bound), 0.0)

    @property
    def valid(self) -> bool:
        """Whether there is a placement that breaks no rule."""
        return self.report is not None and self.report.valid

    @classmethod
    def checked(
        cls,
        request: Request,
        goal: Goal,
        answer: SplitAnswer,
        *,
        method: str,
        seed: int = 0,
        limits: Limits | None = None,
        solve_s: float = 0.0,
    ) -> SplitResult:
        """Recompute the answer's placement, compare with what it claims, and keep what holds.

        A claim that the checker contradicts (a placement that breaks a rule, another value, a bound above a verified
        placement, infeasible beside one) makes the verdict WRONG and removes the contradicted figure.
        """
        limits = limits or Limits()
        report = None if answer.placement is None else check_request(request, answer.placement)
        value, bound, verdict, faults = _judge(answer, report, goal, limits)
        return cls(
            method=method,
            seed=seed,
            limits=limits,
            request=request,
            goal=goal,
            value=value,
            bound=bound,
            verdict=verdict,
            stop=answer.stop,
            message="; ".join([*faults, *([answer.message] if answer.message else [])]),
            placement=None if answer.placement is None else np.asarray(answer.placement),
            report=report,
            solve_s=solve_s,
            detail=dict(answer.detail),
            seal=_SEAL,
        )


def _judge(
    answer: SplitAnswer, report: RequestReport | None, goal: Goal, limits: Limits
) -> tuple[float, float, Verdict, list[str]]:
    """Value, bound, verdict and contradictions."""
    bound = -math.inf if math.isnan(answer.bound) else answer.bound
    if report is None:
        infeasible = answer.stop is Stop.INFEASIBLE
        return math.inf, bound, Verdict.INFEASIBLE if infeasible else Verdict.UNKNOWN, []
    if not report.valid:
        shown = [str(breach) for breach in report.breaches[:3]]
        more = len(report.breaches) - len(shown)
        return math.inf, bound, Verdict.WRONG, [*shown, *([f"and {more} more"] if more else [])]
    value = goal.value(report.latency_s, report.energy_j, report.stage_s)
    room = AGREEMENT * max(abs(value), 1e-9)
    faults = []
    if math.isfinite(answer.value) and abs(answer.value - value) > room:
        faults.append(f"claimed value {answer.value:.9g}, the placement is worth {value:.9g}")
    if bound > value + room:
        faults.append(f"claimed bound {bound:.9g} lies above a verified placement of {value:.9g}")
        bound = -math.inf
    if answer.stop is Stop.INFEASIBLE:
        faults.append("claimed infeasible beside a verified placement")
    if faults:
        return value, bound, Verdict.WRONG, faults
    bound = min(bound, value)  # above it by rounding only
    if bound == -math.inf:
        return value, bound, Verdict.FEASIBLE, []
    solved = relative_gap(value, bound) <= max(limits.gap, 1e-9)
    return value, bound, Verdict.OPTIMAL if solved else Verdict.BOUNDED, []
