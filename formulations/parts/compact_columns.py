"""Columns and figures of the compact units model."""

from __future__ import annotations

import dataclasses
from typing import Self

import numpy as np

from formulations.parts.rows import power_of_two
from instances.columns import Bools, Floats, Ints
from instances.options import OptionTable

__all__ = ["CompactColumns", "Pieces"]


@dataclasses.dataclass(frozen=True, eq=False)
class Pieces:
    """Unary columns of one resource: ``pair`` (row of the pairs) gets exactly ``count`` pieces; ``first`` column."""

    pair: Ints
    count: Ints
    first: int

    def __len__(self) -> int:
        return len(self.pair)

    @property
    def column(self) -> Ints:
        """[pieces] column indices."""
        return self.first + np.arange(len(self))


@dataclasses.dataclass(frozen=True, eq=False)
class CompactColumns:
    """x_o; y_s; device, air, run (parts of the deadline), send, clock (energy, in units) a user; blocks; units.

    Args:
        table: the options.
        pair_user, pair_server: [pairs] the users and servers that options join.
        pair_of: [options] row of its pair, −1 for local options.
        unit: [users] J of one unit of send and clock energy.
        blocks, units: unary columns.
    """

    table: OptionTable
    pair_user: Ints
    pair_server: Ints
    pair_of: Ints
    unit: Floats
    blocks: Pieces
    units: Pieces

    @classmethod
    def of(cls, table: OptionTable) -> Self:
        """Layout for a table."""
        remote = np.flatnonzero(~table.is_local)
        key = table.user[remote] * max(table.n_servers, 1) + table.server[remote]
        pairs, place = np.unique(key, return_inverse=True)
        pair_of = np.full(len(table), -1)
        pair_of[remote] = place.reshape(-1)
        server = pairs % max(table.n_servers, 1)
        largest = np.zeros(table.n_users)
        np.maximum.at(largest, table.user, table.weight[table.user] * (table.device_j + table.fixed_j))
        first = len(table) + table.n_servers + 5 * table.n_users
        blocks = _pieces(table.blocks[server], first)
        units = _pieces(table.units[server], first + len(blocks))
        return cls(table, pairs // max(table.n_servers, 1), server, pair_of, power_of_two(largest), blocks, units)

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return self.units.first + len(self.units)

    @property
    def on(self) -> int:
        """Column of y_0."""
        return len(self.table)

    def of_users(self, kind: str) -> Ints:
        """[users] columns of ``device``, ``air``, ``run``, ``send`` or ``clock``."""
        k = ("device", "air", "run", "send", "clock").index(kind)
        return self.on + self.table.n_servers + k * self.table.n_users + np.arange(self.table.n_users)

    @property
    def integer(self) -> Bools:
        """[columns] all but times and energies."""
        flags = np.ones(self.n_columns, dtype=bool)
        flags[self.of_users("device")[:1].min(initial=self.n_columns) : self.blocks.first] = False
        return flags

    def name(self, k: int) -> str:
        """Name of a column, as in the Pyomo statement."""
        n_users, at = self.table.n_users, k - self.on - self.table.n_servers
        if k < self.on:
            return f"x[{k}]"
        if at < 0:
            return f"on[{k - self.on}]"
        if at < 5 * n_users:
            return f"{('device', 'air', 'run', 'send', 'clock')[at // n_users]}[{at % n_users}]"
        pieces, word = (self.blocks, "blocks") if k < self.units.first else (self.units, "units")
        p = int(pieces.pair[k - pieces.first])
        return f"{word}[{self.pair_user[p]},{self.pair_server[p]},{pieces.count[k - pieces.first]}]"


def _pieces(most: Ints, first: int) -> Pieces:
    pair = np.repeat(np.arange(len(most)), most)
    count = np.arange(len(pair)) - np.repeat(np.cumsum(most) - most, most) + 1
    return Pieces(pair, count, first)
