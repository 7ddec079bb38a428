"""What each server could serve, and the best set of it: a multiple-choice knapsack with two resources.

A server has whole blocks and units; each user takes at most one of its columns there. The best set by dynamic
programming over (blocks, units), one user after the other (Kellerer, Pferschy and Pisinger, Knapsack Problems, 2004,
section 11.5); columns that cannot be in it, by the bound of two prices, are left out first.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Bools, Floats, Ints
from instances.options import LOCAL

__all__ = ["Packed", "Stand", "stands_of"]

_STEPS = 12
"""Of the prices of one server, at most."""
_EACH = 4
"""Columns of every user that are looked at first."""
_ROUNDING = 1e-12


@dataclasses.dataclass(frozen=True, eq=False)
class Packed:
    """``least`` value of a set (0: the empty one) and ``columns`` of it, in growing order."""

    least: float
    columns: Ints


class Stand:
    """The columns of one server, sorted by user.

    Args:
        pieces: blocks and units that the server has.
        column: [k] numbers of its columns. user, blocks, units: [k], sorted by user.
    """

    def __init__(self, pieces: tuple[int, int], column: Ints, user: Ints, blocks: Ints, units: Ints) -> None:
        self.column, self.user, self.blocks, self.units = column, user, blocks, units
        self.pieces = pieces
        self._part = np.stack([blocks / pieces[0], units / pieces[1]]) if len(column) else np.zeros((2, 0))
        self._start = np.flatnonzero(np.diff(user, prepend=-1))
        self._of = np.repeat(np.arange(len(self._start)), np.diff(np.append(self._start, len(user))))
        self._price = np.zeros(2)
        self._smallest = np.zeros(len(column), dtype=bool)
        size = np.lexsort((self._part.sum(axis=0), self._of))
        self._smallest[size[self._start]] = True

    @property
    def price_j(self) -> Floats:
        """[2] of all blocks and of all units, as they were last found."""
        return self._price

    def pack(self, value: Floats) -> Packed:
        """The set of least total value that fits; exact.

        Args:
            value: [all columns] of what it adds; only negative ones are ever taken.
        """
        worth = value[self.column]
        good = worth < 0
        if not good.any():
            return Packed(0.0, self.column[:0])
        least, excess = self._relaxed(worth)
        kept = self._few(excess, good)
        while True:
            taken = self._taken(worth, kept)
            total = float(worth[taken].sum())
            # A set with any column left out is worth more than this one.
            needed = (excess <= (total - least) * (1 + 1e-9)) & good
            if not (needed & ~kept).any():
                return Packed(total, np.sort(self.column[taken]))
            kept |= needed

    def guess(self, value: Floats) -> Packed:
        """A good set, of the few columns that prices favour; see `pack`."""
        worth = value[self.column]
        good = worth < 0
        if not good.any():
            return Packed(0.0, self.column[:0])
        _, excess = self._relaxed(worth)
        taken = self._taken(worth, self._few(excess, good))
        return Packed(float(worth[taken].sum()), np.sort(self.column[taken]))

    def _few(self, excess: Floats, good: Bools) -> Bools:
        """[k] of the good ones those of least excess of every user, and its smallest."""
        order = np.lexsort((excess, self._of))
        rank = np.arange(len(order)) - self._start[self._of[order]]
        kept = self._smallest.copy()
        kept[order[rank < _EACH]] = True
        return kept & good

    def _relaxed(self, worth: Floats) -> tuple[float, Floats]:
        """A bound at good prices, and [k] by how much sets with a column exceed it at least."""
        best, excess, price, target = -np.inf, worth, self._price, np.inf
        for _ in range(_STEPS):
            dear = worth + price @ self._part
            least = np.minimum(np.minimum.reduceat(dear, self._start), 0.0)
            value = float(least.sum() - price.sum())
            if value > best:
                best, excess, self._price = value, dear - least[self._of], price
            slope = self._part[:, dear <= np.minimum(least[self._of], -_ROUNDING)].sum(axis=1) - 1
            slope[(price <= 0) & (slope < 0)] = 0.0
            size = float(slope @ slope)
            if size < 1e-12:
                break
            if np.isinf(target):
                target = self._greedy(worth, dear)
            # Polyak's step, towards what some set reaches: that is above every bound.
            price = np.maximum(price + max(target - value, 0.0) / size * slope, 0.0)
        return best, excess

    def _greedy(self, worth: Floats, dear: Floats) -> float:
        """Value of a set: users' best columns at the prices, those of least value a part first, while they fit."""
        order = np.argsort(dear, kind="stable")
        first = order[np.unique(self._of[order], return_index=True)[1]]
        first = first[(worth[first] < 0) & (dear[first] < 0)]
        first = first[np.argsort(worth[first] / (self._part[:, first].sum(axis=0) + 1e-9))]
        room = np.cumsum(self._part[:, first], axis=1)
        fits = (room <= 1 + 1e-9).all(axis=0)
        return float(worth[first[fits]].sum())

    def _taken(self, worth: Floats, kept: Bools) -> Ints:
        """Places of the columns of the best set among some."""
        rows = np.flatnonzero(kept)
        first = np.flatnonzero(np.diff(self.user[rows], prepend=-1))
        n_blocks, n_units = self.pieces
        table = np.zeros((len(first) + 1, n_blocks + 1, n_units + 1))
        ends = np.append(first[1:], len(rows))
        for k, (start, end) in enumerate(zip(first.tolist(), ends.tolist(), strict=True)):
            before, now = table[k], table[k + 1]
            now[:] = before
            for j in rows[start:end].tolist():
                b, m = self.blocks[j], self.units[j]
                target = now[b:, m:]
                np.minimum(target, before[: n_blocks + 1 - b, : n_units + 1 - m] + worth[j], out=target)
        return self._traced(table, worth, rows, first, ends)

    def _traced(self, table: Floats, worth: Floats, rows: Ints, first: Ints, ends: Ints) -> Ints:
        b, m = self.pieces
        taken: list[int] = []
        for k in range(len(first) - 1, -1, -1):
            if table[k + 1, b, m] == table[k, b, m]:
                continue
            for j in rows[first[k] : ends[k]].tolist():
                p, q = b - int(self.blocks[j]), m - int(self.units[j])
                if p >= 0 and q >= 0 and table[k, p, q] + worth[j] == table[k + 1, b, m]:
                    taken.append(j)
                    b, m = p, q
                    break
        return np.array(taken[::-1], dtype=np.int64)


def stands_of(pieces: Ints, server: Ints, user: Ints, blocks: Ints, units: Ints) -> list[Stand]:
    """One for each server.

    Args:
        pieces: [2, n_servers] blocks and units there are.
        server, user, blocks, units: [columns]; columns without a server are in none.
    """
    order = np.lexsort((user, server))
    order = order[server[order] != LOCAL]
    edges = np.searchsorted(server[order], np.arange(pieces.shape[1] + 1))
    stands = []
    for s in range(pieces.shape[1]):
        mine = order[edges[s] : edges[s + 1]]
        whole = int(pieces[0, s]), int(pieces[1, s])
        stands.append(Stand(whole, mine, user[mine], blocks[mine], units[mine]))
    return stands
