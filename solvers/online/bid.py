"""Bid prices: what resources were worth in hindsight on earlier sequences, posted on this one."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from instances.arrivals import Arrivals
from instances.columns import Floats
from solvers.online.desk import Rule
from solvers.online.hindsight import look_back
from solvers.online.market import Market
from solvers.online.myopic import BatchRule
from solvers.online.registry import Kind

__all__ = ["BidPrices", "learn_bid_prices"]


@dataclasses.dataclass(frozen=True, eq=False)
class BidPrices:
    """The re-optimiser with ``prices`` [resources], cost of all of a resource for a slot."""

    prices: Floats
    name: str = "online_bid"
    title: str = "those who wait, at prices learned in hindsight"
    kind: Kind = "learned"
    guarantee: str | None = None
    reference: str = "after Talluri and van Ryzin, Management Science 1998"

    def begin(self, market: Market, rng: np.random.Generator) -> Rule:
        """No state but the current slot's plan."""
        return BatchRule(self.prices)


def learn_bid_prices(market: Market, sequences: Sequence[Arrivals]) -> BidPrices:
    """Mean prices of the LPs of sequences that are over."""
    found = [look_back(market, a, integer=False).prices.mean(axis=0) for a in sequences]
    return BidPrices(np.mean(found, axis=0) if found else np.zeros(market.n_resources))
