"""The dual function: a bound from any prices, with its slopes.

L(μ, ν, π) = Σ_i min_o v_o(μ, ν, π) − room Σ_s max(0, μ_s + ν_s + Σ π_s R_s − f_s) ≤ optimum (docs/theory.md, P5;
Geoffrion, Mathematical Programming Study 2, 1974). The sum over users is made by shards (`solvers.prices.shard`); the
rest is made here once. Sums do not depend on threads or on how users are split.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import os
from collections.abc import Callable
from typing import Protocol

import numpy as np

from instances.columns import Bools, Floats, Ints
from instances.options import OptionTable
from solvers.prices.favoured import Favoured, favoured
from solvers.prices.shard import Choice, Shard
from solvers.prices.sums import Sums, as_float, as_shares
from solvers.prices.work import Work

__all__ = ["Crowd", "Dual", "Point", "Population", "bound_of", "from_below"]

_WARM = 2
_LEAST_PRICE = 1e-12
"""Of uplink and compute, as a part of what a user costs at best: formulas divide by prices."""
_ROUNDING = 1e-12
_NOTHING = 1e-30


@dataclasses.dataclass(frozen=True, eq=False)
class Point:
    """What the dual function says at some prices.

    ``prices`` [kinds, n_servers]: μ, ν (J for the whole resource) and π·R (J for each whole stock: memory, and energy
    where limited). ``bound_j``: L, rounded down. ``asked`` [kinds, n_servers]: part of uplink, compute and stocks
    that the cheapest options ask for, in units of the room. ``ask``: for what everybody chooses, which may lie
    elsewhere.
    """

    prices: Floats
    bound_j: float
    asked: Floats
    ask: Callable[[], Choice]

    @functools.cached_property
    def choice(self) -> Choice:
        """Everybody's cheapest option."""
        return self.ask()

    @property
    def chosen(self) -> Ints:
        """[n_users] row of the cheapest option."""
        return self.choice.chosen

    @property
    def beta(self) -> Floats:
        """[n_users] share of the uplink that it would buy."""
        return self.choice.beta

    @property
    def phi(self) -> Floats:
        """[n_users] share of compute that it would buy."""
        return self.choice.phi

    @property
    def value_j(self) -> Floats:
        """[n_users] what it costs at the prices, J."""
        return self.choice.value_j


class Population(Protocol):
    """Users of whom a sample can be had: an `OptionTable`, or something that fetches it from where they are."""

    @property
    def n_users(self) -> int:
        """Number of users."""

    @property
    def n_servers(self) -> int:
        """Number of servers."""

    def part(self, users: Bools) -> OptionTable:
        """Table of some users alone ([n_users] mask), numbered afresh; servers stay."""


class Crowd(Protocol):
    """Users whose dual function can be asked for, on this machine (`Dual`) or on others.

    ``table``: its servers are the crowd's; whether it has its options too is not promised. ``room``: as for `Dual`.
    ``binds`` [stocks, n_servers]: whether users can overdraw a stock at all (if every one took its most there).
    """

    table: OptionTable
    room: float
    binds: Bools

    @property
    def cheapest_j(self) -> float:
        """J that users cost at best, alone with whole shares (users without any option left out)."""

    def at(self, prices: Floats, *, steps: int = _WARM) -> Point:
        """Value and slopes at prices [kinds, n_servers]; see `Dual.at`."""

    def favoured(self, point: Point) -> Favoured:
        """The few options of each user that the prices of the last point favour."""


class Dual:
    """The dual function of one table.

    Args:
        table: the options.
        room: part of every server, and of its static energy, that is there for them (less than 1 for a sample).
    """

    def __init__(self, table: OptionTable, room: float = 1.0) -> None:
        self.table, self.room = table, room
        self.shard = Shard(table)
        self.work: Work = self.shard.work
        self.local_j, self.local_row = self.shard.local_j, self.shard.local_row
        self.binds: Bools = as_shares(self.shard.held) > 1
        self.force = self.shard.no_force()
        self.value = np.full(len(self.work), np.inf)

    @property
    def worth_j(self) -> Floats:
        """[n_options] what options cost at the prices of last time, J; inf for those that are left out."""
        worth = np.full(len(self.table), np.inf)
        worth[self.work.row] = self.value
        local = np.flatnonzero(self.local_row >= 0)
        worth[self.local_row[local]] = self.local_j[local]
        return worth

    @property
    def stuck(self) -> Ints:
        """Users without any option that meets its deadline alone."""
        return self.shard.stuck

    @functools.cached_property
    def cheapest_j(self) -> float:
        """J that users cost at best, alone with whole shares (users without any option left out)."""
        return as_float(self.shard.cheapest)

    def at(self, prices: Floats, *, steps: int = _WARM) -> Point:
        """Value and slopes at prices [kinds, n_servers].

        Args:
            prices: ≥ 0; those of uplink and compute are raised to next to nothing.
            steps: of Newton's method for λ, from where it was last; more make the bound tighter.
        """
        prices = from_below(prices, self.cheapest_j / max(self.table.n_users, 1))
        choice, sums = self.shard.at(
            prices, self.force, steps, into=self.force, values=self.value, threads=os.cpu_count() or 1
        )
        bound = bound_of(sums, prices, self.table.static_j, self.room)
        return Point(prices, bound, as_shares(sums.asked) / self.room, lambda: choice)

    def favoured(self, point: Point) -> Favoured:
        """The few options of each user that the prices of the last point favour."""
        return favoured(self.table, self.shard, self.value, point.chosen)


def from_below(prices: Floats, typical_j: float) -> Floats:
    """A copy of the prices, those of uplink and compute raised to the least that formulas can live with.

    Args:
        prices: [kinds, n_servers].
        typical_j: what a user costs at best, J; where that is next to nothing, 1 J is taken.
    """
    prices = np.array(prices, dtype=float)
    prices[:2] = np.maximum(prices[:2], _LEAST_PRICE * (typical_j if typical_j > _NOTHING else 1.0))
    return prices


def bound_of(sums: Sums, prices: Floats, static_j: Floats, room: float) -> float:
    """L at prices [kinds, n_servers], J, rounded down; inf when somebody has no option."""
    paid = room * math.fsum(np.maximum(prices.sum(axis=0) - static_j, 0.0))
    total = sums.value_j
    if not math.isfinite(total):
        return math.inf
    return total - paid - _ROUNDING * (abs(total) + paid + room * float(prices.sum()))
