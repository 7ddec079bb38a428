"""What scaling the devices' clocks saves: optimal plans with free clocks, and with clocks that nobody may change."""

from __future__ import annotations

from typing import Any

import numpy as np

from instances.generate import generate
from instances.instance import Instance
from results.experiment import experiment, figures_of
from solvers import Limits, solve

USERS, SERVERS, LOAD, SEEDS = 12, 3, 0.6, (1, 2, 3, 4, 5)
SCALES = (1.0, 1.25, 1.5, 2.0, 3.0, 5.0)
RULES = ("free", "nominal", "fastest")


def cases(quick: bool) -> list[dict[str, Any]]:
    """Deadlines × rules for the clock × seeds."""
    scales, seeds = (SCALES[::3], SEEDS[:1]) if quick else (SCALES, SEEDS)
    return [{"deadline_scale": d, "clock": c, "seed": s} for d in scales for c in RULES for s in seeds]


def instance_at(case: dict[str, Any]) -> Instance:
    """The instance of a case; fixed clocks are the fastest or the nominal one (or what of the range is nearest)."""
    instance = generate("campus", users=USERS, servers=SERVERS, seed=case["seed"], load=LOAD)
    devices, users = instance.devices, instance.users
    if case["clock"] != "free":
        fixed = devices.clock_max if case["clock"] == "fastest" else np.clip(1.0, devices.clock_min, devices.clock_max)
        devices = devices.replace(clock_min=fixed, clock_max=fixed)
    return instance.replace(devices=devices, users=users.replace(deadline_s=users.deadline_s * case["deadline_scale"]))


@experiment("clocks", cases)
def run(case: dict[str, Any]) -> dict[str, Any]:
    """The optimum, with its certified bound, and what part of the energy is computing on devices."""
    result = solve(instance_at(case), "branch", limits=Limits(gap=1e-4, time_s=30.0), seed=case["seed"])
    compute_j = None if result.report is None else float(result.report.compute_j.sum())
    return {**figures_of(result), "users": USERS, "compute_j": compute_j}
