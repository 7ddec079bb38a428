"""Multi-UAV offloading: what planning flights saves over vehicles that hover, or serve nobody."""

from __future__ import annotations

from functools import cache

import numpy as np

from instances.systems.uav import Craft, draw_mission
from results.claims.registry import Finding, claim
from solvers.answer import Limits
from solvers.uav import FlightResult, solve_flight

SETTING = "10 drawn missions of 2 vehicles, 8 users, 20 slots, 25 points on 400 m, constants of the code UAV-DDPG"
SEEDS, SLOTS, ROUNDS = range(10), 20, 200


@cache
def flights() -> tuple[dict[str, FlightResult], ...]:
    """Every method on every mission."""
    found = []
    for seed in SEEDS:
        craft = Craft(speed_m_s=100.0)
        battery = SLOTS * craft.hover_w * craft.hover_s + 5e4
        mission = draw_mission(np.random.default_rng(seed), slots=SLOTS, users=8, craft=2, side=5, length_m=400.0,
                               channels=2, busy=0.7, battery_j=battery, machine=craft)  # fmt: skip
        names = ("uav_decomposition", "uav_hover", "uav_nearest", "uav_local", "uav_edge")
        found.append({n: solve_flight(mission, n, limits=Limits(gap=1e-4, rounds=ROUNDS)) for n in names})
    return tuple(found)


def saving(baseline: str) -> tuple[float, float, int]:
    """Mean saving over a baseline, %, the largest gap of our plans, %, and missions with a plan of the baseline."""
    pairs = [(f["uav_decomposition"], f[baseline]) for f in flights()]
    both = [100 * (1 - ours.cost / theirs.cost) for ours, theirs in pairs if np.isfinite(theirs.cost)]
    gap = 100 * max(ours.gap for ours, _ in pairs)
    return (float(np.mean(both)) if both else 0.0), gap, len(both)


def finding(baseline: str) -> Finding:
    """A trend where planning saves."""
    mean, gap, count = saving(baseline)
    why = (
        f"no figure is published; plans within {gap:.2g} % of their bound, {count} of {len(SEEDS)} missions have a "
        "plan of the baseline"
    )
    return Finding(mean, "%", "trend" if mean > 0 else "not reproducible", why)


def register(baseline: str, title: str) -> None:
    """The claim against one baseline."""

    @claim(
        f"uav.against_{baseline.removeprefix('uav_')}",
        system="Multi-UAV DRL",
        says=f"planning flights and offloading costs less delay and energy than {title}",
        source="Multi-UAV offloading by deep reinforcement learning, IEEE Access 2022; constants of fangvv/UAV-DDPG",
        evidence="abstract; constants from code",
        published="–",
        measures=f"what decomposed plans cost less than {title}, mean; {SETTING}",
        tolerance="above 0 is a trend",
        slow=True,
    )
    def measure() -> Finding:
        return finding(baseline)


register("uav_local", "everything at the users")
register("uav_edge", "whole tasks at hovering vehicles")
register("uav_hover", "vehicles that hover in the middle and serve the best users")
