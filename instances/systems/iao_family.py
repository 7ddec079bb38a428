"""Problems of whole units: drawn at random, or made of an instance's users around one server."""

from __future__ import annotations

import numpy as np

from instances.columns import Floats
from instances.errors import InputError
from instances.expand import expand
from instances.instance import Instance
from instances.systems.iao import UnitsProblem

__all__ = ["draw_units", "speed_of_units", "units_around"]


def speed_of_units(units: int, serial_part: float) -> Floats:
    """[units + 1] speed of f units over one, after Amdahl: 1/(σ + (1 − σ)/f) with serial part σ."""
    f = np.arange(1, units + 1)
    return np.concatenate([[0.0], 1 / (serial_part + (1 - serial_part) / f)])


def draw_units(rng: np.random.Generator, *, users: int, cuts: int, units: int, serial_part: float = 0.0
               ) -> UnitsProblem:  # fmt: skip
    """A problem at random: the later the cut the more on the device and the less on the server; the last is all local.

    What is sent at a cut is drawn freely, so that early, middle and late cuts all win somewhere.
    """
    device, uplink, server = [], [], []
    for _ in range(users):
        done = np.sort(np.concatenate([[0.0], rng.random(cuts - 2), [1.0]])) if cuts > 1 else np.ones(1)
        local_s, remote_s = rng.uniform(0.5, 2.0), rng.uniform(0.5, 4.0)
        device.append(local_s * done)
        server.append(remote_s * (1 - done))
        uplink.append(np.where(done < 1, rng.uniform(0.02, 0.6, len(done)), 0.0))
    return UnitsProblem(tuple(device), tuple(uplink), tuple(server), speed_of_units(units, serial_part))


def units_around(instance: Instance, units: int, *, serial_part: float = 0.0) -> UnitsProblem:
    """The users of an instance with one server, each with an equal part of the uplink for itself.

    Times are those of its option table at the fastest clock; one unit is a ``units``-th of the server.

    Raises:
        InputError: not exactly one server, or users without any option.
    """
    if instance.n_servers != 1:
        raise InputError("instance", f"has {instance.n_servers} servers", "units are those of one server",
                         "give an instance with one")  # fmt: skip
    table = expand(instance, feasible_only=False)
    rows = [np.flatnonzero(table.user == i) for i in range(table.n_users)]
    fastest_s = table.device_s / table.clock_max[table.user] + table.fixed_s
    own_s, served_s = table.uplink_s * table.n_users, table.server_s * units
    return UnitsProblem(
        tuple(fastest_s[r] for r in rows),
        tuple(own_s[r] for r in rows),
        tuple(served_s[r] for r in rows),
        speed_of_units(units, serial_part),
    )
