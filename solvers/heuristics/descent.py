"""Descent: the most promising candidate moves are settled exactly, a batch at a time, until none improves."""

from __future__ import annotations

import numpy as np

from solvers.heuristics.incumbent import Incumbent
from solvers.heuristics.moves import pairs, shifts
from solvers.heuristics.state import Move, State

__all__ = ["descend", "improve"]

_BATCH = 24
_MOST_MOVES = (48, 960)
_MOST_ROWS = {"continuous": 24_000, "units": 4_000}
"""Users in the groups of all candidates of one round: settling whole pieces takes longer."""


def descend(state: State, incumbent: Incumbent) -> None:
    """Improve until no candidate move does, or the time is up; every plan on the way is offered."""
    while not incumbent.out_of_time:
        estimate = state.estimates()
        most = _most_moves(state)
        made = improve(state, shifts(state, estimate, most), incumbent)
        made = made or improve(state, pairs(state, estimate, most), incumbent)
        if not made:
            return


def _most_moves(state: State) -> int:
    """How many candidates are worth settling: fewer for large groups."""
    size = sum(map(len, state.group.values())) / max(1, len(state.group))
    return int(np.clip(_MOST_ROWS[state.situation.table.allocation] / max(1.0, size), *_MOST_MOVES))


def improve(state: State, moves: list[Move], incumbent: Incumbent) -> int:
    """Make the best moves of the first batch that holds an improvement; how many."""
    for start in range(0, len(moves), _BATCH):
        if incumbent.out_of_time:
            return 0
        made = _compatible(state, moves[start : start + _BATCH])
        if made:
            state.apply(made)
            incumbent.detail["moves"] = incumbent.detail.get("moves", 0) + len(made)
            incumbent.offer(state.chosen)
            return len(made)
    return 0


def _compatible(state: State, batch: list[Move]) -> list[Move]:
    """The best improving move of a batch, and more that touch other users and servers: their gains add up."""
    change = state.changes(batch)
    made: list[Move] = []
    servers: set[int] = set()
    users: set[int] = set()
    for k in np.argsort(change, kind="stable").tolist():
        if not change[k] < -1e-10 * abs(state.cost_j):
            break
        touched = state.touched(batch[k])
        who = set(state.situation.table.user[list(batch[k])].tolist())
        if not (touched & servers or who & users):
            made.append(batch[k])
            servers |= touched
            users |= who
    return made
