"""A task that is divided into a chain of components, each of which runs on the device or at an edge server.

The record of EEDOS (which components to offload) and of CEDOT (how large each is as well). Component i waits for
component i−1. While it runs the device is at ``distance_m[i]`` from the server, which lends it ``subcarriers[i]`` and
``cores[i]``. The cost formula is described at `instances.check_components`, which recomputes it term by term.

After Ali et al., Energy Efficient Deep Learning-based Offloading Scheme, IEEE Access 2019 (EEDOS), and the follow-up in
Sensors 21(10):3523, 2021 (CEDOT). Their constants are not public and the layout of the formula comes from a later talk:
the statement and every number here are ours.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Self

import numpy as np

from instances.columns import Bools, Floats, Ints, as_column
from instances.errors import InputError

__all__ = ["WEIGHTINGS", "ComponentSystem", "ComponentTask", "Division"]

WEIGHTINGS: dict[str, tuple[float, ...]] = {
    "delay": (0.39, 0.05, 0.39, 0.05, 0.06, 0.06),
    "energy": (0.05, 0.39, 0.05, 0.39, 0.06, 0.06),
    "both": (0.22, 0.22, 0.22, 0.22, 0.06, 0.06),
}
"""w1 … w6 of a delay-critical task, an energy-critical one and one that is both; each adds up to 1. A second and a
joule weigh the same on either side (w1 = w3, w2 = w4), so that no side is favoured by the weights alone."""

_PER_COMPONENT = ("distance_m", "subcarriers", "cores", "deadline_s", "gflop_per_mbit", "output_per_input")
_SUM_OF_WEIGHTS = 1e-9


@dataclasses.dataclass(frozen=True)
class ComponentSystem:
    """What all tasks of a family have in common: the device, the server's cores and the radio.

    Args:
        device_gflops: GFLOP/s of the device. device_j_per_gflop: what it takes for them, J/GFLOP.
        core_gflops: GFLOP/s of one core of the server; a component's work is divided over its cores.
        tx_w, rx_w: the device's power while it sends and while it receives, W.
        uplink_dbm, downlink_dbm: radiated power on the whole of the subcarriers, dBm.
        subcarrier_mhz: width of a subcarrier, MHz. noise_dbm_per_hz: noise density.
        loss_db, loss_slope_db: path loss at 1 km, and more for each factor of 10 in distance, dB.
        divide_gflop, divide_gflop_per_mbit: the device's work to divide off a component, and more for each Mbit of it.
        most_cores, most_subcarriers: what the server could lend; w5 and w6 weigh the part of it that is lent.

    Raises:
        InputError: a number is not finite, or one that must be positive is not.
    """

    device_gflops: float = 5.0
    device_j_per_gflop: float = 0.35
    core_gflops: float = 2.5
    tx_w: float = 0.965
    rx_w: float = 0.6
    uplink_dbm: float = 23.0
    downlink_dbm: float = 30.0
    subcarrier_mhz: float = 0.18
    noise_dbm_per_hz: float = -174.0
    loss_db: float = 140.7
    loss_slope_db: float = 36.7
    divide_gflop: float = 0.02
    divide_gflop_per_mbit: float = 0.01
    most_cores: int = 8
    most_subcarriers: int = 60

    def __post_init__(self) -> None:
        free = {"uplink_dbm", "downlink_dbm", "noise_dbm_per_hz", "loss_db", "loss_slope_db"}
        may_be_zero = {"divide_gflop", "divide_gflop_per_mbit", "rx_w", "tx_w", "device_j_per_gflop"}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            least_ok = field.name in free or value > 0 or (field.name in may_be_zero and value == 0)
            if not (math.isfinite(value) and least_ok):
                raise InputError(f"ComponentSystem.{field.name}", f"is {value!r}", "it is a finite, positive number")


@dataclasses.dataclass(frozen=True, eq=False)
class ComponentTask:
    """One task of n components in a chain; the first reads what the device holds.

    Args:
        task_mbit: input of the whole task, Mbit. resolution: equal steps that it can be divided in.
        steps: [n] steps of each component where the division is given; they add up to ``resolution``.
        distance_m, subcarriers, cores: [n] device to server, and what the server lends.
        deadline_s: [n] longest time each component may take, s.
        gflop_per_mbit: [n] work for each Mbit of a component's input.
        output_per_input: [n] output over input, Mbit/Mbit.
        delay_max_s, energy_max_j: what counts as 1 in delay (D_max) and energy (E_max; EEDOS: what is left in the
            battery, so that joules weigh more when it is nearly empty).
        weights: w1 … w6, not negative, sum 1. system: device, server and radio.

    Raises:
        InputError: columns of other lengths, a number out of range, steps that do not add up, weights that do not.
    """

    task_mbit: float
    resolution: int
    steps: Ints
    distance_m: Floats
    subcarriers: Ints
    cores: Ints
    deadline_s: Floats
    gflop_per_mbit: Floats
    output_per_input: Floats
    delay_max_s: float
    energy_max_j: float
    weights: tuple[float, ...]
    system: ComponentSystem = dataclasses.field(default_factory=ComponentSystem)

    def __post_init__(self) -> None:
        types = {f.name: str(f.type) for f in dataclasses.fields(self)}
        for name in ("steps", *_PER_COMPONENT):
            column = as_column("ComponentTask", name, getattr(self, name), types[name])
            object.__setattr__(self, name, column)
            if len(column) != len(self.steps):
                _refuse(name, f"has {len(column)} rows for {len(self.steps)} components")
            if not (
                (np.isfinite(column).all() and (column > 0).all())
                or (name == "output_per_input" and _not_negative(column))
            ):
                _refuse(name, "holds a number that is not finite and positive")
        for name in ("task_mbit", "delay_max_s", "energy_max_j"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                _refuse(name, f"is {value!r}", "it is finite and positive")
        if len(self.steps) == 0 or self.steps.sum() != self.resolution:
            _refuse("steps", f"add up to {self.steps.sum()}", f"the task has {self.resolution} steps")
        if (self.cores > self.system.most_cores).any() or (self.subcarriers > self.system.most_subcarriers).any():
            _refuse("cores and subcarriers", "are more than the server has")
        weights = tuple(float(w) for w in self.weights)
        object.__setattr__(self, "weights", weights)
        if len(weights) != 6 or min(weights) < 0 or not abs(sum(weights) - 1) <= _SUM_OF_WEIGHTS:
            _refuse("weights", f"are {weights}", "six weights, none negative, add up to 1")

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def step_mbit(self) -> float:
        """Input of one step, Mbit."""
        return self.task_mbit / self.resolution

    def replace(self, **changes: Any) -> Self:
        """Copy with some fields changed."""
        return dataclasses.replace(self, **changes)


@dataclasses.dataclass(frozen=True, eq=False)
class Division:
    """A decision: ``steps`` [n] of each component and whether it runs at the server, ``remote`` [n]."""

    steps: Ints
    remote: Bools


def _not_negative(column: Floats) -> bool:
    """Whether outputs are finite and not negative: a component may have none."""
    return bool(np.isfinite(column).all() and (column >= 0).all())


def _refuse(field: str, what: str, why: str = "") -> None:
    raise InputError(f"ComponentTask.{field}", what, why)
