"""Columns of the units model: (option, blocks, units) with what they cost; only those that can matter."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator

import numpy as np

from instances.columns import Bools, Floats, Ints
from instances.errors import InputError
from instances.options import LOCAL, OptionTable
from instances.stocks import Layer, layers, stocks_bind

__all__ = ["Part", "UnitColumns", "column_parts", "join_columns", "list_columns"]


@dataclasses.dataclass(frozen=True, eq=False)
class UnitColumns:
    """[columns] each: ``option`` (row of the table), ``blocks`` b, ``units`` m, ``cost_j`` (weighted J), ``user``,
    ``server``.
    """  # fmt: skip

    option: Ints
    blocks: Ints
    units: Ints
    cost_j: Floats
    user: Ints
    server: Ints

    def __len__(self) -> int:
        return len(self.option)


MOST_CELLS = 20_000_000
"""Columns of one user and server that are looked at together; beyond it, memory and time run out."""


def list_columns(table: OptionTable) -> UnitColumns:
    """All columns that a best plan can need, sorted by user, then server.

    Of the columns of one user and server, one that takes no fewer blocks, units, megabytes and joules (of stocks that
    can run out at all) than another and costs no less is dropped; so is one that costs no less than running locally,
    which takes nothing. Swapping a dropped column for the one that beats it keeps a plan feasible and makes it
    no dearer; as dominance is transitive and ties are broken by order, what beats it is kept.
    """
    return join_columns(table, column_parts(table))


Part = tuple[Ints, Ints, Ints, Floats]
"""Options, blocks, units and J of the columns of one user and server."""


def column_parts(table: OptionTable) -> Iterator[Part]:
    """The columns of one user and server after the other, for whoever may have to stop on the way."""
    binds, stock = stocks_bind(table), table.stock
    for first, last in _groups(table):
        if table.server[first] == LOCAL:
            yield _local(table, np.arange(first, last))
        else:
            taken = np.where(binds[table.server[first]], stock[first:last], 0.0)
            yield _remote(table, np.arange(first, last), taken)


def join_columns(table: OptionTable, found: Iterable[Part]) -> UnitColumns:
    """All parts of a table as one list."""
    parts = list(found)
    if not parts:
        nothing = np.zeros(0, dtype=np.int64)
        return UnitColumns(nothing, nothing, nothing, np.zeros(0), nothing, nothing)
    option, blocks, units = (np.concatenate([p[k] for p in parts]).astype(np.int64) for k in range(3))
    cost = np.concatenate([p[3] for p in parts])
    return UnitColumns(option, blocks, units, cost, table.user[option], table.server[option])


def _groups(table: OptionTable) -> list[tuple[int, int]]:
    """Row ranges of equal (user, server)."""
    change = np.flatnonzero((np.diff(table.user) != 0) | (np.diff(table.server) != 0)) + 1
    edges = np.concatenate([[0], change, [len(table)]])
    return [(int(a), int(b)) for a, b in itertools.pairwise(edges) if b > a]


def _local(table: OptionTable, rows: Ints) -> Part:
    cost = table.cost_j(rows=rows)
    best = np.argmin(cost)
    kept = rows[[best]] if np.isfinite(cost[best]) else rows[:0]
    nothing = np.zeros(len(kept), dtype=np.int64)
    return kept, nothing, nothing, cost[[best]][: len(kept)]


def _remote(table: OptionTable, rows: Ints, taken: Floats) -> Part:
    server = int(table.server[rows[0]])
    # Zero pieces are enough for an option that needs none of the resource; nobody else can use them.
    b = np.arange(0 if (table.uplink_mhz_s[rows] == 0).any() else 1, table.blocks[server] + 1)
    m = np.arange(0 if (table.server_s[rows] == 0).any() else 1, table.units[server] + 1)
    cells = len(b) * len(m) * len(rows)
    if cells > MOST_CELLS:
        raise InputError(
            "servers.blocks, servers.units",
            f"{len(b)} × {len(m)} pieces for {len(rows)} options of one user make {cells:.3g} columns",
            f"more than {MOST_CELLS:.0e}",
            "fewer pieces, or continuous allocation",
        )
    beta, phi = b / table.blocks[server], m / table.units[server]
    with np.errstate(invalid="ignore"):  # no share, no transmit power: 0 · inf, thrown out as infeasible
        cost = table.cost_j(beta[:, None, None], phi[:, None], rows)
    found = list(layers(taken))
    best, which = _best_of_layers(cost, found)
    keep = _undominated(best, _local_cost(table, int(table.user[rows[0]])), found)
    at_b, at_m, layer = np.nonzero(keep)
    return rows[which[at_b, at_m, layer]], b[at_b], m[at_m], best[at_b, at_m, layer]


def _local_cost(table: OptionTable, user: int) -> float:
    first, last = np.searchsorted(table.user, [user, user + 1])
    rows = np.arange(first, last)
    rows = rows[table.server[rows] == LOCAL]
    return float(table.cost_j(rows=rows).min(initial=np.inf))


def _best_of_layers(cost: Floats, found: list[Layer]) -> tuple[Floats, Ints]:
    """[blocks, units, layers] least cost among the options of each layer, and which option it is."""
    which = np.stack([layer.rows[np.argmin(cost[..., layer.rows], axis=-1)] for layer in found], axis=-1)
    return np.take_along_axis(cost, which, axis=-1), which


def _undominated(best: Floats, local: float, found: list[Layer]) -> Bools:
    """Cells cheaper than every cell with no more blocks, units and stocks, and than running locally."""
    least = np.minimum(best, local)
    keep = best < local
    for k, layer in enumerate(found):
        for axis in range(2):
            least[..., k] = np.minimum.accumulate(least[..., k], axis=axis)
        for below in layer.below:
            keep[..., k] &= best[..., k] < least[..., below]
            least[..., k] = np.minimum(least[..., k], least[..., below])
    for axis in range(2):
        ahead = np.delete(least, -1, axis=axis)
        body = [slice(None)] * 3
        body[axis] = slice(1, None)
        keep[tuple(body)] &= best[tuple(body)] < ahead
    return np.asarray(keep)
