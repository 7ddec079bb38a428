"""Drift plus penalty: virtual queues of work that resources still owe decide what a resource is worth now."""

from __future__ import annotations

import numpy as np

from instances.columns import Floats
from solvers.online.desk import Rule, View
from solvers.online.market import Market
from solvers.online.registry import Kind, policy

__all__ = ["Queues"]


class Queues:
    """Q_r ← max(0, Q_r + work booked in a slot − 1): a request that takes u of r for m slots books u m.

    Args:
        market: the menus.
        v: weight V of cost beside queues; costs are counted in the median cost of doing without a server.
        obey: whether actions must fit. False: the time-averaged problem of P35(c), which only queues restrain.
    """

    def __init__(self, market: Market, v: float, *, obey: bool = True) -> None:
        self.v, self.obey = v, obey
        alone = np.abs(market.cost[:, 0])
        self.scale = float(np.median(alone[alone > 0])) if (alone > 0).any() else 1.0
        self.queue: Floats = np.zeros(market.n_resources)
        self.booked: Floats = np.zeros(market.n_resources)
        self.slot = 0

    def choose(self, view: View) -> int:
        """Least V m c + Σ Q m u."""
        self.pass_time(view.slot)
        use = view.market.use[view.user]
        value = self.v * view.cost / self.scale + use @ self.queue
        allowed = view.fits if self.obey else np.isfinite(view.cost)
        action = int(np.argmin(np.where(allowed, value, np.inf)))
        self.booked = self.booked + use[action] * view.inferences
        return action

    def pass_time(self, slot: int) -> None:
        """Let queues serve up to the beginning of a slot."""
        while self.slot < slot:
            self.queue = np.maximum(self.queue + self.booked - 1.0, 0.0)
            self.booked = np.zeros_like(self.queue)
            self.slot += 1


@policy
class DriftPlusPenalty:
    """Queues for every resource, V for cost."""

    name = "online_drift"
    title = "drift plus penalty"
    kind: Kind = "online"
    guarantee = "mean cost ≤ optimum of the time-averaged problem + B/V where only queues restrain (P35)"
    reference = "Neely, Stochastic Network Optimization, 2010; docs/theory.md P35"

    def __init__(self, v: float = 10.0) -> None:
        self.v = v

    def begin(self, market: Market, rng: np.random.Generator) -> Rule:
        """Empty queues."""
        return Queues(market, self.v)
