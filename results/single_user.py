"""One user alone with a whole server: what its options cost at every rate, for claims about single networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from instances.build import Cloud, Device, Link, Radio, Server, User, Variant, build
from instances.columns import Bools, Floats
from instances.dnn import Dnn
from instances.instance import Instance
from instances.options import OptionTable

__all__ = ["inside", "latency_s", "one_user"]

ENOUGH_S = 1e4
"""A deadline that no option misses."""


def one_user(
    network: Dnn,
    device: str,
    server: str,
    *,
    mbps: float = 1.0,
    round_trip_s: float = 0.01,
    radio: str | None = None,
    deadline_s: float = ENOUGH_S,
    variants: Sequence[Variant] = (),
    cloud: Cloud | None = None,
    accuracy_floor: float | None = None,
    networks: Sequence[Dnn] = (),
    **options: Any,
) -> Instance:
    """One user on a device of the catalogue with a whole server of the catalogue, at a rate of its uplink.

    The uplink is as many MHz as Mbit/s (1 bit/s/Hz), so that its width is the rate.
    """
    link = Link("server", efficiency=1.0, round_trip_s=round_trip_s)
    return build(
        [User("user", network, Device(device, model=device), deadline_s, [link], accuracy_floor=accuracy_floor,
              radio=None if radio is None else Radio(radio, model=radio))],
        [Server("server", model=server, bandwidth_mhz=mbps, cloud=None if cloud is None else cloud.name)],
        networks=networks, variants=variants, clouds=() if cloud is None else (cloud,), name="one user", **options,
    )  # fmt: skip


def latency_s(table: OptionTable, mbps: Floats | float) -> Floats:
    """[..., options] s of each option with whole shares and the fastest clock, at rates [...] of the uplink."""
    rate = np.asarray(mbps, dtype=float)[..., None]
    return np.asarray(table.device_s / table.clock_max[table.user] + table.uplink_mhz_s / rate + table.server_s
                      + table.fixed_s)  # fmt: skip


def inside(table: OptionTable) -> Bools:
    """[options] whether an option has layers on both sides of its cut."""
    some = np.array([table.on_device(o).any() for o in range(len(table))], dtype=bool)
    return np.asarray(some & ~table.is_local)
