"""Solve one flight by any method; what it claims is recomputed before anybody sees it."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from instances.errors import InputError
from instances.systems.check_uav import MissionReport, check_mission
from instances.systems.uav import Mission, MissionPlan
from solvers.answer import Limits, relative_gap
from solvers.result import Verdict
from solvers.uav.registry import get_flight_method

__all__ = ["FlightResult", "solve_flight"]

AGREEMENT = 1e-6
"""Relative difference between claimed and recomputed cost at which a claim counts as contradicted."""


@dataclasses.dataclass(frozen=True, eq=False)
class FlightResult:
    """One solve: the method's name, the plan or None, its recomputed report, cost (inf without a valid plan), lower
    bound (−inf without) and what is known about it."""

    method: str
    plan: MissionPlan | None
    report: MissionReport | None
    cost: float
    bound: float
    verdict: Verdict

    @property
    def gap(self) -> float:
        """Relative gap between cost and bound; inf when either is missing."""
        return max(relative_gap(self.cost, self.bound), 0.0)


def solve_flight(mission: Mission, method: str = "uav_milp", *, limits: Limits | None = None,
                 seed: int = 0) -> FlightResult:  # fmt: skip
    """A checked plan of one mission.

    Args:
        mission: what is to be flown. method: a name of `FLIGHT_METHODS`.
        limits: gap, nodes, time; rounds are steps of the decomposition. seed: for methods that draw.

    Raises:
        InputError: the method is unknown or cannot run on this mission.
    """
    chosen, limits = get_flight_method(method), limits or Limits()
    reason = chosen.supports(mission)
    if reason is not None:
        raise InputError(f"flight method '{method}'", "cannot run on this mission", reason)
    answer = chosen.solve(mission, limits=limits, rng=np.random.default_rng(seed))
    report = None if answer.plan is None else check_mission(mission, answer.plan)
    cost = report.cost if report is not None and report.valid else math.inf
    return FlightResult(method, answer.plan, report, cost, answer.bound, _judge(answer.cost, answer.bound, cost,
                                                                                report, limits))  # fmt: skip


def _judge(claimed: float, bound: float, cost: float, report: MissionReport | None, limits: Limits) -> Verdict:
    room = AGREEMENT * max(1.0, abs(cost)) if math.isfinite(cost) else 0.0
    if math.isfinite(claimed) and not abs(claimed - cost) <= room:
        return Verdict.WRONG
    if math.isfinite(cost):
        if bound > cost + room:
            return Verdict.WRONG
        if relative_gap(cost, bound) <= max(limits.gap, AGREEMENT):
            return Verdict.OPTIMAL
        return Verdict.BOUNDED if math.isfinite(bound) else Verdict.FEASIBLE
    return Verdict.INFEASIBLE if bound == math.inf and report is None else Verdict.UNKNOWN
