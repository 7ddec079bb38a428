"""All that one server may do at given payments: every set of users worth looking at, with the least cost of just it.

A set's *excess* is its cost (with the server's static energy) less what its users pay, over the least such value, that
of no users at all counted. The users are dealt into two halves; for every subset of a half, the least cost with at
most so many blocks and units comes from dynamic programming; a set of both is the best division of the pieces between
its two halves (meeting in the middle: Horowitz and Sahni, Journal of the ACM 1974).

A set to which a user could be added at no loss, whatever happens to that user otherwise, is only worth looking at when
the user has been served already; else the larger set is as good (docs/theory.md, P41c). Where there is room for
everybody this leaves few of the many sets that cost the same.
"""

from __future__ import annotations

import math

import numpy as np

from instances.columns import Bools, Floats, Ints
from solvers.answer import Clock, Limits
from solvers.patterns.stands import Stand

__all__ = ["Choice", "LateError", "TooWideError"]

_ROUNDING = 1e-12
_WIDER = 2.0
_AT_ONCE = 32
"""Tables that fit a processor's cache together."""


class TooWideError(Exception):
    """More sets or states than are worth looking at."""


class LateError(Exception):
    """No time is left: what was begun is not to be used."""


class Choice:
    """One server.

    ``users`` [k]: who reaches it, in growing order; bit j of a set is ``users[j]``. ``least_j`` ≤ 0: value of the best
    set.

    Args:
        stand: the server's columns.
        worth: [columns of the stand] cost less the user's payment, J. static_j: what it costs to be on.
        regret: [k] J that serving a user here may lose over serving it later, at most.
        fresh: [k] users whom no earlier server reaches.
        width: J of excess up to which sets are looked for at first. most: users beyond which a server is too much.
        clock: its limit ends every look.

    Raises:
        TooWideError: too many users. LateError: no time is left; `sets` raises it too, and can be asked again.
    """

    def __init__(
        self, stand: Stand, worth: Floats, static_j: float, regret: Floats, fresh: Bools, width: float, most: int,
        clock: Clock | None = None,
    ) -> None:  # fmt: skip
        self._stand, self._worth, self._static, self._regret = stand, worth, static_j, regret
        self._clock = clock or Clock(Limits())
        self.users = np.unique(stand.user)
        if len(self.users) > most:
            raise TooWideError
        self._fresh = sum(1 << k for k in np.flatnonzero(fresh).tolist())
        self._start = np.searchsorted(stand.user, np.append(self.users, self.users[-1:] + 1))
        self._slack = _ROUNDING * (1.0 + float(np.abs(worth[worth < 0]).sum()) + static_j)
        self._sets, self._free, self._over = *(np.zeros(0, dtype=np.int64),) * 2, np.zeros(0)
        self.least_j = self._look(width)

    def sets(self, width: float) -> tuple[Ints, Ints, Floats]:
        """Sets (bits) of an excess up to ``width``, the users without whom they are not worth it unless served already
        (bits), and their excess; least excess first."""
        if width > self._width:
            self._look(max(width, _WIDER * self._width))
        count = int(np.searchsorted(self._over, width + self._slack, side="right"))
        return self._sets[:count], self._free[:count], self._over[:count]

    def best(self, count: int) -> tuple[Ints, Ints, Floats]:
        """So many sets of least excess, as far as they are known; see `sets`."""
        return self._sets[:count], self._free[:count], self._over[:count]

    def _look(self, width: float) -> float:
        """Find the sets up to some excess; the least value of all."""
        sets, value, all_there_are = self._valued(width)
        least = min(0.0, float(value.min(initial=0.0)))
        sets, over = np.append(sets, 0), np.append(value - least, -least)
        free = self._freely(sets, over)
        useful = np.flatnonzero((free & self._fresh) == 0)
        order = useful[np.argsort(over[useful], kind="stable")]
        self._sets, self._free, self._over = sets[order], free[order], over[order]
        self._width = math.inf if all_there_are else width
        return least

    def _in_time(self) -> None:
        if self._clock.left_s <= 0:
            raise LateError

    def _freely(self, sets: Ints, over: Floats) -> Ints:
        """[sets] who could be added to each at no loss (bits)."""
        order = np.argsort(sets)
        known, value, free = sets[order], over[order], np.zeros(len(sets), dtype=np.int64)
        for k in range(len(self.users)):
            self._in_time()
            without = np.flatnonzero((sets >> k & 1) == 0)
            larger = sets[without] | (1 << k)
            at = np.minimum(np.searchsorted(known, larger), len(known) - 1)
            better = (known[at] == larger) & (value[at] + self._regret[k] <= over[without])
            free[without[better]] |= 1 << k
        return free

    def columns(self, members: int) -> Ints:
        """Places, in the stand, of the cheapest columns with which exactly these users are served."""
        inside = [k for k in range(len(self.users)) if members >> k & 1]
        blocks, units = self._stand.pieces
        tables = [np.zeros((blocks + 1, units + 1))]
        for k in inside:
            tables.append(self._served(tables[-1][None], k)[0])
        taken: list[int] = []
        b, m = blocks, units
        for place, k in zip(range(len(inside), 0, -1), reversed(inside), strict=True):
            for j in range(self._start[k], self._start[k + 1]):
                p, q = b - int(self._stand.blocks[j]), m - int(self._stand.units[j])
                if p >= 0 and q >= 0 and tables[place - 1][p, q] + self._worth[j] == tables[place][b, m]:
                    taken.append(j)
                    b, m = p, q
                    break
        return np.array(taken, dtype=np.int64)

    def _served(self, tables: Floats, k: int) -> Floats:
        """[sets, blocks + 1, units + 1] least value once one more user is served, with at most so many pieces."""
        found = np.full_like(tables, np.inf)
        n_blocks, n_units = tables.shape[1:]
        for first in range(0, len(tables), _AT_ONCE):
            source, target = tables[first : first + _AT_ONCE], found[first : first + _AT_ONCE]
            for j in range(self._start[k], self._start[k + 1]):
                b, m = int(self._stand.blocks[j]), int(self._stand.units[j])
                cells = target[:, b:, m:]
                np.minimum(cells, source[:, : n_blocks - b, : n_units - m] + self._worth[j], out=cells)
        return found

    def _half(self, users: range) -> tuple[Ints, Floats]:
        """Sets of some of the users that fit, cheapest first, and [sets, blocks + 1, units + 1] their tables."""
        blocks, units = self._stand.pieces
        sets, tables = np.zeros(1, dtype=np.int64), np.zeros((1, blocks + 1, units + 1))
        for k in users:
            self._in_time()
            more = self._served(tables, k)
            fit = np.isfinite(more[:, -1, -1])
            sets = np.concatenate([sets, sets[fit] | (1 << k)])
            tables = np.concatenate([tables, more[fit]])
        order = np.argsort(tables[:, -1, -1], kind="stable")
        return sets[order], tables[order]

    def _valued(self, width: float) -> tuple[Ints, Floats, bool]:
        """Sets of users (not the empty one), their values, static energy counted, and whether there are no others."""
        middle = len(self.users) // 2
        sets, tables = self._half(range(middle))
        others, rest = self._half(range(middle, len(self.users)))
        # What one half leaves is for the other.
        left = np.ascontiguousarray(rest[:, ::-1, ::-1].reshape(len(others), -1).T)
        alone, apart = tables[:, -1, -1], rest[:, -1, -1]
        found: list[Ints] = [np.zeros(0, dtype=np.int64)]
        values: list[Floats] = [np.zeros(0)]
        least, complete = 0.0, True
        for k in range(len(sets)):
            self._in_time()
            enough = least + width + self._slack - self._static  # the least only falls
            count = int(np.searchsorted(apart, enough - alone[k], side="right"))
            useful = np.flatnonzero(_corners(tables[k]))
            value = (left[useful, :count] + tables[k].reshape(-1)[useful, None]).min(axis=0)
            least = min(least, float(value.min(initial=0.0)) + self._static)
            fits = np.flatnonzero(value <= enough)
            complete &= count + np.isinf(apart).sum() == len(others) and bool(np.isinf(np.delete(value, fits)).all())
            found.append(sets[k] | others[fits])
            values.append(value[fits])
        both, value = np.concatenate(found), np.concatenate(values) + self._static
        some = (both != 0) & (value <= least + width + self._slack)
        return both[some], value[some], complete and bool((some | (both == 0)).all())


def _corners(table: Floats) -> Bools:
    """[cells] where fewer blocks or units would cost more: the best division has one of them on this side."""
    corner = np.isfinite(table)
    corner[1:] &= table[1:] < table[:-1]
    corner[:, 1:] &= table[:, 1:] < table[:, :-1]
    return corner.reshape(-1)
