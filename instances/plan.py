"""A plan: what every user does. The truth that results are recomputed from."""

from __future__ import annotations

import dataclasses
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from instances import physics
from instances.columns import Bools, Floats, Ints, as_column
from instances.errors import InputError
from instances.options import LOCAL, REJECTED, OptionTable

__all__ = ["REJECTED", "Cut", "Plan"]

_ROUND_UP = 1 + 4e-16
"""Clocks are nudged up by this much, so that a latency recomputed in other rounding does not miss its deadline."""


@dataclasses.dataclass(frozen=True, eq=False)
class Cut:
    """Layers of a network, or of a variant of it, that stay on the device, and those that go to a cloud.

    Args:
        network: index into the instance's networks; that of the user.
        on_device: [n_layers] bool mask in the layer order of what runs (`Instance.runs`).
        variant: index into the instance's variants; −1: the network itself.
        passed_on: [n_layers] bool mask of the layers that the server passes on to its cloud; None: none.
    """

    network: int
    on_device: Bools
    variant: int = -1
    passed_on: Bools | None = None


@dataclasses.dataclass(frozen=True, eq=False)
class Plan:
    """One entry a user in every column.

    Args:
        server: [n] server index; −1 (`LOCAL`) when the whole network runs on the device, −2 (`REJECTED`) when the
            user is turned away (J-A only): then nothing else of its row counts.
        cut: [n] row of ``cuts``; −1 for users that are turned away.
        uplink_share: [n] β, part of that server's uplink.
        compute_share: [n] φ, part of that server's compute.
        clock: [n] z, ratio to the device's nominal clock.
        cuts: the cuts in use.

    Raises:
        InputError: columns of different lengths.
    """

    server: Ints
    cut: Ints
    uplink_share: Floats
    compute_share: Floats
    clock: Floats
    cuts: tuple[Cut, ...]

    def __post_init__(self) -> None:
        for name, kind in (("server", "Ints"), ("cut", "Ints"), ("uplink_share", "Floats"),
                           ("compute_share", "Floats"), ("clock", "Floats")):  # fmt: skip
            array = as_column("Plan", name, getattr(self, name), kind)
            object.__setattr__(self, name, array)
            if len(array) != len(self.server):
                raise InputError(f"Plan.{name}", f"has {len(array)} rows, server has {len(self.server)}")

    def __len__(self) -> int:
        return len(self.server)

    def replace(self, **changes: Any) -> Self:
        """Copy with some columns changed."""
        return dataclasses.replace(self, **changes)

    @classmethod
    def from_options(cls, table: OptionTable, chosen: Ints, uplink_share: ArrayLike, compute_share: ArrayLike) -> Plan:
        """Plan that gives user i option ``chosen[i]`` (a row of the table) with these shares and the best clock.

        The clock is the slowest that meets the deadline (`physics.clock_for`), or a faster one where seconds count
        enough (`physics.unhurried_clock`); where none meets it, the fastest. Users that are turned away have shares
        and clock 0.
        """
        chosen = np.asarray(chosen, dtype=np.int64)
        remote = table.server[chosen] != LOCAL
        beta = np.where(remote, uplink_share, 0.0)
        phi = np.where(remote, compute_share, 0.0)
        air = physics.over_share(table.uplink_s[chosen], beta)
        run = physics.over_share(table.server_s[chosen], phi)
        unhurried = table.unhurried_clock(chosen)
        clock = physics.clock_for(table.device_s[chosen], table.budget_s[chosen] - air - run, unhurried)
        served = ~table.is_rejection[chosen]
        used, place = np.unique(table.cut[chosen][served], return_inverse=True)
        cut = np.full(len(chosen), -1, dtype=np.int64)
        cut[served] = place.reshape(-1)
        return cls(
            server=np.where(served, table.server[chosen], REJECTED),
            cut=cut,
            uplink_share=beta,
            compute_share=phi,
            clock=np.where(served, np.minimum(clock * _ROUND_UP, table.clock_max), 0.0),
            cuts=tuple(table.way_of_cut(row) for row in used.tolist()),
        )
