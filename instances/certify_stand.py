"""One server for the certifier of payments: what sets of users there are worth, in whole numbers.

Costs and payments are multiples of one small amount (`instances.certify_payments`), so that sums and comparisons of
them are exact.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools

import numpy as np

from instances.columns import Bools, Ints
from instances.errors import TooMuchError

__all__ = ["MOST_USERS", "Sets", "Stand"]

MOST_USERS = 28
"""Of whom all sets are looked at."""
MOST_SETS = 20_000_000
_FIRST_PART = 64


@dataclasses.dataclass(frozen=True, eq=False)
class Sets:
    """[sets] ``members``: bit k is the stand's k-th user; ``value``: least sum of gains with static energy, growing."""

    members: Ints
    value: Ints


@dataclasses.dataclass(frozen=True, eq=False)
class Stand:
    """The columns of one server, sorted by user.

    ``user`` [columns]; ``blocks``, ``units`` whole numbers; ``gain``: cost less what the user pays. ``room``: blocks
    and units that the server has. ``static``: what it costs to be on.
    """

    user: Ints
    blocks: Ints
    units: Ints
    gain: Ints
    room: tuple[int, int]
    static: int

    @functools.cached_property
    def users(self) -> Ints:
        """Who has a column here, in growing order."""
        return np.unique(self.user)

    def least(self, per_block: int, per_unit: int) -> int:
        """Least sum of gains of a set that fits; 0 for none. Exact whatever the prices ≥ 0 (docs/theory.md, P36c)."""
        rows = np.flatnonzero(self.gain < 0)
        if not len(rows):
            return 0
        user, gain = self.user[rows], self.gain[rows]
        priced = gain + per_block * self.blocks[rows] + per_unit * self.units[rows]
        start = np.flatnonzero(np.diff(user, prepend=-1))
        best = np.minimum(np.minimum.reduceat(priced, start), 0)
        beyond = priced - np.repeat(best, np.diff(np.append(start, len(rows))))
        bound = int(best.sum()) - per_block * self.room[0] - per_unit * self.room[1]
        enough = -bound // _FIRST_PART
        while True:
            value = self._packed(rows[beyond <= enough])
            # No set with a column that was left out is better than one of this value.
            if value - bound <= enough:
                return value
            enough = value - bound

    def _packed(self, rows: Ints) -> int:
        """Least sum of gains over some columns, by dynamic programming over blocks and units."""
        blocks, units = self.room
        table = np.zeros((blocks + 1, units + 1), dtype=np.int64)
        edges = np.append(np.flatnonzero(np.diff(self.user[rows], prepend=-1)), len(rows)).tolist()
        for first, last in itertools.pairwise(edges):
            before = table.copy()
            for k in rows[first:last].tolist():
                b, m = int(self.blocks[k]), int(self.units[k])
                if b <= blocks and m <= units:
                    cells = table[b:, m:]
                    np.minimum(cells, before[: blocks + 1 - b, : units + 1 - m] + self.gain[k], out=cells)
        return int(table[-1, -1])

    def sets(self, ceiling: int) -> Sets:
        """All sets, the empty one too, of a value up to ``ceiling``.

        Raises:
            TooMuchError: users or sets.
        """
        users = self.users
        if len(users) > MOST_USERS:
            raise TooMuchError("certificate.parts", f"hold a server that {len(users)} users reach",
                             f"sets of more than {MOST_USERS} are too many to check")  # fmt: skip
        half = len(users) // 2
        one, of_one = self._tables(range(half))
        two, of_two = self._tables(range(half, len(users)))
        # What one half leaves of blocks and units is for the other.
        rest = np.ascontiguousarray(of_two[:, ::-1, ::-1].reshape(len(two), -1).T)
        alone = of_two[:, -1, -1]
        members, values, count = [np.zeros(1, dtype=np.int64)], [np.zeros(1, dtype=np.int64)], 1
        for k in range(len(one)):
            far = int(np.searchsorted(alone, ceiling - self.static - of_one[k, -1, -1], side="right"))
            cells = np.flatnonzero(_steps(of_one[k]))
            value = (rest[cells, :far] + of_one[k].reshape(-1)[cells, None]).min(axis=0) + self.static
            good = np.flatnonzero((value <= ceiling) & ((one[k] | two[:far]) != 0))
            members.append(one[k] | two[good])
            values.append(value[good])
            count += len(good)
            if count > MOST_SETS:
                raise TooMuchError("certificate.parts", f"leave more than {MOST_SETS} sets of users at a server")
        found, value = np.concatenate(members), np.concatenate(values)
        order = np.argsort(value, kind="stable")
        order = order[value[order] <= ceiling]
        return Sets(found[order], value[order])

    def _tables(self, users: range) -> tuple[Ints, Ints]:
        """Sets of some users that fit, and [sets, blocks + 1, units + 1] their least gains with so many pieces."""
        start = np.searchsorted(self.user, np.append(self.users, np.iinfo(np.int64).max))
        shape = self.room[0] + 1, self.room[1] + 1
        sets, tables = np.zeros(1, dtype=np.int64), np.zeros((1, *shape), dtype=np.int64)
        for k in users:
            more = np.full_like(tables, NEVER)
            for j in range(start[k], start[k + 1]):
                b, m = int(self.blocks[j]), int(self.units[j])
                if b < shape[0] and m < shape[1]:
                    cells = more[:, b:, m:]
                    np.minimum(cells, tables[:, : shape[0] - b, : shape[1] - m] + self.gain[j], out=cells)
            fits = more[:, -1, -1] < NEVER // 2
            sets, tables = np.concatenate([sets, sets[fits] | (1 << k)]), np.concatenate([tables, more[fits]])
        order = np.argsort(tables[:, -1, -1], kind="stable")
        return sets[order], tables[order]


NEVER = 2**58
"""In place of what cannot be; more than any sum that can."""


def _steps(table: Ints) -> Bools:
    """[cells] where one block or unit less costs more: dividing the pieces anywhere else is no better."""
    edge = table < NEVER // 2
    edge[1:] &= table[1:] < table[:-1]
    edge[:, 1:] &= table[:, 1:] < table[:, :-1]
    return np.asarray(edge.reshape(-1))
