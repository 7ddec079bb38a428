"""Closing and opening whole servers, for their static energy: too many users move at once for the usual moves.

A server is closed by sending its users elsewhere, repairing and descending without it; it is opened by descending as if
its static energy were nothing. What pays in truth is kept.
"""

from __future__ import annotations

import numpy as np

from instances.columns import Ints
from solvers.heuristics.descent import descend, improve
from solvers.heuristics.incumbent import Incumbent
from solvers.heuristics.moves import openings
from solvers.heuristics.repair import repair
from solvers.heuristics.situation import Situation
from solvers.heuristics.state import State

__all__ = ["switch_servers"]

_MOST_SERVERS = 12


def switch_servers(state: State, incumbent: Incumbent, rng: np.random.Generator) -> None:
    """Close or open servers while that pays, at most a dozen tries in a row without success."""
    improved = True
    while improved and not incumbent.out_of_time:
        improved = any(_switch(state, server, incumbent, rng) for server in _promising(state))


def _promising(state: State) -> list[int]:
    """Servers to try: those of most static energy for each user there, then those that are not in use."""
    situation = state.situation
    crowd = np.bincount(situation.table.server[state.chosen] + 1, minlength=situation.table.n_servers + 1)[1:]
    worth = np.where(situation.static_j > 0, situation.static_j / np.maximum(crowd, 1), 0.0)
    tries = np.argsort(-worth, kind="stable")
    return [int(s) for s in tries if worth[s] > 0][:_MOST_SERVERS]


def _switch(state: State, server: int, incumbent: Incumbent, rng: np.random.Generator) -> bool:
    """Close the server if it is in use, else open it; whether that paid (else nothing is changed)."""
    if incumbent.out_of_time:
        return False
    situation, before, before_j = state.situation, state.chosen.copy(), state.cost_j
    if server in state.group:
        # Only servers in use may take over, or the users would just open another one.
        without = situation.within(sorted(state.group.keys() - {server}))
        start = _closed(state, without, incumbent, rng)
        if start is None:
            return False
        trial = State(without, start)
    else:
        trial = State(situation.opening(server), before)
        improve(trial, openings(trial, server), incumbent)
    descend(trial, incumbent)
    state.reset(trial.chosen)
    descend(state, incumbent)
    if state.cost_j < before_j * (1 - 1e-10):
        return True
    state.reset(before)
    return False


def _closed(state: State, without: Situation, incumbent: Incumbent, rng: np.random.Generator) -> Ints | None:
    """A choice that fits in a situation with fewer options; None when none is found."""
    elsewhere = without.best_of_each(state.value)
    if (elsewhere < 0).any():
        return None
    chosen = np.where(without.usable[state.chosen], state.chosen, elsewhere)
    return repair(without, chosen, state.value, rng=rng, clock=incumbent.clock)
