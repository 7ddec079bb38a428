"""Latency of a plan of whole units and the rules it breaks; written apart from the methods that make plans."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from instances.columns import Floats
from instances.systems.iao import UnitsPlan, UnitsProblem

__all__ = ["UnitsReport", "evaluate"]


@dataclasses.dataclass(frozen=True, eq=False)
class UnitsReport:
    """``largest_s``: latency of the slowest user, s; inf when a rule is broken. ``latency_s`` [users].
    ``violations``: rules that are broken, in words."""

    largest_s: float
    latency_s: Floats
    violations: tuple[str, ...]


def evaluate(problem: UnitsProblem, plan: UnitsPlan) -> UnitsReport:
    """Recompute every latency from the plan."""
    latency = np.full(problem.n_users, math.inf)
    if len(plan.cut) != problem.n_users or len(plan.units) != problem.n_users:
        return UnitsReport(math.inf, latency, ("one cut and one number of units a user",))
    broken = []
    if sum(int(f) for f in plan.units) > problem.n_units:
        broken.append("units of the server")
    for i in range(problem.n_users):
        cut, units = int(plan.cut[i]), plan.units[i]
        if not 0 <= cut < len(problem.device_s[i]):
            broken.append(f"cut of user {i}")
            continue
        if int(units) != units or not 0 <= units <= problem.n_units:
            broken.append(f"units of user {i}")
            continue
        work = problem.server_s[i][cut]
        if work > 0 and units == 0:
            broken.append(f"work of user {i} on no unit")
            continue
        served = work / problem.speed[int(units)] if work > 0 else 0.0
        latency[i] = problem.device_s[i][cut] + problem.uplink_s[i][cut] + served
    return UnitsReport(math.inf if broken else float(latency.max()), latency, tuple(broken))
