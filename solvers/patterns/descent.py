"""Servers packed afresh, one after the other, each knowing what its users cost elsewhere.

A server that is packed takes users from others where that pays, and gives up users that others have room for. Users
that nobody serves cost a penalty, which grows as long as it takes (weighting of constraints that resist: Morris, AAAI
1993), so that chains of ejections come about.
"""

from __future__ import annotations

import collections
import math

import numpy as np

from instances.columns import Floats, Ints
from instances.options import LOCAL
from solvers.answer import Clock
from solvers.patterns.generation import Generation

__all__ = ["Descent"]

_NOBODY = -1
_EPS = 1e-9
_DEARER = 1.5


class Descent:
    """Where the search stands.

    ``held`` [n_users]: column of each user, −1: not served. ``best``, ``best_j``: the best with everybody served.

    Args:
        generation: columns and servers.
        held: to start from.
    """

    def __init__(self, generation: Generation, held: Ints) -> None:
        columns = generation.columns
        self.stands, self.static = generation.stands, generation.table.static_j
        self.user, self.server, self.cost = columns.user, columns.server, columns.cost_j
        self.blocks, self.units = columns.blocks, columns.units
        self.held, self.penalty = np.where(held >= 0, held, generation.held([])), generation.missing_j.copy()
        self._generation = generation
        self._of_user = np.argsort(columns.user, kind="stable")
        self._start = np.searchsorted(columns.user[self._of_user], np.arange(len(held) + 1))
        self._pieces = generation.pieces
        self.best: Ints | None = None
        self.best_j = math.inf
        self.packed = 0

    def run(self, most: int, clock: Clock) -> None:
        """Pack until nothing gains, raise penalties of users who are left, and so on; at most so many packings."""
        waiting = collections.deque(range(len(self.stands)))
        inside = np.ones(len(self.stands), dtype=bool)
        while self.packed < most and clock.left_s > 0:
            if not waiting:
                left = np.flatnonzero(self.held == _NOBODY)
                if not len(left):
                    break
                self.penalty[left] *= _DEARER
                for s in self._within_reach(left):
                    waiting.append(s)
                    inside[s] = True
                if not waiting:
                    break
            s = waiting.popleft()
            inside[s] = False
            self.packed += 1
            for t in self._pack(s):
                if not inside[t]:
                    inside[t] = True
                    waiting.append(t)
            self._note()

    def _note(self) -> None:
        total = self._generation.cost(self.held)
        if total < self.best_j:
            self.best, self.best_j = self.held.copy(), total

    def _within_reach(self, users: Ints) -> list[int]:
        rows = np.concatenate([self._of_user[self._start[i] : self._start[i + 1]] for i in users])
        reached = np.unique(self.server[rows])
        return [int(s) for s in reached if s != LOCAL]

    def _pack(self, s: int) -> list[int]:
        """Pack a server afresh if that gains; the servers that this changes."""
        held, there = self.held, np.where(self.held >= 0, self.server[self.held], LOCAL)
        elsewhere = np.where(held >= 0, self.cost[held], self.penalty)
        crowd = np.bincount(there + 1, minlength=len(self.stands) + 1)[1:]
        alone = (there != LOCAL) & (crowd[there] == 1)
        elsewhere[alone] += self.static[there[alone]]
        members = np.flatnonzero((there == s) & (held >= 0))
        refuge, where = self._refuges(s, members, there, crowd)
        elsewhere[members] = refuge
        stand = self.stands[s]
        found = stand.guess(self.cost - elsewhere[self.user])
        now = float((self.cost[held[members]] - refuge).sum()) + (self.static[s] if len(members) else 0.0)
        new = found.least + (self.static[s] if len(found.columns) else 0.0)
        if new >= now - _EPS * max(1.0, abs(now)):
            return []
        taken = self.user[found.columns]
        touched = set(there[taken].tolist()) | {s}
        held[members] = where
        gone = np.setdiff1d(members, taken)
        held[taken] = found.columns
        touched |= self._squeeze(gone)
        return sorted(touched - {LOCAL, s})

    def _spare(self, there: Ints) -> Ints:
        """[2, n_servers] pieces that nobody holds."""
        rows = self.held[there != LOCAL]
        at = there[there != LOCAL]
        n = self._pieces.shape[1]
        used = np.stack([np.bincount(at, amount[rows], n) for amount in (self.blocks, self.units)])
        return self._pieces - used.astype(np.int64)

    def _refuges(self, s: int, members: Ints, there: Ints, crowd: Ints) -> tuple[Floats, Ints]:
        """What members of a server would cost elsewhere at least, and the column there (−1: none)."""
        spare = self._spare(there)
        cost, column = self.penalty[members].copy(), np.full(len(members), _NOBODY)
        for k, i in enumerate(members.tolist()):
            rows = self._of_user[self._start[i] : self._start[i + 1]]
            to = self.server[rows]
            fits = (to == LOCAL) | (
                (to != s) & (self.blocks[rows] <= spare[0, to]) & (self.units[rows] <= spare[1, to])
            )
            rows, to = rows[fits], to[fits]
            total = self.cost[rows] + np.where((to != LOCAL) & (crowd[to] == 0), self.static[to], 0.0)
            if len(rows) and total.min() < cost[k]:
                cost[k], column[k] = total.min(), rows[np.argmin(total)]
        return cost, column

    def _squeeze(self, gone: Ints) -> set[int]:
        """Users that went elsewhere and do not fit there together are served by nobody."""
        changed: set[int] = set()
        for i in gone.tolist():
            if self.held[i] == _NOBODY:
                continue
            t = int(self.server[self.held[i]])
            changed.add(t)
            if t != LOCAL and (self._spare(np.where(self.held >= 0, self.server[self.held], LOCAL))[:, t] < 0).any():
                self.held[i] = _NOBODY
        return changed
