"""What users can choose from, and what it costs at prices: options with the shares that they would buy."""

from __future__ import annotations

import dataclasses
from typing import Protocol

import numpy as np

from formulations.program import Decision
from instances.columns import Bools, Floats, Ints
from instances.options import LOCAL, OptionTable
from instances.prune import memory_binds
from solvers.allocation import allocate_any
from solvers.branch.rates import Rates
from solvers.prices.work import Work

__all__ = ["Columns", "Offers", "Priced", "Shares"]

_COLD, _WARM, _SHARP = 12, 6, 60
_LEAST_PRICE = 1e-12
"""Of uplink and compute, as a part of what an option costs on the whole: prices of 0 have no best share."""
_STRETCH = 1 + 1e-9


@dataclasses.dataclass(frozen=True, eq=False)
class Priced:
    """``value`` [offers]: least J at the prices, rounded down (inf: not to be had); ``least`` [n_users]: of a user."""

    value: Floats
    least: Floats


@dataclasses.dataclass(frozen=True, eq=False)
class Columns:
    """[k] offers at fixed amounts: ``offer``, ``amount`` [3, k] of uplink, compute and memory, ``cost`` J."""

    offer: Ints
    amount: Floats
    cost: Floats


class Offers(Protocol):
    """What the search sees of a table: offers with user, server (−1: none) and row of the table, all [offers]."""

    table: OptionTable
    user: Ints
    server: Ints
    row: Ints

    def price(self, rates: Rates, live: Bools, *, sharp: bool) -> Priced:
        """What the live offers cost; ``sharp``: to working precision, at any cost."""

    def columns(self, offers: Ints) -> Columns:
        """Some offers with the amounts that they would take at the prices of last time."""

    def decision(self, offers: Ints) -> Decision | None:
        """The best plan with these offers [n_users], one a user; None when they do not fit together."""


class Shares:
    """Options with any shares (`continuous`): at prices each buys the shares that suit it best.

    Args:
        table: options; those that cannot be had alone must not be in it.
    """

    def __init__(self, table: OptionTable) -> None:
        self.table = table
        cost = table.cost_j()
        remote = np.flatnonzero(~table.is_local & np.isfinite(cost))
        local = np.flatnonzero(table.is_local & np.isfinite(cost))
        self._work = Work.of(table, remote, cost[remote])
        self._least_price = _LEAST_PRICE * float(cost[remote].mean()) if len(remote) else 0.0
        self._least_price = self._least_price or _LEAST_PRICE
        self._local_j = cost[local]
        self.row = np.concatenate([remote, local])
        self.user, self.server = table.user[self.row], table.server[self.row]
        self._force: Floats | None = None
        self._memory = memory_part(table, self.row)
        self._shares = np.zeros((2, len(self.row)))

    def price(self, rates: Rates, live: Bools, *, sharp: bool) -> Priced:
        """See `Offers`."""
        work, n, prices = self._work, len(self._work), rates.prices
        asked = prices[:2, work.server]
        mu, nu = np.maximum(asked, self._least_price)
        steps = _SHARP if sharp else _WARM
        if self._force is None:
            self._force, steps = work.guess(mu, nu), max(steps, _COLD)
        # Far from the best λ numbers may overflow; `improve` and `value` put right what comes of it.
        with np.errstate(all="ignore"):
            self._force = work.improve(self._force, mu, nu, steps)
            value, self._shares[0, :n], self._shares[1, :n] = work.value(self._force, mu, nu)
        # Nobody buys more than the whole: lower prices make an option cheaper by no more than they are lower.
        value = np.fmax(value - ((mu - asked[0]) + (nu - asked[1])), work.least * (1 - 1e-12))
        value = np.concatenate([value + prices[2, work.server] * self._memory[:n], self._local_j])
        return priced(value + rates.links_of(self.user, self.server), live, self.user, self.table.n_users)

    def columns(self, offers: Ints) -> Columns:
        """See `Offers`. Shares that are late by a hair, because λ is not exact, are stretched until they are not."""
        table, rows = self.table, self.row[offers]
        remote = self.server[offers] != LOCAL
        beta, phi = self._shares[:, offers]
        with np.errstate(all="ignore"):
            air = np.where(table.uplink_s[rows] > 0, table.uplink_s[rows] / beta, 0.0)
            run = np.where(table.server_s[rows] > 0, table.server_s[rows] / phi, 0.0)
            late = (air + run) / table.slack_s[rows]
        stretch = np.where(remote & (late > 1 - 1e-9), np.maximum(late, 1.0) * _STRETCH, 1.0)
        beta, phi = (np.where(remote, np.minimum(share * stretch, 1.0), 0.0) for share in (beta, phi))
        with np.errstate(invalid="ignore", divide="ignore"):
            cost = table.cost_j(np.where(remote, beta, 1.0), np.where(remote, phi, 1.0), rows)
        good = np.isfinite(cost)
        amount = np.stack([beta, phi, self._memory[offers]])
        return Columns(offers[good], amount[:, good], cost[good])

    def decision(self, offers: Ints) -> Decision | None:
        """See `Offers`."""
        chosen = self.row[offers]
        shares = allocate_any(self.table, chosen)
        return Decision(chosen, shares.uplink_share, shares.compute_share) if shares.feasible.all() else None


def memory_part(table: OptionTable, rows: Ints) -> Floats:
    """[len(rows)] part of the memory of its server that an option takes; 0 where memory cannot bind."""
    binds = memory_binds(table) if table.n_servers else np.zeros(0, dtype=bool)
    room = np.where(binds, np.maximum(table.memory_mb, 1e-300), np.inf)
    server = table.server[rows]
    return np.where(server == LOCAL, 0.0, table.server_mb[rows] / room[server] if len(room) else 0.0)


def priced(value: Floats, live: Bools, user: Ints, n_users: int) -> Priced:
    """Values of live offers, and the least of each user."""
    value = np.where(live, value, np.inf)
    least = np.full(n_users, np.inf)
    np.minimum.at(least, user, value)
    return Priced(value, least)
