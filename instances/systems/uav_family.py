"""Two families of flights on which policies are trained and compared: over a field, and over a district."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from instances.systems.uav import Craft, Mission, draw_mission

__all__ = ["FLIGHTS", "draw_district", "draw_field"]


def draw_field(rng: np.random.Generator) -> Mission:
    """2 vehicles, 8 users, 20 slots, 25 points on 400 m: every user is near enough to hover in the middle."""
    craft, slots = Craft(speed_m_s=100.0), 20
    return draw_mission(rng, slots=slots, users=8, craft=2, side=5, length_m=400.0, channels=2, busy=0.7,
                        battery_j=_battery_j(craft, slots, 5e4), machine=craft)  # fmt: skip


def draw_district(rng: np.random.Generator) -> Mission:
    """2 vehicles, 6 users, 15 slots, 36 points on 1,200 m, 4 s to fly in a slot: where vehicles are matters."""
    craft, slots = Craft(fly_s=4.0), 15
    return draw_mission(rng, slots=slots, users=6, craft=2, side=6, length_m=1200.0, channels=2, busy=0.5,
                        battery_j=_battery_j(craft, slots, 1e5), machine=craft)  # fmt: skip


def _battery_j(craft: Craft, slots: int, over: float) -> float:
    return slots * craft.hover_w * craft.hover_s + over


FLIGHTS: dict[str, Callable[[np.random.Generator], Mission]] = {"field": draw_field, "district": draw_district}
"""Name → a mission from a generator."""
