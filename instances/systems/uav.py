"""Servers that fly: in every slot each hops to a point of a grid, hovers there and computes for users within sight.

Constants are those of the public code UAV-DDPG (fangvv/UAV-DDPG, ``DDPG/UAV_env.py``), which has one vehicle; several
of them, the grid, hover power and the count of channels are ours. Units: s, m, Mbit, MHz, Gcycles, GHz, W, J.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from instances.columns import Bools, Floats, Ints
from instances.errors import InputError

__all__ = ["LOCAL", "Craft", "Mission", "MissionPlan", "draw_mission"]

LOCAL = -1
"""Who computes a task that its user keeps."""


@dataclasses.dataclass(frozen=True)
class Craft:
    """What vehicles, users' devices and the channel between them are.

    A slot is ``fly_s`` of flight and ``hover_s`` of hovering. A hop of d m costs ½ m (d/fly_s)² J (``mass_kg`` m), and
    reaches ``speed`` · fly_s at most. ``hover_w`` while hovering: 168 W is what Zeng, Xu and Zhang, TWC 2019, give for
    a rotary wing [quoted from memory]; the public code counts none. ``channel_mhz`` of one user's channel,
    ``user_ghz`` and ``craft_ghz`` clocks (the latter for each channel), ``kappa`` W/Hz³, ``gcycle_per_mbit``,
    ``gain`` of the channel at 1 m, ``noise_w`` in sight and ``blocked_noise_w`` without.
    """

    altitude_m: float = 100.0
    speed_m_s: float = 50.0
    fly_s: float = 1.0
    hover_s: float = 7.0
    mass_kg: float = 9.65
    hover_w: float = 168.0
    channel_mhz: float = 1.0
    tx_w: float = 0.1
    gain: float = 1e-5
    noise_w: float = 1e-13
    blocked_noise_w: float = 1e-11
    user_ghz: float = 0.2
    craft_ghz: float = 1.2
    kappa: float = 1e-27
    gcycle_per_mbit: float = 1.0

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            least = 0.0 if field.name == "hover_w" else np.nextafter(0.0, 1.0)
            if not (math.isfinite(value) and value >= least):
                raise InputError(f"Craft.{field.name}", f"is {value!r}", "it is finite and positive")


@dataclasses.dataclass(frozen=True, eq=False)
class Mission:
    """All slots of one flight, known beforehand.

    Minimised is the sum over tasks of device energy plus ``delay_w`` times delay, plus ``craft_weight`` times the
    energy of the vehicles. With ``delay_w`` = 0 and deadlines it is energy within deadlines.

    Args:
        grid_m: [G, 2] points at which vehicles may hover.
        start: [U] the point at which each begins.
        battery_j: [U] J that each may spend on flying, hovering and computing.
        place_m: [T, N, 2] where users are in each slot.
        task_mbit: [T, N] what each user has to compute in each slot; 0: nothing.
        blocked: [T, N] whether the user has no line of sight in that slot.
        deadline_s: [T, N] latest completion; inf: any.
        channels: users that a vehicle serves in a slot, at most.
        delay_w: W, what a second of delay counts as.
        craft_weight: what a joule of a vehicle counts beside a joule of a user.
        craft: everything physical.

    Raises:
        InputError: shapes that do not fit, or numbers out of range.
    """

    grid_m: Floats
    start: Ints
    battery_j: Floats
    place_m: Floats
    task_mbit: Floats
    blocked: Bools
    deadline_s: Floats
    channels: int = 1
    delay_w: float = 1.0
    craft_weight: float = 1e-4
    craft: Craft = dataclasses.field(default_factory=Craft)

    def __post_init__(self) -> None:
        kinds: dict[str, Any] = {"start": np.int64, "blocked": np.bool_}
        for name in ("grid_m", "start", "battery_j", "place_m", "task_mbit", "blocked", "deadline_s"):
            array: NDArray[Any] = np.array(getattr(self, name), dtype=kinds.get(name, np.float64))
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        if self.task_mbit.ndim != 2:
            raise InputError("Mission.task_mbit", f"has {self.task_mbit.ndim} dimensions", "it is [slots, users]")
        (t, n), u = self.task_mbit.shape, len(self.start)
        shapes = {"grid_m": (len(self.grid_m), 2), "start": (u,), "battery_j": (u,), "place_m": (t, n, 2),
                  "blocked": (t, n), "deadline_s": (t, n)}  # fmt: skip
        for name, wanted in shapes.items():
            if getattr(self, name).shape != wanted:
                raise InputError(f"Mission.{name}", f"has shape {getattr(self, name).shape}", f"{wanted} is needed")
        _in_range(self)

    @property
    def n_slots(self) -> int:
        """T."""
        return len(self.task_mbit)

    @property
    def n_users(self) -> int:
        """N."""
        return int(self.task_mbit.shape[1])

    @property
    def n_craft(self) -> int:
        """U."""
        return len(self.start)

    @property
    def n_points(self) -> int:
        """G."""
        return len(self.grid_m)

    def replace(self, **changes: Any) -> Self:
        """Copy with some fields changed."""
        return dataclasses.replace(self, **changes)


@dataclasses.dataclass(frozen=True, eq=False)
class MissionPlan:
    """Decisions: ``point`` [U, T] of the grid, ``server`` [T, N] vehicle or `LOCAL`, ``part`` [T, N] of the task that
    it computes (the user does the rest at the same time; 0 where the user does all)."""

    point: Ints
    server: Ints
    part: Floats


def _in_range(mission: Mission) -> None:
    finite = {"grid_m": -np.inf, "place_m": -np.inf, "task_mbit": 0.0, "battery_j": 0.0}
    for name, least in finite.items():
        values = getattr(mission, name)
        if not np.isfinite(values).all() or (values < least).any():
            raise InputError(f"Mission.{name}", "holds a number that is not finite, or negative")
    if not (mission.deadline_s > 0).all():
        raise InputError("Mission.deadline_s", "holds one that is not positive", "nothing is done in no time")
    if not mission.n_points or not mission.n_slots:
        raise InputError("Mission", f"has {mission.n_points} points and {mission.n_slots} slots", "one is needed")
    if ((mission.start < 0) | (mission.start >= mission.n_points)).any():
        raise InputError("Mission.start", "names a point that is not there", f"there are {mission.n_points}")
    if mission.n_craft > mission.n_points:
        raise InputError("Mission.start", f"has {mission.n_craft} vehicles", "each needs a point of its own")
    if mission.channels < 1 or mission.channels != int(mission.channels):
        raise InputError("Mission.channels", f"is {mission.channels!r}", "it is a whole number, 1 or more")
    for name in ("delay_w", "craft_weight"):
        if not (math.isfinite(getattr(mission, name)) and getattr(mission, name) >= 0):
            raise InputError(f"Mission.{name}", f"is {getattr(mission, name)!r}", "a weight is not negative")


def draw_mission(
    rng: np.random.Generator,
    *,
    slots: int = 40,
    users: int = 4,
    craft: int = 1,
    side: int = 5,
    length_m: float = 100.0,
    busy: float = 1.0,
    deadline_s: float = np.inf,
    battery_j: float = 500e3,
    channels: int = 1,
    machine: Craft | None = None,
    delay_w: float = 1.0,
    craft_weight: float = 1e-4,
) -> Mission:
    """A flight over a square, users walking at up to 1 m/s with tasks of 2.5 to 3 Mbit, as in the public code.

    Args:
        rng: everything is drawn from it.
        slots, users, craft: T, N, U. side: the grid has side² points in the middles of equal squares.
        length_m: of the square. busy: chance that a user has a task in a slot.
        deadline_s: of every task. battery_j: of every vehicle.
        channels, delay_w, craft_weight, machine: as in `Mission`.
    """
    machine = machine or Craft()
    middle = (np.arange(side) + 0.5) * length_m / side
    grid = np.stack(np.meshgrid(middle, middle, indexing="ij"), axis=-1).reshape(-1, 2)
    place = np.zeros((slots, users, 2))
    here = rng.uniform(0.0, length_m, (users, 2))
    for t in range(slots):
        place[t] = here
        angle = rng.uniform(0.0, 2 * np.pi, users)
        step = rng.uniform(0.0, machine.fly_s + machine.hover_s, users)
        here = np.clip(here + step[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1), 0.0, length_m)
    return Mission(
        grid_m=grid,
        start=rng.permutation(len(grid))[:craft],
        battery_j=np.full(craft, battery_j),
        place_m=place,
        task_mbit=np.where(rng.random((slots, users)) < busy, rng.uniform(2.5, 3.0, (slots, users)), 0.0),
        blocked=rng.random((slots, users)) < 0.5,
        deadline_s=np.full((slots, users), deadline_s),
        channels=channels,
        delay_w=delay_w,
        craft_weight=craft_weight,
        craft=machine,
    )
