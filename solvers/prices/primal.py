"""A plan from prices: everybody's cheapest option, overloaded servers relieved at least regret, shares exact.

All steps treat all servers at once. Each round moves users off every overloaded server, those with the least regret
for each unit of load that goes away, to options that fit where they go; then shares are allocated exactly, and a
server where that fails although its load is at most 1 (memory or whole pieces) is treated as smaller from then on.
"""

from __future__ import annotations

import numpy as np

from formulations.program import Decision
from instances.columns import Bools, Floats, Ints
from instances.options import LOCAL
from solvers.allocation import allocate_any, load_of
from solvers.heuristics.loads import Loads
from solvers.prices.dual import Crowd, Point
from solvers.prices.favoured import first_by

__all__ = ["Rounding"]

_ROUNDS = 80
_SHRINK, _LEAST_CAP = 0.98, 0.3
_ROOM = 1 + 1e-9
_RELIEF = 1e-12


class Rounding:
    """Turns choices into plans, over the few options of each user that prices favour.

    ``rows``: [n] those options, as rows of the table, sorted; ``table``: of these only; ``value_j`` [n] what they cost
    at the prices, J.
    """

    def __init__(self, dual: Crowd, point: Point) -> None:
        favoured = dual.favoured(point)
        self.rows, self.table = favoured.rows, favoured.table
        loads = Loads(self.table)
        self._loads = loads
        alone = self.table.cost_j()
        level = loads.level(np.where(np.isfinite(loads.terms), loads.terms, 2.0))
        self.usable: Bools = np.isfinite(alone) & np.isfinite(loads.terms).all(axis=1) & (level <= _ROOM)
        self.terms: Floats = np.where(self.usable[:, None], loads.terms, 0.0)
        self.value_j: Floats = np.where(self.usable, favoured.value_j, np.inf)

    def fit(self, chosen: Ints) -> Decision | None:
        """Choice near ``chosen`` (rows of the full table) with its best shares; None when none was found."""
        now = self._usable_choice(np.searchsorted(self.rows, chosen))
        cap = np.ones(self.table.n_servers + 1)
        for _ in range(_ROUNDS):
            sums = self._sums(now)
            over = self._loads.level(sums) > cap * _ROOM
            if over.any():
                moved = self._relieve(now, sums, over, cap)
                if moved is None:
                    return None
                now = moved
                continue
            shares = allocate_any(self.table, now)
            failed = np.flatnonzero(~shares.feasible)
            if not len(failed):
                return Decision(self.rows[now], shares.uplink_share, shares.compute_share)
            cap[failed] = _SHRINK * np.minimum(cap[failed], self._loads.level(sums)[failed])
            if (cap < _LEAST_CAP).any():
                return None
        return None

    def _usable_choice(self, now: Ints) -> Ints:
        """The choice, with the cheapest usable option where it names one that cannot be used."""
        order = np.lexsort((self.value_j, self.table.user))
        cheapest = order[np.searchsorted(self.table.user[order], np.arange(self.table.n_users))]
        return np.where(self.usable[now], now, cheapest)

    def _sums(self, now: Ints) -> Floats:
        """[n_servers + 1, k] load terms by server; the last row, of local options, is 0."""
        server, n = self.table.server[now] + 1, self.table.n_servers + 1
        sums = np.stack([np.bincount(server, term, n) for term in self.terms[now].T], axis=1)
        return np.vstack([sums[1:], np.zeros((1, sums.shape[1]))])

    def _relieve(self, now: Ints, sums: Floats, over: Bools, cap: Floats) -> Ints | None:
        """The choice after one round of moves; None when no move helps."""
        table = self.table
        direction = _direction(sums, exact=table.allocation != "units")
        start = now[table.user]
        back, to = table.server[start], table.server
        rows = np.flatnonzero(over[back] & self.usable & (start != np.arange(len(table))))
        back, to, old = back[rows], to[rows], start[rows]
        gone = self.terms[old] - np.where((to == back)[:, None], self.terms[rows], 0.0)
        relief = np.einsum("nk,nk->n", gone, direction[back])
        fits = (to == back) | (to == LOCAL) | (self._loads.level(sums[to] + self.terms[rows]) <= cap[to])
        good = (relief > _RELIEF) & fits & np.isfinite(self.value_j[rows])
        rows, back, to, relief = rows[good], back[good], to[good], relief[good]
        if not len(rows):
            return None
        regret = self.value_j[rows] - self.value_j[now[table.user[rows]]]
        score = np.where(regret > 0, regret / relief, regret * relief)
        best = first_by(score, table.user[rows])
        rows, back, to, relief, score = rows[best], back[best], to[best], relief[best], score[best]
        excess = self._loads.level(sums) - cap
        kept = _needed(score, back, relief, excess)
        rows, back, to, score = rows[kept], back[kept], to[kept], score[kept]
        kept = self._room(rows, back, to, score, sums, cap)
        moved = now.copy()
        moved[table.user[rows[kept]]] = rows[kept]
        return moved

    def _room(self, rows: Ints, back: Ints, to: Ints, score: Floats, sums: Floats, cap: Floats) -> Ints:
        """Moves that fit together where they go, the best first; those within a server or to the device always do."""
        stays = (to == back) | (to == LOCAL)
        coming = np.flatnonzero(~stays)
        coming = coming[np.lexsort((score[coming], to[coming]))]
        added = _running(self.terms[rows[coming]], to[coming])
        fits = self._loads.level(sums[to[coming]] + added) <= cap[to[coming]]
        return np.concatenate([np.flatnonzero(stays), coming[fits]])


def _direction(sums: Floats, *, exact: bool) -> Floats:
    """[n_servers + 1, k] d with d · sums = load: how much each term matters where the server is overloaded."""
    if not exact:
        return np.asarray(np.eye(sums.shape[1])[np.argmax(sums, axis=1)])
    air, both, run = sums[:, :3].T
    stocks = sums[:, 3:]
    load = load_of(sums[:, :3])
    # Leading eigenvector of [[A, G], [G, C]] from the row whose diagonal is smaller: no cancellation.
    x = np.where(air >= run, load - run, both)
    y = np.where(air >= run, both, load - air)
    norm = np.maximum(np.hypot(x, y), 1e-300)
    x, y = x / norm, y / norm
    work = np.concatenate([np.stack([x * x, 2 * x * y, y * y], axis=1), np.zeros_like(stocks)], axis=1)
    scarcest = np.eye(sums.shape[1])[3 + np.argmax(stocks, axis=1)]
    return np.where((stocks.max(axis=1) > load)[:, None], scarcest, work)


def _running(amount: Floats, group: Ints) -> Floats:
    """[n, k] sums within groups up to and with each row; rows are sorted by group."""
    total = np.cumsum(amount, axis=0)
    start = np.flatnonzero(np.diff(group, prepend=-2))
    before = np.vstack([np.zeros((1, amount.shape[1])), total])[start]
    return np.asarray(total - np.repeat(before, np.diff(np.append(start, len(group))), axis=0))


def _needed(score: Floats, back: Ints, relief: Floats, excess: Floats) -> Ints:
    """Places of the moves with the best scores that together relieve each server of its excess."""
    order = np.lexsort((score, back))
    before = _running(relief[order, None], back[order])[:, 0] - relief[order]
    return order[before < excess[back[order]]]
