"""Repair: from any choice to one that fits, giving up the least regret for each unit of overload that goes away.

Overload is what the loads of the servers exceed 1 by. While some server is overloaded, one of the options on the
worst is exchanged for another of the same user; when no exchange lowers the overload, the least harmful one is made
and the user is held for a few steps (tabu search, Glover 1989), so that chains of exchanges are found too.
"""

from __future__ import annotations

import numpy as np

from instances.columns import Floats, Ints
from instances.options import LOCAL
from solvers.answer import Clock
from solvers.heuristics.situation import ROOM, Situation

__all__ = ["repair"]

_SHRINK = 0.98
_LEAST_CAP = 0.3


def repair(situation: Situation, chosen: Ints, cost_j: Floats, *, rng: np.random.Generator, clock: Clock,
           max_steps: int | None = None) -> Ints | None:  # fmt: skip
    """Choice that fits, near ``chosen``; None when none was found.

    Args:
        situation: the options.
        chosen: [n_users] one usable option each.
        cost_j: [n_options] what the regret of an exchange is reckoned with.
        rng: breaks ties and holds users for random times.
        clock: of the time limit.
        max_steps: exchanges to make at most.
    """
    return _Repair(situation, chosen, cost_j, rng).run(clock, 60 + 4 * len(chosen) if max_steps is None else max_steps)


class _Repair:
    def __init__(self, situation: Situation, chosen: Ints, cost_j: Floats, rng: np.random.Generator) -> None:
        self.situation, self.rng = situation, rng
        self.cost = cost_j
        self.chosen = np.array(chosen, dtype=np.int64)
        self.sums = situation.sums(self.chosen)
        # What a server may be loaded to; lowered where the allocation fails although the load is at most 1.
        self.cap = np.ones(situation.table.n_servers + 1)
        self.held_until = np.zeros(len(self.chosen), dtype=np.int64)
        self.least = np.inf

    def run(self, clock: Clock, steps: int) -> Ints | None:
        for step in range(steps):
            excess = self._excess(self.sums)
            total = float(excess.sum())
            if total <= 0:
                if self._settles():
                    return self.chosen
                self.least = np.inf
                continue
            if clock.left_s <= 0 or not self._exchange(int(np.argmax(excess)), excess, step):
                return None
        return None

    def _excess(self, sums: Floats, server: Ints | slice = slice(None)) -> Floats:
        """What the loads of servers exceed their caps by; 0 within rounding."""
        over = self.situation.levels(sums) / self.cap[server] - 1
        return np.where(over <= ROOM - 1, 0.0, over)

    def _settles(self) -> bool:
        """Whether shares exist; where not, lowers the caps."""
        groups = self.situation.groups_of(self.chosen)
        failed = [g[0] for g, cost in zip(groups, self.situation.groups.costs(groups), strict=True) if np.isinf(cost)]
        levels = self.situation.levels(self.sums)
        for server in failed:
            self.cap[server] = max(_LEAST_CAP, _SHRINK * min(self.cap[server], float(levels[server])))
        return not failed

    def _exchange(self, worst: int, excess: Floats, step: int) -> bool:
        """Exchange one option on the worst server; False when there is nothing to exchange."""
        rows, change = self._candidates(worst, excess)
        held = self.held_until[self.situation.table.user[rows]] > step
        allowed = ~held | (excess.sum() + change < self.least - 1e-12)
        if not allowed.any():
            # Everybody is held: let the one go that was held first.
            if not len(rows):
                return False
            allowed = np.ones(len(rows), dtype=bool)
        rows, change = rows[allowed], change[allowed]
        regret = self.cost[rows] - self.cost[self.chosen[self.situation.table.user[rows]]]
        self._apply(int(rows[self._best(change, regret)]), step)
        self.least = min(self.least, float(self._excess(self.sums).sum()))
        return True

    def _candidates(self, worst: int, excess: Floats) -> tuple[Ints, Floats]:
        """Options that users of the worst server could exchange theirs for, and how the overload changes."""
        table = self.situation.table
        members = np.flatnonzero(table.server[self.chosen] == worst)
        rows = self.situation.rows_of(members)
        rows = rows[self.chosen[table.user[rows]] != rows]
        terms, to = self.situation.terms, table.server[rows]
        left = self.sums[worst] - terms[self.chosen[table.user[rows]]]
        after = np.where((to == worst)[:, None], left, self.sums[to]) + terms[rows]
        change = np.where(to == LOCAL, 0.0, self._excess(after, to) - excess[to])
        change += np.where(to == worst, 0.0, self._excess(left, np.full(len(rows), worst)) - excess[worst])
        return rows, change

    def _best(self, change: Floats, regret: Floats) -> int:
        """Least regret a unit of relief; without relief, least harm."""
        relief = np.maximum(-change, 0.0)
        if (relief > 1e-12).any():
            # A gain (negative regret) is worth the more the more relief comes with it.
            per_unit = np.where(regret > 0, regret / np.maximum(relief, 1e-12), regret * relief)
            return int(np.lexsort((regret, np.where(relief > 1e-12, per_unit, np.inf)))[0])
        jitter = self.rng.random(len(change)) * 1e-9
        return int(np.argmin(change + jitter))

    def _apply(self, option: int, step: int) -> None:
        table, terms = self.situation.table, self.situation.terms
        user = int(table.user[option])
        old = int(self.chosen[user])
        self.chosen[user] = option
        for server in {int(table.server[old]), int(table.server[option])} - {LOCAL}:
            # Added up afresh: differences would leave rounding behind.
            self.sums[server] = terms[self.chosen[table.server[self.chosen] == server]].sum(axis=0)
        tenure = 1 + len(self.chosen) // 8 + int(self.rng.integers(0, 3))
        self.held_until[user] = step + 1 + tenure
