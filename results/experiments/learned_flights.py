"""Flights of a learned policy beside simple ones, against the best flight in hindsight.

A case is one family and seed; its row holds what every method costs, and the bound of the exact program, which knows
all slots. ``missed`` is the part of the saving over serving nobody that a method misses. Policies were trained and
chosen on other seeds (`solvers.uav.train`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from instances.systems.uav_family import FLIGHTS
from results.experiment import experiment
from solvers import Limits
from solvers.uav import solve_flight

METHODS = ("uav_hover", "uav_nearest", "uav_edge", "uav_myopic", "uav_learned")
SEEDS = {"field": 4, "district": 10}
"""Flights of each family: over the field they hardly differ."""
LIMITS = Limits(gap=1e-3, nodes=50)


def cases(quick: bool) -> list[dict[str, Any]]:
    """Families × seeds."""
    return [{"family": family, "seed": s} for family in FLIGHTS for s in range(1 if quick else SEEDS[family])]


@experiment("learned_flights", cases)
def run(case: dict[str, Any]) -> dict[str, Any]:
    """The best flight, and every method's; all plans checked."""
    mission = FLIGHTS[case["family"]](np.random.default_rng(case["seed"]))
    best, alone = (solve_flight(mission, name, limits=LIMITS) for name in ("uav_milp", "uav_local"))
    found = [solve_flight(mission, name, seed=case["seed"]) for name in METHODS]
    reach = alone.cost - best.bound
    return {
        "best": best.cost, "bound": best.bound, "local": alone.cost, "method": list(METHODS),
        "cost": [f.cost for f in found], "missed": [(f.cost - best.bound) / reach for f in found],
        "best_missed": (best.cost - best.bound) / reach,
    }  # fmt: skip
