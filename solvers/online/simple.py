"""Policies that look at one request and what is free: nothing to learn, nothing to remember."""

from __future__ import annotations

import numpy as np

from solvers.online.desk import Rule, View
from solvers.online.market import Market
from solvers.online.registry import Kind, policy

__all__ = ["Cheapest", "Posted"]


class _Alone:
    """Action 0, always."""

    def choose(self, view: View) -> int:
        return 0


@policy
class AllLocal:
    """Nobody is served."""

    name = "online_local"
    title = "everything on the device"
    kind: Kind = "online"
    guarantee = None
    reference = "recurring baseline"

    def begin(self, market: Market, rng: np.random.Generator) -> Rule:
        """No state."""
        return _Alone()


class _Random:
    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def choose(self, view: View) -> int:
        return int(self.rng.choice(np.flatnonzero(view.fits)))


@policy
class Random:
    """Any action that fits."""

    name = "online_random"
    title = "any action that fits"
    kind: Kind = "online"
    guarantee = None
    reference = "recurring baseline"

    def begin(self, market: Market, rng: np.random.Generator) -> Rule:
        """Draws from ``rng``."""
        return _Random(rng)


class Cheapest:
    """The cheapest action that fits, of the first request alone."""

    def choose(self, view: View) -> int:
        """First of the cheapest."""
        return int(np.argmin(np.where(view.fits, view.cost, np.inf)))


@policy
class Greedy:
    """First come, first served, as well as possible."""

    name = "online_greedy"
    title = "the cheapest action that fits"
    kind: Kind = "online"
    guarantee = None
    reference = "recurring baseline"

    def begin(self, market: Market, rng: np.random.Generator) -> Rule:
        """No state."""
        return Cheapest()


class Posted:
    """Least cost plus prices that rise exponentially as a resource fills: μ^load − 1 over μ − 1, times ``height``."""

    def __init__(self, market: Market, mu: float, height: float) -> None:
        self.mu, self.height = mu, height
        spread = market.cost[:, [0]] - np.where(np.isfinite(market.cost), market.cost, np.inf)
        with np.errstate(divide="ignore", invalid="ignore"):
            worth = np.where(spread > 0, spread, 0.0) / market.use.max(axis=2)
        known = worth[np.isfinite(worth) & (worth > 0)]
        self.scale = float(np.median(known)) if len(known) else 1.0

    def choose(self, view: View) -> int:
        """The action that is best at the posted prices."""
        price = self.height * self.scale * (self.mu ** (1 - view.free) - 1) / (self.mu - 1)
        value = view.cost + view.market.use[view.user] @ price
        return int(np.argmin(np.where(view.fits, value, np.inf)))


@policy
class PostedPrices:
    """Prices grow with load, so that the last of a resource goes to those who save most by it."""

    name = "online_prices"
    title = "posted exponential prices"
    kind: Kind = "online"
    guarantee = None
    reference = "the rule after Awerbuch, Azar and Plotkin, FOCS 1993; no ratio is claimed for costs"

    def __init__(self, mu: float = 20.0, height: float = 2.0) -> None:
        self.mu, self.height = mu, height

    def begin(self, market: Market, rng: np.random.Generator) -> Rule:
        """The scale of prices is the median saving a whole resource, over all menus."""
        return Posted(market, self.mu, self.height)
