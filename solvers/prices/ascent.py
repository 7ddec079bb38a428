"""Prices that make the bound large: a market of log prices, first on a sample of users, then on all.

A share is bought like (price)^−½, so 2 ln(asked) would be the step in ln(price) if nobody changed option. Every price
has its own step length, which shrinks where demand changes sides and grows where it does not (the rule of RPROP,
Riedmiller and Braun 1993): near the top, where users switch together, steps die out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from instances.columns import Floats
from solvers.answer import Clock
from solvers.prices.dual import Crowd, Dual, Point, Population

__all__ = ["climb", "first_prices", "lift", "sampled_prices"]

_LENGTH, _SHRINK, _GROW, _CAP = 1.2, 0.5, 1.15, 2.0
_LONGEST = 1.5
_CHEAPEST, _DEAREST = 1e-9, 1e4
"""Range of prices, in units of what an average server's users cost at best."""
_SAMPLE = 2000
_SETTLED = 1e-7


@dataclasses.dataclass(frozen=True)
class _Scale:
    """``unit``: J that the users of an average server cost at best; prices stay between parts of it."""

    unit: float

    def clip(self, prices: Floats) -> Floats:
        """Prices within range."""
        return np.asarray(np.clip(prices, _CHEAPEST * self.unit, _DEAREST * self.unit))


def _scale_of(dual: Crowd) -> _Scale:
    """From the cheapest option of every user."""
    total = dual.cheapest_j / dual.room
    return _Scale(max(total / max(1, dual.table.n_servers), 1e-12))


def first_prices(dual: Crowd) -> Floats:
    """[kinds, n_servers] prices to start from: of uplink and compute a part of what users cost, stocks next to free."""
    prices = np.full((2 + len(dual.binds), dual.table.n_servers), 0.3 * _scale_of(dual).unit)
    prices[2:] = np.where(dual.binds, 1e-3 * prices[2:], 0.0)
    return lift(dual, prices)


def lift(dual: Crowd, prices: Floats) -> Floats:
    """Prices of a server raised together until they pay for its static energy: the bound cannot fall by that."""
    total = prices.sum(axis=0)
    return np.asarray(prices * np.maximum(1.0, dual.table.static_j / np.maximum(total, 1e-300)))


def climb(dual: Crowd, prices: Floats, rounds: int, *, heard: Callable[[Point], None] = lambda point: None,
          clock: Clock | None = None, length: float = _LENGTH) -> Point:  # fmt: skip
    """Best point of some rounds of the market.

    Args:
        dual: of the users that count.
        prices: [kinds, n_servers] to start from.
        rounds: evaluations to make.
        heard: told every point.
        clock: its time limit ends the climb.
        length: of the first steps.
    """
    scale = _scale_of(dual)
    lengths = np.full(prices.shape, length)
    before = np.zeros(prices.shape)
    best: Point | None = None
    for _ in range(max(1, rounds)):
        point = dual.at(prices)
        heard(point)
        if best is None or point.bound_j > best.bound_j:
            best = point
        if clock is not None and clock.left_s <= 0:
            break
        want = np.log(np.maximum(point.asked, 1e-3))
        # A server whose prices just pay for its static energy may be on in part: only the balance matters there.
        idle = point.prices.sum(axis=0) <= dual.table.static_j * (1 + 1e-9)
        pull = np.where(idle & (want.max(axis=0) < 0), want - want[:2].mean(axis=0), want)
        turned = pull * before < 0
        lengths = np.where(turned, lengths * _SHRINK, np.where(before == 0, lengths, lengths * _GROW))
        lengths, before = np.minimum(lengths, _CAP), pull
        moved = scale.clip(point.prices * np.exp(np.clip(lengths * pull, -_LONGEST, _LONGEST)))
        moved[2:] = np.where(dual.binds, moved[2:], 0.0)
        prices = lift(dual, moved)
        if float(np.abs(lengths * pull).max(initial=0.0)) < _SETTLED:
            break
    assert best is not None  # there is at least one round
    return best


def sampled_prices(table: Population, rng: np.random.Generator, rounds: int, clock: Clock) -> Floats | None:
    """[kinds, n_servers] prices from a random sample of users with its part of every server; None for small crowds."""
    wanted = max(_SAMPLE, 40 * table.n_servers)
    if 2 * wanted >= table.n_users:
        return None
    users = np.zeros(table.n_users, dtype=bool)
    users[rng.choice(table.n_users, wanted, replace=False)] = True
    dual = Dual(table.part(users), room=wanted / table.n_users)
    return climb(dual, first_prices(dual), rounds, clock=clock).prices
