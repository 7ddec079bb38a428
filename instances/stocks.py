"""Stocks: resources of a server of which every option takes a fixed amount, such as memory and energy.

Unlike uplink and compute they are not shared out: they only have to suffice. A table's stocks are the columns of
`OptionTable.stock`; whatever compares or adds up one of them does so with all of them here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from instances.columns import Bools, Floats, Ints
from instances.options import OptionTable

__all__ = ["Layer", "layers", "stocks_bind"]


def stocks_bind(table: OptionTable) -> Bools:
    """[n_servers, stocks] whether a stock can run out at all (if every user took the most it can there)."""
    binds = np.zeros((table.n_servers, len(table.stocks)), dtype=bool)
    if not table.n_servers:
        return binds
    remote = np.flatnonzero(~table.is_local)
    group = table.user[remote] * table.n_servers + table.server[remote]
    keys, place = np.unique(group, return_inverse=True)
    for k, (taken, room) in enumerate(zip(table.stock.T, table.stock_room.T, strict=True)):
        largest = np.zeros(len(keys))
        np.maximum.at(largest, place.reshape(-1), taken[remote])
        binds[:, k] = np.bincount(keys % table.n_servers, weights=largest, minlength=table.n_servers) > room
    return binds


@dataclasses.dataclass(frozen=True, eq=False)
class Layer:
    """Options that take equal amounts of every stock.

    Args:
        rows: their places, in growing order.
        below: numbers of earlier layers that take no more of anything, the greatest such only (those between which
            and this one there is no other).
    """

    rows: Ints
    below: tuple[int, ...]


def layers(stock: Floats) -> Iterator[Layer]:
    """Options by what they take, no layer before one that takes no more; a chain where one stock orders them all.

    Args:
        stock: [n, stocks] what each option takes; columns that cannot run out should be 0.
    """
    order = np.lexsort((np.arange(len(stock)), *stock.T[::-1]))
    change = np.ones(len(order), dtype=bool)
    change[1:] = (np.diff(stock[order], axis=0) != 0).any(axis=1)
    starts = np.flatnonzero(change)
    amounts = stock[order[starts]]
    for k, (first, last) in enumerate(zip(starts, [*starts[1:], len(order)], strict=True)):
        less = np.flatnonzero((amounts[:k] <= amounts[k]).all(axis=1))
        yield Layer(order[first:last], tuple(less[_largest(amounts[less])].tolist()))


def _largest(amounts: Floats) -> Ints:
    """Places of the rows that no later row reaches in every column; rows grow from column to column."""
    if not len(amounts) or (amounts[-1] >= amounts).all():
        return np.arange(len(amounts))[-1:]
    reached = (amounts[None, :, :] >= amounts[:, None, :]).all(axis=2)
    return np.flatnonzero(~np.triu(reached, 1).any(axis=1))
