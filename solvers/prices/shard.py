"""A part of the users: all that the dual function needs of them, whoever else there is and wherever those are.

Nothing here remembers an evaluation: λ of the last one comes in and the new one goes out, so that a lost result can be
made again from the same prices, to the last bit. Options are worked off in chunks that stay in cache, by threads:
NumPy releases the lock.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from instances.columns import Floats, Ints
from instances.options import OptionTable
from solvers.prices.sums import Sums, exact_total, share_total
from solvers.prices.work import Work

__all__ = ["Choice", "Shard"]

CHUNK = 8192
_COLD = 8
"""Further steps for λ at the first evaluation."""


@dataclasses.dataclass(frozen=True, eq=False)
class Choice:
    """The cheapest option of every user.

    All [n_users]: ``chosen`` its row (−1: none), ``beta``, ``phi`` the shares it would buy, ``value_j`` what it costs
    at the prices, J (inf: none).
    """

    chosen: Ints
    beta: Floats
    phi: Floats
    value_j: Floats


class Shard:
    """Some users and the options of theirs that can ever be cheapest.

    ``work``: those on servers; ``local_j``, ``local_row`` [n_users]: the best without.

    Args:
        table: all options of these users, who are numbered from 0; its servers are all that there are.
    """

    def __init__(self, table: OptionTable) -> None:
        cost = table.cost_j()
        self.local_j, self.local_row = _best_local(table, cost)
        # A remote option that costs no less with whole shares than running locally is never needed (P8).
        kept = ~table.is_local & (cost < self.local_j[table.user])
        kept &= (table.stock_part <= 1 + 1e-9).all(axis=1)
        rows = np.flatnonzero(kept)
        self.work = Work.of(table, rows, cost[rows])
        self.n_servers = table.n_servers

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_parts"}

    def __sizeof__(self) -> int:
        """Bytes of its arrays."""
        columns = [getattr(self.work, field.name) for field in dataclasses.fields(self.work)]
        return sum(int(array.nbytes) for array in (*columns, self.local_j, self.local_row))

    @property
    def n_users(self) -> int:
        """Number of users."""
        return len(self.local_j)

    @property
    def stuck(self) -> Ints:
        """Users without any option that meets its deadline alone."""
        served = np.isfinite(self.local_j)
        served[self.work.user] = True
        return np.flatnonzero(~served)

    @property
    def cheapest(self) -> int:
        """Exact sum of what users cost at best, alone with whole shares (users without any option left out)."""
        least = self.local_j.copy()
        np.minimum.at(least, self.work.user, self.work.least)
        return exact_total(least[np.isfinite(least)])

    @property
    def held(self) -> Ints:
        """[stocks, 2, n_servers] sums of the largest share of each stock that each user could take of each server."""
        work, stocks = self.work, self.work.stock.shape[1]
        start = np.flatnonzero((np.diff(work.user, prepend=-1) != 0) | (np.diff(work.server, prepend=-1) != 0))
        if not len(start):
            return np.zeros((stocks, 2, self.n_servers), dtype=np.int64)
        server, most = work.server[start], np.maximum.reduceat(work.stock, start, axis=0)
        return np.stack([share_total(server, most[:, k], self.n_servers) for k in range(stocks)])

    @functools.cached_property
    def _parts(self) -> list[tuple[slice, Work]]:
        cuts = _chunks(self.work.user, CHUNK)
        return [(slice(a, b), self.work.take(slice(a, b))) for a, b in itertools.pairwise(cuts)]

    def no_force(self) -> Floats:
        """λ before the first evaluation: none."""
        return np.full(len(self.work), np.nan)

    def at(self, prices: Floats, force: Floats, steps: int, *, into: Floats, values: Floats | None = None,
           threads: int = 1) -> tuple[Choice, Sums]:  # fmt: skip
        """The cheapest options at prices [kinds, n_servers], and their sums.

        Args:
            prices: > 0 for uplink and compute, ≥ 0 for stocks.
            force: [n_options] λ of the last evaluation, or `no_force`.
            steps: of Newton's method for λ, from there; more make the bound tighter.
            into: [n_options] receives the new λ; may be ``force`` itself.
            values: [n_options] receives what options cost, if given.
            threads: to use.
        """
        place, best = np.full(self.n_users, -1, dtype=np.int64), self.local_j.copy()
        beta, phi = np.zeros(self.n_users), np.zeros(self.n_users)

        def work_off(part: tuple[slice, Work]) -> None:
            where, work = part
            into[where], value, shares = _evaluate(work, prices, force[where], steps)
            if values is not None:
                values[where] = value
            users, least, first = _least(work.user, value)
            better = least < best[users]
            who, which = users[better], first[better]
            place[who], best[who] = where.start + which, least[better]
            beta[who], phi[who] = shares[0][which], shares[1][which]

        if len(self._parts) > 1 and threads > 1:
            with ThreadPoolExecutor(min(len(self._parts), threads)) as pool:
                list(pool.map(work_off, self._parts))
        else:
            for part in self._parts:
                work_off(part)
        return self._choice(place, beta, phi, best), self._sums(place, beta, phi, best)

    def _choice(self, place: Ints, beta: Floats, phi: Floats, best: Floats) -> Choice:
        remote = np.flatnonzero(place >= 0)
        chosen = self.local_row.copy()
        chosen[remote] = self.work.row[place[remote]]
        return Choice(chosen, beta, phi, best)

    def _sums(self, place: Ints, beta: Floats, phi: Floats, best: Floats) -> Sums:
        who = np.flatnonzero(place >= 0)
        server = self.work.server[place[who]]
        shares = (beta[who], phi[who], *self.work.stock[place[who]].T)
        asked = np.stack([share_total(server, share, self.n_servers) for share in shares])
        served = np.isfinite(best)
        unserved = len(best) - int(np.count_nonzero(served))
        return Sums(unserved, exact_total(best[served] if unserved else best), asked)


def _evaluate(work: Work, prices: Floats, force: Floats, steps: int
              ) -> tuple[Floats, Floats, tuple[Floats, Floats]]:  # fmt: skip
    """λ, what options cost, and the shares they would buy, [n] each."""
    mu, nu = prices[0, work.server], prices[1, work.server]
    if np.isnan(force[0]):
        force, steps = work.guess(mu, nu), _COLD + steps
    # Far from the best λ numbers may overflow; `improve` and `value` put right what comes of it.
    with np.errstate(all="ignore"):
        force = work.improve(force, mu, nu, steps)
        value, beta, phi = work.value(force, mu, nu)
    for price, part in zip(prices[2:], work.stock.T, strict=True):
        value = value + price[work.server] * part
    return force, value, (beta, phi)


def _least(user: Ints, value: Floats) -> tuple[Ints, Floats, Ints]:
    """Users that have options (sorted by user), the least value of each, and the first place that has it."""
    start = np.flatnonzero(np.diff(user, prepend=-1))
    users = user[start]
    least = np.minimum.reduceat(value, start)
    # A user with several options of least value gets the first: later writes come first here.
    hit = np.flatnonzero(value == np.repeat(least, np.diff(np.append(start, len(user)))))[::-1]
    first = np.zeros(len(start), dtype=np.int64)
    first[np.searchsorted(users, user[hit])] = hit
    return users, least, first


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
