"""Tasks that reach an access point and are computed at a server which need not stand beside it.

Problem of Gao and Easwaran 2025, arXiv:2509.11162 (GMA): which access point, which server, how much of the uplink and
of the compute, at which transmit power, for the most energy saved within deadlines. Units: s, J, W, Mbit, MHz, GFLOP.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Floats, Ints
from instances.errors import InputError

__all__ = ["AccessPlan", "AccessProblem", "draw_access"]

_SHAPES = {"work_gflop": "t", "upload_mbit": "t", "deadline_s": "t", "local_j": "t", "powers_w": "l", "snr_per_w": "ta",
           "uplink_mhz": "a", "server_gflops": "s", "backhaul_s_per_mbit": "as"}  # fmt: skip


@dataclasses.dataclass(frozen=True, eq=False)
class AccessProblem:
    """What is known.

    Args:
        work_gflop, upload_mbit, deadline_s: [tasks]. local_j: [tasks] energy of computing on the device, J.
        powers_w: [levels] transmit powers that a device can choose, W.
        snr_per_w: [tasks, points] signal-to-noise ratio for each watt sent; 0: out of reach.
        uplink_mhz: [points]. server_gflops: [servers].
        backhaul_s_per_mbit: [points, servers] s that a Mbit takes from an access point to a server; inf: no way.
        blocks, units: equal pieces of every uplink and of every server.
        part: α, the largest part of an uplink or a server that one task may have.

    Raises:
        InputError: shapes that do not fit, or numbers out of range.
    """

    work_gflop: Floats
    upload_mbit: Floats
    deadline_s: Floats
    local_j: Floats
    powers_w: Floats
    snr_per_w: Floats
    uplink_mhz: Floats
    server_gflops: Floats
    backhaul_s_per_mbit: Floats
    blocks: int = 64
    units: int = 64
    part: float = 1.0

    def __post_init__(self) -> None:
        size = {"t": len(self.work_gflop), "l": len(self.powers_w), "a": len(self.uplink_mhz),
                "s": len(self.server_gflops)}  # fmt: skip
        for name, axes in _SHAPES.items():
            array = np.array(getattr(self, name), dtype=float)
            if array.shape != tuple(size[axis] for axis in axes):
                raise InputError(name, f"has shape {array.shape}", "it does not fit the other columns")
            zero = name == "snr_per_w" or name == "backhaul_s_per_mbit"
            if not ((array >= 0) if zero else (array > 0)).all() or np.isnan(array).any():
                raise InputError(name, "has a number that is not " + ("zero or more" if zero else "above zero"))
            object.__setattr__(self, name, array)
        if min(self.blocks, self.units) < 1 or not 0 < self.part <= 1:
            raise InputError("blocks, units, part", f"are {self.blocks}, {self.units}, {self.part}",
                             "pieces are whole, one at least, and α lies above 0 and is at most 1")  # fmt: skip

    @property
    def n_tasks(self) -> int:
        """Number of tasks."""
        return len(self.work_gflop)

    def replace(self, **changes: object) -> AccessProblem:
        """Copy with some fields changed (checked again)."""
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]


@dataclasses.dataclass(frozen=True, eq=False)
class AccessPlan:
    """Decisions, [tasks]: ``point``, ``server`` (both −1: on the device), ``blocks``, ``units``, ``level`` of power."""

    point: Ints
    server: Ints
    blocks: Ints
    units: Ints
    level: Ints


def draw_access(
    rng: np.random.Generator, *, tasks: int, points: int, servers: int, part: float = 1.0, blocks: int = 64,
    units: int = 64, load: float = 1.0,
) -> AccessProblem:  # fmt: skip
    """A problem at random: 400 m × 400 m, path loss 128.1 + 37.6 log10(d/km) dB, noise −100 dBm, uplinks of 20 MHz.

    ``load``: GFLOP and Mbit that ask over what servers and uplinks carry within a deadline, about.
    """
    side, up = 400.0, 20.0
    users, sites = rng.uniform(0, side, (tasks, 2)), rng.uniform(0, side, (points, 2))
    distance_km = np.maximum(np.linalg.norm(users[:, None] - sites[None], axis=2), 10.0) / 1e3
    snr = 10 ** ((30.0 - 128.1 - 37.6 * np.log10(distance_km) + 100.0) / 10)
    work, deadline = rng.uniform(0.5, 3.0, tasks), rng.uniform(0.3, 1.0, tasks)
    speed = rng.uniform(0.5, 1.5, servers)
    speed *= (work / deadline).sum() / load / speed.sum()
    mbit = rng.uniform(0.5, 4.0, tasks)
    mhz = np.full(points, up)
    mhz *= (mbit / deadline).sum() / 4.0 / load / mhz.sum() * 2
    backhaul = rng.uniform(0.0, 0.02, (points, servers))
    backhaul[np.arange(min(points, servers)), np.arange(min(points, servers))] = 0.0
    return AccessProblem(
        work_gflop=work, upload_mbit=mbit, deadline_s=deadline, local_j=work * rng.uniform(0.5, 2.0, tasks),
        powers_w=np.array([0.05, 0.1, 0.2]), snr_per_w=snr, uplink_mhz=mhz, server_gflops=speed,
        backhaul_s_per_mbit=backhaul, blocks=blocks, units=units, part=part,
    )  # fmt: skip
