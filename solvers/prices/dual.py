"""The dual function of a whole option table: a bound from any prices, with its slopes.

L(μ, ν, π) = Σ_i min_o v_o(μ, ν, π) − room Σ_s max(0, μ_s + ν_s + π_s R_s − f_s) ≤ optimum (docs/theory.md, P5;
Geoffrion, Mathematical Programming Study 2, 1974). Options are worked off in chunks that stay in cache, by threads:
NumPy releases the lock. Sums are made in a fixed order, so the result does not depend on the threads.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from instances.columns import Floats, Ints
from instances.options import OptionTable
from instances.prune import memory_binds
from solvers.prices.work import Work

__all__ = ["Dual", "Point"]

CHUNK = 8192
_COLD, _WARM = 8, 2
_LEAST_PRICE = 1e-12
_ROUNDING = 1e-12


@dataclasses.dataclass(frozen=True, eq=False)
class Point:
    """What the dual function says at some prices.

    ``prices`` [3, n_servers]: μ, ν (J for the whole resource) and π·R (J for the whole memory). ``bound_j``: L, rounded
    down. ``asked`` [3, n_servers]: part of uplink, compute and memory that the cheapest options ask for, in units of
    the room. ``chosen`` [n_users]: row of the cheapest option. ``beta``, ``phi`` [n_users]: shares it would buy.
    ``value_j`` [n_users]: what it costs at the prices, J.
    """

    prices: Floats
    bound_j: float
    asked: Floats
    chosen: Ints
    beta: Floats
    phi: Floats
    value_j: Floats


class Dual:
    """The dual function of one table.

    Args:
        table: the options.
        room: part of every server, and of its static energy, that is there for them (less than 1 for a sample).
    """

    def __init__(self, table: OptionTable, room: float = 1.0) -> None:
        cost = table.cost_j()
        self.table, self.room = table, room
        self.local_j, self.local_row = _best_local(table, cost)
        # A remote option that costs no less with whole shares than running locally is never needed (P8).
        kept = ~table.is_local & (cost < self.local_j[table.user])
        if table.n_servers:
            kept &= table.server_mb <= table.memory_mb[table.server] * (1 + 1e-9)
        rows = np.flatnonzero(kept)
        self.work = Work.of(table, rows, cost[rows])
        self.binds = memory_binds(table) if table.n_servers else np.zeros(0, dtype=bool)
        self.memory = np.where(np.isfinite(table.memory_mb) & (table.memory_mb > 0), table.memory_mb, 1.0)
        self.force = np.full(len(self.work), np.nan)
        self.value = np.full(len(self.work), np.inf)
        cuts = _chunks(self.work.user, CHUNK)
        self._parts = [(slice(a, b), self.work.take(slice(a, b))) for a, b in itertools.pairwise(cuts)]

    @property
    def stuck(self) -> Ints:
        """Users without any option that meets its deadline alone."""
        served = np.isfinite(self.local_j)
        served[self.work.user] = True
        return np.flatnonzero(~served)

    def at(self, prices: Floats, *, steps: int = _WARM) -> Point:
        """Value and slopes at prices [3, n_servers].

        Args:
            prices: ≥ 0; those of uplink and compute are raised to 1e-12.
            steps: of Newton's method for λ, from where it was last; more make the bound tighter.
        """
        table = self.table
        prices = np.array(prices, dtype=float)
        prices[:2] = np.maximum(prices[:2], _LEAST_PRICE)
        best, chosen = self.local_j.copy(), self.local_row.copy()
        beta, phi = np.zeros(table.n_users), np.zeros(table.n_users)

        def work_off(part: tuple[slice, Work]) -> None:
            self._chunk(part, prices, steps, (best, chosen, beta, phi))

        if len(self._parts) > 1:
            with ThreadPoolExecutor(min(len(self._parts), os.cpu_count() or 1)) as pool:
                list(pool.map(work_off, self._parts))
        else:
            for part in self._parts:
                work_off(part)
        return Point(prices, self._bound(prices, best), self._asked(chosen, beta, phi), chosen, beta, phi, best)

    def _chunk(self, part: tuple[slice, Work], prices: Floats, steps: int, out: tuple[Floats, Ints, Floats, Floats]
               ) -> None:  # fmt: skip
        place, work = part
        mu, nu = prices[0, work.server], prices[1, work.server]
        force = self.force[place]
        if np.isnan(force[0]):
            force, steps = work.guess(mu, nu), _COLD + steps
        # Far from the best λ numbers may overflow; `improve` and `value` put right what comes of it.
        with np.errstate(all="ignore"):
            force = work.improve(force, mu, nu, steps)
            value, beta, phi = work.value(force, mu, nu)
        value = value + (prices[2] / self.memory)[work.server] * work.memory_mb
        self.force[place], self.value[place] = force, value
        start = np.flatnonzero(np.diff(work.user, prepend=-1))
        users = work.user[start]
        least = np.minimum.reduceat(value, start)
        # A user with several options of least value gets the first: later writes come first here.
        hit = np.flatnonzero(value == np.repeat(least, np.diff(np.append(start, len(work)))))[::-1]
        first = np.zeros(len(start), dtype=np.int64)
        first[np.searchsorted(users, work.user[hit])] = hit
        better = least < out[0][users]
        who, which = users[better], first[better]
        out[0][who], out[1][who], out[2][who], out[3][who] = least[better], work.row[which], beta[which], phi[which]

    def _bound(self, prices: Floats, best: Floats) -> float:
        excess = np.maximum(prices.sum(axis=0) - self.table.static_j, 0.0)
        total, paid = math.fsum(best), self.room * math.fsum(excess)
        if not math.isfinite(total):
            return math.inf
        return total - paid - _ROUNDING * (abs(total) + paid + self.room * float(prices.sum()))

    def _asked(self, chosen: Ints, beta: Floats, phi: Floats) -> Floats:
        who = np.flatnonzero(chosen >= 0)
        rows = chosen[who]
        server, n = self.table.server[rows] + 1, self.table.n_servers
        memory = np.bincount(server, self.table.server_mb[rows], n + 1)[1:] / self.memory
        used = [np.bincount(server, share[who], n + 1)[1:] for share in (beta, phi)]
        return np.stack([*used, memory]) / self.room


def _best_local(table: OptionTable, cost: Floats) -> tuple[Floats, Ints]:
    """[n_users] least J of running locally (inf: cannot) and its row (−1: none)."""
    least, row = np.full(table.n_users, np.inf), np.full(table.n_users, -1, dtype=np.int64)
    local = np.flatnonzero(table.is_local & np.isfinite(cost))
    np.minimum.at(least, table.user[local], cost[local])
    hit = local[cost[local] == least[table.user[local]]][::-1]
    row[table.user[hit]] = hit
    return least, row


def _chunks(user: Ints, size: int) -> list[int]:
    """Places to cut sorted options into chunks of about ``size`` without cutting a user."""
    if not len(user):
        return [0]
    wanted = np.arange(size, len(user), size)
    cuts = np.searchsorted(user, user[wanted]) if len(wanted) else np.zeros(0, dtype=np.int64)
    return [0, *np.unique(cuts[cuts > 0]).tolist(), len(user)]
