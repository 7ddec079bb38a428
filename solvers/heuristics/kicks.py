"""Disturbances of a local optimum, small and large, each repaired."""

from __future__ import annotations

import numpy as np

from instances.columns import Floats, Ints
from solvers.answer import Clock
from solvers.heuristics.market import amortised_static
from solvers.heuristics.repair import repair
from solvers.heuristics.state import State

__all__ = ["kick"]

_NEAR = 6
_SPREAD = 0.5


def kick(state: State, number: int, rng: np.random.Generator, clock: Clock) -> Ints | None:
    """A choice that fits, away from the current one; None when none is found.

    In turn: a few users go to one of their better other options; users of one server do; everybody chooses anew
    at disturbed prices.
    """
    chosen, value = (_some_users, _one_server, _new_prices)[number % 3](state, rng)
    return repair(state.situation, chosen, value, rng=rng, clock=clock)


def _some_users(state: State, rng: np.random.Generator) -> tuple[Ints, Floats]:
    n = len(state.chosen)
    count = min(n, int(rng.integers(2, 4 + n // 10)))
    return _elsewhere(state, rng.choice(n, size=count, replace=False), rng), state.value


def _one_server(state: State, rng: np.random.Generator) -> tuple[Ints, Floats]:
    if not state.group:
        return _some_users(state, rng)
    server = int(rng.choice(sorted(state.group)))
    members = state.situation.table.user[list(state.group[server])]
    count = min(len(members), max(1, int(rng.integers(1, 1 + max(1, len(members))))), 12)
    return _elsewhere(state, rng.choice(members, size=count, replace=False), rng), state.value


def _new_prices(state: State, rng: np.random.Generator) -> tuple[Ints, Floats]:
    situation = state.situation
    prices = np.stack(situation.prices(state.chosen))
    prices *= np.exp(_SPREAD * rng.standard_normal(prices.shape))
    value = situation.pricing.values(prices[0], prices[1])
    value = value + amortised_static(situation)
    chosen = situation.best_of_each(value)
    return np.where(chosen >= 0, chosen, state.chosen), value


def _elsewhere(state: State, users: Ints, rng: np.random.Generator) -> Ints:
    """The choice with some users at one of their better other options."""
    chosen = state.chosen.copy()
    for user in users.tolist():
        rows = state.situation.rows_of(np.array([user]))
        rows = rows[rows != chosen[user]]
        if len(rows):
            near = rows[np.argsort(state.value[rows], kind="stable")[:_NEAR]]
            chosen[user] = int(rng.choice(near))
    return chosen
