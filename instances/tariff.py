"""What things cost under J-C: a joule of a device, a second of a server, a megabit of uplink, a server that is on."""

from __future__ import annotations

import dataclasses
from typing import Any, Self

import numpy as np

from instances.columns import Floats, as_column
from instances.errors import InputError

__all__ = ["PER_SERVER", "Tariff"]

PER_SERVER = ("per_server_s", "per_mbit", "rent")


@dataclasses.dataclass(frozen=True, eq=False)
class Tariff:
    """Prices in one currency.

    Args:
        per_j: money a joule that a device computes or its radio sends and receives with.
        per_server_s: [servers] money a second of the whole server, paid for the work done (c), whatever the share.
        per_mbit: [servers] money a megabit sent up to the server.
        rent: [servers] money for being on during the horizon; it takes the place of the static energy.
        currency: label of the unit, e.g. USD.

    Raises:
        InputError: a column is no column of numbers, or the columns differ in length.
    """

    per_j: float
    per_server_s: Floats
    per_mbit: Floats
    rent: Floats
    currency: str = "USD"

    def __post_init__(self) -> None:
        length = None
        for name in PER_SERVER:
            column = as_column("tariff", name, getattr(self, name), "Floats")
            length = len(column) if length is None else length
            if len(column) != length:
                raise InputError(f"tariff.{name}", f"has {len(column)} rows where {PER_SERVER[0]} has {length}",
                                 fix="give every column one value a server")  # fmt: skip
            object.__setattr__(self, name, column)

    def __len__(self) -> int:
        return len(self.rent)

    def replace(self, **changes: Any) -> Self:
        """Copy with some prices changed."""
        return dataclasses.replace(self, **changes)

    def take(self, servers: Any) -> Self:
        """Copy with the prices of some servers only (indices or a mask)."""
        return self.replace(**{name: np.asarray(getattr(self, name)[servers]) for name in PER_SERVER})
