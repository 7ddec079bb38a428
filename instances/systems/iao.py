"""One server whose compute comes in whole units: every user's cut and units, so that the slowest user is fastest.

Problem of Tang, Chen, Zeng, Yu and Chen, IoT-J 2021, arXiv:2007.09072 (IAO). Every user has its own uplink rate; the
server's units are shared, and more of them may help less than in proportion. Units: s.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Floats, Ints
from instances.errors import InputError

__all__ = ["UnitsPlan", "UnitsProblem"]


@dataclasses.dataclass(frozen=True, eq=False)
class UnitsProblem:
    """What is known.

    Args:
        device_s, uplink_s, server_s: [users], of each [cuts of that user] s on the device, on the air, and on one unit.
        speed: [units + 1] speed of so many units over that of one; 0 first, then not falling.

    Raises:
        InputError: lengths that do not fit, or numbers that are no times or speeds.
    """

    device_s: tuple[Floats, ...]
    uplink_s: tuple[Floats, ...]
    server_s: tuple[Floats, ...]
    speed: Floats

    def __post_init__(self) -> None:
        if not self.device_s:
            raise InputError("device_s", "has no users", "then there is nothing to decide", "give at least one")
        for name in ("device_s", "uplink_s", "server_s"):
            columns = tuple(np.array(column, dtype=float) for column in getattr(self, name))
            if [c.shape for c in columns] != [np.shape(c) for c in self.device_s] or not all(
                c.ndim == 1 and len(c) and (np.isfinite(c) & (c >= 0)).all() for c in columns
            ):
                raise InputError(name, "is not one finite time, zero or more, for every cut of every user")
            object.__setattr__(self, name, columns)
        speed = np.array(self.speed, dtype=float)
        if speed.ndim != 1 or len(speed) < 2 or speed[0] != 0 or not speed[1] > 0 or (np.diff(speed) < 0).any() or (
                not np.isfinite(speed).all()):  # fmt: skip
            raise InputError("speed", "is not 0 followed by speeds above 0 that do not fall",
                             "more units are never slower", "give [0, 1, …]")  # fmt: skip
        object.__setattr__(self, "speed", speed)

    @property
    def n_users(self) -> int:
        """Number of users."""
        return len(self.device_s)

    @property
    def n_units(self) -> int:
        """Number of units that there are."""
        return len(self.speed) - 1

    def replace(self, **changes: object) -> UnitsProblem:
        """Copy with some fields changed (checked again)."""
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]


@dataclasses.dataclass(frozen=True, eq=False)
class UnitsPlan:
    """Decisions: ``cut`` and ``units`` of every user, [users]."""

    cut: Ints
    units: Ints
