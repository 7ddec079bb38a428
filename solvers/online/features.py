"""What a learned policy sees of a request: numbers about the desk, and numbers about each action."""

from __future__ import annotations

import numpy as np

from instances.columns import Floats
from solvers.online.desk import View
from solvers.online.market import Market

__all__ = ["desk_features", "feature_count", "see"]

STAY, WAITING = 10.0, 10.0
"""Slots and requests that count as 1."""


def desk_features(market: Market) -> int:
    """Numbers about the desk: what is free, the time, the stay, how many wait."""
    return market.n_resources + 3


def feature_count(market: Market) -> int:
    """Numbers in each row of `see`."""
    return desk_features(market) + 3 + 2 * market.n_resources


def see(view: View) -> Floats:
    """[actions, features] the desk, and of each action: what it saves over action 0 and whether there is one, as parts
    of the cost of action 0; what it takes of each resource, and what it would leave."""
    market, user = view.market, view.user
    desk = np.concatenate([view.free, [
        view.slot / view.n_slots,
        min(view.inferences / STAY, 3.0),
        min(len(view.users) / WAITING, 3.0),
    ]])  # fmt: skip
    cost, use = view.cost, market.use[user]
    there = np.isfinite(cost)
    size = max(abs(float(cost[0])), 1e-12)
    saved = np.where(there, (cost[0] - np.where(there, cost, 0.0)) / size, 0.0)
    own = np.column_stack([saved, there, np.arange(len(cost)) == 0, use, np.maximum(view.free - use, -1.0)])
    return np.asarray(np.concatenate([np.tile(desk, (len(cost), 1)), own], axis=1))
