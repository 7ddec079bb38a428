"""What each task of a flight costs at its user and at a vehicle over each point, and what each hop costs: arrays."""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Floats, Ints
from instances.systems.uav import Mission

__all__ = ["MissionCosts", "price_mission"]


@dataclasses.dataclass(frozen=True, eq=False)
class MissionCosts:
    """Costs in the mission's objective (J), energies in J.

    A task that a vehicle takes part in has up to three parts that can be best (docs/theory.md, P34): the smallest and
    the largest in time, and the one at which both are done at once. They are sorted so that energy of the vehicle
    falls; a part that another one beats in both is inf. What is left first is thus the cheapest.

    Args:
        local: [T, N] cost of the user doing all; inf: too late.
        part: [T, N, G, 3] of the task at the vehicle.
        cost: [T, N, G, 3] of the task, the vehicle's computing included; inf: late, or beaten.
        craft_j: [T, N, G, 3] energy of the vehicle's computing.
        hop_j: [G, G] energy of a hop; inf: too far.
        hover_j: of one slot of hovering.
        craft_weight: objective a joule of a vehicle.
    """

    local: Floats
    part: Floats
    cost: Floats
    craft_j: Floats
    hop_j: Floats
    hover_j: float
    craft_weight: float

    @property
    def reach(self) -> list[Ints]:
        """[G] the points that each point is reached from."""
        return [np.flatnonzero(np.isfinite(self.hop_j[:, g])) for g in range(len(self.hop_j))]


def price_mission(mission: Mission) -> MissionCosts:
    """All costs of a mission."""
    craft = mission.craft
    gcycle = mission.task_mbit * craft.gcycle_per_mbit
    own_s = gcycle / craft.user_ghz
    own_j = craft.kappa * (craft.user_ghz * 1e9) ** 2 * gcycle * 1e9
    due = mission.deadline_s
    local = np.where(own_s <= due, own_j + mission.delay_w * own_s, np.inf)
    apart = mission.place_m[:, :, None, :] - mission.grid_m[None, None, :, :]
    square = (apart**2).sum(axis=-1) + craft.altitude_m**2
    noise = np.where(mission.blocked, craft.blocked_noise_w, craft.noise_w)[:, :, None]
    mbps = craft.channel_mhz * np.log2(1 + craft.tx_w * craft.gain / square / noise)
    air_s = mission.task_mbit[:, :, None] / mbps
    whole_s = air_s + (gcycle / craft.craft_ghz)[:, :, None]
    part = _parts(own_s[:, :, None], whole_s, due[:, :, None])
    whole_j = craft.kappa * (craft.craft_ghz * 1e9) ** 2 * gcycle[:, :, None, None] * 1e9
    craft_j = part * whole_j
    delay = np.maximum((1 - part) * own_s[:, :, None, None], part * whole_s[..., None])
    device_j = (1 - part) * own_j[:, :, None, None] + part * craft.tx_w * air_s[..., None]
    cost = device_j + mission.delay_w * delay + mission.craft_weight * craft_j
    cost = np.where(np.isfinite(part), cost, np.inf)
    hop = np.linalg.norm(mission.grid_m[:, None, :] - mission.grid_m[None, :, :], axis=-1)
    hop_j = np.where(hop <= craft.speed_m_s * craft.fly_s, 0.5 * craft.mass_kg * (hop / craft.fly_s) ** 2, np.inf)
    return MissionCosts(local, *_sorted(part, cost, craft_j), hop_j, craft.hover_w * craft.hover_s,
                        mission.craft_weight)  # fmt: skip


def _parts(own_s: Floats, whole_s: Floats, due: Floats) -> Floats:
    """[…, 3] largest part in time, balanced one, smallest; NaN where no part is in time or there is no task."""
    with np.errstate(divide="ignore", invalid="ignore"):
        high = np.minimum(1.0, due / whole_s)
        low = np.maximum(0.0, 1 - due / own_s)
        balanced = own_s / (own_s + whole_s)
        some = (low <= high) & (own_s > 0)
        low = np.broadcast_to(low, high.shape)
        shown = np.stack([high, np.clip(balanced, low, high), low], axis=-1)
    return np.where(some[..., None], shown, np.nan)


def _sorted(part: Floats, cost: Floats, craft_j: Floats) -> tuple[Floats, Floats, Floats]:
    """Parts in falling order; of these only those cheaper than every smaller part stay."""
    cheapest = np.minimum.accumulate(cost[..., ::-1], axis=-1)[..., ::-1]
    kept = np.isfinite(cost)
    kept[..., :-1] &= cost[..., :-1] < cheapest[..., 1:]
    return np.where(kept, part, 0.0), np.where(kept, cost, np.inf), np.where(kept, craft_j, 0.0)
