"""The instances: sizes × loads × with and without local execution, generators in turn.

Loads are those of the instance library (`instances.library.recipes.LOADS`), chosen for each generator by measurement
(`python -m benchmarks.peers.loads`): light, critical or overloaded.

Local execution is made impossible by devices whose memory for weights is smaller than any network: every user must be
served, though layers that fit still run on the device. Deadlines stay as they are, but for `PATIENCE`.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from instances.generate import generate
from instances.instance import Instance
from instances.library.recipes import LOADS

__all__ = ["ALLOCATIONS", "BARS", "LOADS", "Bar", "Place", "build", "places"]

SMALL_DEVICE_MB = 4.5
"""Holds no network of the catalogue: the smallest, SqueezeNet 1.1, has 4.94 MB of weights."""

ALLOCATIONS = ("units", "continuous")

LEVELS = ("light", "critical", "overloaded")
PATIENCE = {("metro", False): 1.5}
"""``deadline_scale`` where it is not 1: metro's deadlines follow from quick devices, and few loads could meet them."""

CROWD = {"campus": 20, "factory": 20, "metro": 20, "roadside": 5}
"""Users a server."""
FEWEST = {"campus": 3, "factory": 2, "metro": 3, "roadside": 3}
"""Servers at least."""
MOST_MESHED = 300
"""Users up to which generators are used in which everyone reaches every server; beyond, links grow quadratically."""


@dataclasses.dataclass(frozen=True)
class Bar:
    """What is asked for at some sizes: a relative gap."""

    name: str
    sizes: tuple[int, ...]
    target: float
    asked: float
    """Gap at which methods may stop; finer than the target where gaps at equal times are to be compared."""


BARS = {
    "small": Bar("small", (20, 40, 60, 100), 1e-6, 1e-6),
    "large": Bar("large", (100, 300, 1000, 3000, 5000), 1e-2, 1e-4),
}


@dataclasses.dataclass(frozen=True)
class Place:
    """One instance of the family."""

    generator: str
    users: int
    level: str
    local: bool
    allocation: str
    seed: int

    @property
    def servers(self) -> int:
        """How many servers."""
        return max(self.users // CROWD[self.generator], FEWEST[self.generator])

    @property
    def load(self) -> float:
        """Option ``load`` of the generator."""
        return LOADS[self.generator, self.local][LEVELS.index(self.level)]

    def to_json(self) -> dict[str, Any]:
        """As plain values, the load and the number of servers among them."""
        return {**dataclasses.asdict(self), "servers": self.servers, "load": self.load}


def places(users: int, allocation: str, seed: int) -> list[Place]:
    """The six instances of a size: three loads, with and without local execution."""
    kinds = ("campus", "factory", "metro", "roadside") if users <= MOST_MESHED else ("metro", "roadside")
    size_turn = sorted({n for bar in BARS.values() for n in bar.sizes}.union({users})).index(users)
    return [
        Place(kinds[(size_turn + level + 2 * (not local) + seed) % len(kinds)], users, LEVELS[level], local,
              allocation, seed)
        for level in range(3)
        for local in (True, False)
    ]  # fmt: skip


def build(place: Place) -> Instance:
    """The instance itself; equal places give equal instances."""
    instance = generate(
        place.generator, users=place.users, servers=place.servers, seed=place.seed, load=place.load,
        allocation=place.allocation, deadline_scale=PATIENCE.get((place.generator, place.local), 1.0),
    )  # fmt: skip
    return instance if place.local else without_local(instance)


def without_local(instance: Instance) -> Instance:
    """The instance with devices that hold no whole network."""
    devices = instance.devices
    return instance.replace(devices=devices.replace(memory_mb=np.full(len(devices), SMALL_DEVICE_MB)))
