"""The checker of flights: every task and every hop, one at a time, and the rules that are broken.

Nothing here is shared with `instances.systems.uav_costs` or any solver.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from instances.systems.uav import Mission, MissionPlan

__all__ = ["MissionReport", "check_mission"]

TOLERANCE = 1e-9
"""Relative room for rounding in every rule."""


@dataclasses.dataclass(frozen=True)
class MissionReport:
    """What a plan amounts to.

    Args:
        cost: the objective. delay_s: sum over tasks. device_j: of all users. craft_j: of each vehicle.
        served: tasks that a vehicle takes part in. broken: the rules that are broken, one sentence each.
    """

    cost: float
    delay_s: float
    device_j: float
    craft_j: tuple[float, ...]
    served: int
    broken: tuple[str, ...]

    @property
    def valid(self) -> bool:
        """Whether no rule is broken."""
        return not self.broken


def check_mission(mission: Mission, plan: MissionPlan) -> MissionReport:
    """Figures of a plan, recomputed from the record."""
    broken = _shape_faults(mission, plan)
    if broken:
        return MissionReport(math.inf, math.inf, math.inf, (), 0, tuple(broken))
    spent = [_flight_j(mission, plan, u, broken) for u in range(mission.n_craft)]
    for t in range(mission.n_slots):
        points = [int(p) for p in plan.point[:, t]]
        if len(set(points)) < len(points):
            broken.append(f"slot {t}: two vehicles at one point")
        for u in range(mission.n_craft):
            load = sum(1 for i in range(mission.n_users) if int(plan.server[t, i]) == u)
            if load > mission.channels:
                broken.append(f"slot {t}: vehicle {u} serves {load} users with {mission.channels} channels")
    delays, joules, served = [], [], 0
    for t in range(mission.n_slots):
        for i in range(mission.n_users):
            delay, device_j, craft_j = _task(mission, plan, t, i)
            if delay > float(mission.deadline_s[t, i]) * (1 + TOLERANCE):
                limit = float(mission.deadline_s[t, i])
                broken.append(f"slot {t}, user {i}: {delay:.4g} s, the deadline is {limit:.4g} s")
            delays.append(delay)
            joules.append(device_j)
            if int(plan.server[t, i]) >= 0:
                spent[int(plan.server[t, i])] += craft_j
                served += 1
    for u, used in enumerate(spent):
        if used > float(mission.battery_j[u]) * (1 + TOLERANCE):
            broken.append(f"vehicle {u} uses {used:.6g} J of {float(mission.battery_j[u]):.6g} J")
    delay_s, device_j = math.fsum(delays), math.fsum(joules)
    cost = device_j + mission.delay_w * delay_s + mission.craft_weight * math.fsum(spent)
    return MissionReport(cost, delay_s, device_j, tuple(spent), served, tuple(broken))


def _shape_faults(mission: Mission, plan: MissionPlan) -> list[str]:
    slots, users = mission.n_slots, mission.n_users
    if np.shape(plan.point) != (mission.n_craft, slots):
        return [f"points have shape {np.shape(plan.point)}"]
    if np.shape(plan.server) != (slots, users) or np.shape(plan.part) != (slots, users):
        return [f"servers and parts have shapes {np.shape(plan.server)} and {np.shape(plan.part)}"]
    faults = []
    for t in range(slots):
        for u in range(mission.n_craft):
            if not 0 <= int(plan.point[u, t]) < mission.n_points:
                faults.append(f"slot {t}: vehicle {u} is at no point of the grid")
        for i in range(users):
            who, part = int(plan.server[t, i]), float(plan.part[t, i])
            if not -1 <= who < mission.n_craft:
                faults.append(f"slot {t}, user {i}: there is no vehicle {who}")
            if not 0.0 <= part <= 1.0 or (who < 0 and part != 0.0):
                faults.append(f"slot {t}, user {i}: a part of {part:.4g} is sent")
    return faults


def _flight_j(mission: Mission, plan: MissionPlan, u: int, broken: list[str]) -> float:
    """Energy of flying and hovering; hops that are too long are noted."""
    craft = mission.craft
    before = mission.grid_m[int(mission.start[u])]
    joules = []
    for t in range(mission.n_slots):
        here = mission.grid_m[int(plan.point[u, t])]
        hop = math.dist((float(before[0]), float(before[1])), (float(here[0]), float(here[1])))
        if hop > craft.speed_m_s * craft.fly_s * (1 + TOLERANCE):
            broken.append(f"slot {t}: vehicle {u} flies {hop:.4g} m")
        joules += [0.5 * craft.mass_kg * (hop / craft.fly_s) ** 2, craft.hover_w * craft.hover_s]
        before = here
    return math.fsum(joules)


def _task(mission: Mission, plan: MissionPlan, t: int, i: int) -> tuple[float, float, float]:
    """Delay, the device's energy and the vehicle's of one task."""
    craft, who, part = mission.craft, int(plan.server[t, i]), float(plan.part[t, i])
    mbit = float(mission.task_mbit[t, i])
    own_s = (1 - part) * mbit * craft.gcycle_per_mbit / craft.user_ghz
    own_j = craft.kappa * (craft.user_ghz * 1e9) ** 3 * own_s
    if who < 0 or part == 0.0:
        return own_s, own_j, 0.0
    user, over = mission.place_m[t, i], mission.grid_m[int(plan.point[who, t])]
    square_m = (float(user[0]) - float(over[0])) ** 2 + (float(user[1]) - float(over[1])) ** 2 + craft.altitude_m**2
    noise = craft.blocked_noise_w if bool(mission.blocked[t, i]) else craft.noise_w
    mbps = craft.channel_mhz * math.log2(1 + craft.tx_w * craft.gain / square_m / noise)
    air_s = part * mbit / mbps
    run_s = part * mbit * craft.gcycle_per_mbit / craft.craft_ghz
    craft_j = craft.kappa * (craft.craft_ghz * 1e9) ** 3 * run_s
    return max(own_s, air_s + run_s), own_j + craft.tx_w * air_s, craft_j
