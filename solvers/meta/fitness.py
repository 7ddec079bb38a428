"""What a meta-heuristic sees: vectors of numbers, one for each user that has a choice, and what they are worth.

Number x of a user stands for the ⌊x⌋-th of its usable options, by server and then by cut. The worth of a vector is the
cost of that choice with the best shares; where a server is overloaded, more than any plan costs, and the more the more
it is overloaded. A whole population is priced in one allocation.
"""

from __future__ import annotations

import numpy as np

from instances.columns import Floats, Ints
from instances.options import LOCAL
from solvers.heuristics.incumbent import Incumbent
from solvers.heuristics.situation import ROOM, Situation

__all__ = ["Fitness", "Spent"]


class Spent(Exception):
    """The evaluations or the time are used up."""


class Fitness:
    """Prices vectors until the budget is spent, and offers the best plan to the incumbent.

    ``size``: numbers in a vector. ``choices`` [size]: how many options each stands for. ``used``: evaluations so far.
    ``fittest`` [n_users]: the choice of least worth.

    Args:
        situation: the options; every user has a usable one.
        incumbent: gets the plans.
        budget: evaluations to make at most.
    """

    def __init__(self, situation: Situation, incumbent: Incumbent, budget: int) -> None:
        self.situation, self.incumbent, self.budget = situation, incumbent, budget
        table = situation.table
        self._rows = np.flatnonzero(situation.usable)
        self._rows = self._rows[np.lexsort((self._rows, table.server[self._rows], table.user[self._rows]))]
        users = table.user[self._rows]
        self._first = np.searchsorted(users, np.arange(table.n_users))
        count = np.bincount(users, minlength=table.n_users).astype(np.int64)
        self._free = np.flatnonzero(count > 1)
        self.choices: Ints = count[self._free]
        most = np.zeros(table.n_users)
        np.maximum.at(most, users, situation.fair_j[self._rows])
        self._dear = 2.0 * float(most.sum() + situation.static_j.sum()) + 1e-9
        self.used, self.fittest, self._least = 0, self._rows[self._first], np.inf

    @property
    def size(self) -> int:
        """Numbers in a vector."""
        return len(self._free)

    def __call__(self, vectors: Floats) -> Floats:
        """[k] worth of vectors [k, size], J.

        Raises:
            Spent: the budget or the time is used up; what could still be priced has been.
        """
        left = self.budget - self.used
        if left <= 0 or self.incumbent.out_of_time:
            raise Spent
        chosen = self.decode(np.asarray(vectors)[:left])
        self.used += len(chosen)
        worth = self._worth(chosen)
        best = int(np.argmin(worth))
        if worth[best] < self._least:
            self.fittest, self._least = chosen[best], float(worth[best])
            if self._least < self._dear:
                self.incumbent.offer(self.fittest)
        self.incumbent.clock.report()
        if len(chosen) < len(vectors):
            raise Spent
        return worth

    def decode(self, vectors: Floats) -> Ints:
        """[k, n_users] options that vectors [k, size] stand for."""
        place = np.tile(self._first, (len(vectors), 1))
        place[:, self._free] += np.clip(np.floor(vectors).astype(np.int64), 0, self.choices - 1)
        return np.asarray(self._rows[place])

    def _worth(self, chosen: Ints) -> Floats:
        situation, table = self.situation, self.situation.table
        k, places = len(chosen), table.n_servers + 1
        server = table.server[chosen]
        at = np.arange(k)[:, None] * places + server + 1
        sums: Floats = np.zeros((k * places, situation.terms.shape[1]))
        np.add.at(sums, at.ravel(), situation.terms[chosen.ravel()])
        level = situation.levels(sums.reshape(k, places, -1)[:, 1:]) if table.n_servers else np.zeros((k, 0))
        over = np.where(level > ROOM, level - 1, 0.0).sum(axis=1)
        worth = self._dear * (1 + over)
        fits = np.flatnonzero(over == 0)
        groups = [situation.groups_of(choice) for choice in chosen[fits]]
        costs = situation.groups.costs([group for some in groups for group in some])
        owner = np.repeat(np.arange(len(fits)), [len(some) for some in groups])
        cost = np.bincount(owner, costs, len(fits)) + situation.local_j[chosen[fits]].sum(axis=1)
        on = np.zeros((len(fits), table.n_servers))
        rows, users = np.nonzero(server[fits] != LOCAL)
        on[rows, server[fits][rows, users]] = 1.0
        cost = cost + on @ situation.static_j
        worth[fits] = np.where(np.isfinite(cost), cost, worth[fits])
        return np.asarray(worth)
