"""Candidate moves of local search, most promising first: one user changes option, two at once, several open a server.

The estimate of a move is the sum of those of its changes, and by duality no move is better than its estimate (see
`pricing`): what the estimate does not allow to pay is left out, the rest is ranked by it.
"""

from __future__ import annotations

import numpy as np

from instances.columns import Bools, Floats, Ints
from instances.options import LOCAL
from solvers.heuristics.situation import ROOM
from solvers.heuristics.state import Move, State

__all__ = ["openings", "pairs", "shifts"]

_EACH = 3
_MOST_PARTNERS = 400
_MOST_PAIRS = 60_000


def shifts(state: State, estimate: Floats, most: int) -> list[Move]:
    """One user changes to another option (of the same or another server, or local)."""
    table = state.situation.table
    rows = np.flatnonzero(estimate < _threshold(state, table.server, table.server[state.chosen[table.user]]))
    rows = rows[np.argsort(estimate[rows], kind="stable")]
    return [(int(o),) for o in rows[_fit(state, rows, None)][:most]]


def pairs(state: State, estimate: Floats, most: int) -> list[Move]:
    """Two users change at once: swaps between servers, one making room for the other, and ejections.

    At least one of the two changes must gain by itself, or the estimate of both together could not be negative.
    """
    table = state.situation.table
    pool = _pool(state, estimate)
    slack = 2 * float(state.rounding_j.max(initial=0.0))
    first = pool[estimate[pool] < slack / 2 - 1e-12 * abs(state.cost_j)]
    a, b = [], []
    for rank, option in enumerate(first[: _MOST_PAIRS // 10].tolist()):
        end = int(np.searchsorted(estimate[pool], slack - estimate[option]))
        partners = pool[rank + 1 : min(end, rank + 1 + _MOST_PARTNERS)]
        a.append(np.full(len(partners), option))
        b.append(partners)
        if sum(map(len, b)) > _MOST_PAIRS:
            break
    if not a:
        return []
    one, two = np.concatenate(a), np.concatenate(b)
    kept = table.user[one] != table.user[two]
    one, two = one[kept], two[kept]
    total = estimate[one] + estimate[two]
    order = np.argsort(total, kind="stable")
    order = order[total[order] < slack]
    one, two = one[order], two[order]
    fits = _fit(state, one, two)
    return [(int(i), int(j)) for i, j in zip(one[fits][:most], two[fits][:most], strict=True)]


def openings(state: State, server: int) -> list[Move]:
    """Open a server that is not in use for those that gain most by it: several numbers of users."""
    table, situation = state.situation.table, state.situation
    there = situation.best_of_each(np.where(table.server == server, state.value, np.inf))
    users = np.flatnonzero(there >= 0)
    gain = state.value[state.chosen[users]] - state.value[there[users]]
    users = users[np.argsort(-gain, kind="stable")][: int((gain > 0).sum())]
    load = np.cumsum(situation.terms[there[users]], axis=0)
    fit = int((situation.levels(load) <= ROOM).sum()) if len(users) else 0
    return [tuple(there[users[:k]].tolist()) for k in dict.fromkeys((1, 2, 3, 5, fit // 2, fit)) if 1 <= k <= fit]


def _threshold(state: State, to: Ints, back: Ints) -> Floats:
    """[n_options] estimates below this may pay: whole pieces can gain the rounding of both servers."""
    slack = np.append(state.rounding_j, 0.0)  # server −1 reaches the 0
    return np.asarray(slack[to] + slack[back] - 1e-12 * abs(state.cost_j))


def _pool(state: State, estimate: Floats) -> Ints:
    """A few options of each user on each server: those of least estimate and the lightest; by estimate."""
    table, situation = state.situation.table, state.situation
    rows = np.flatnonzero(np.isfinite(estimate))
    keep = np.zeros(len(rows), dtype=bool)
    for score, each in ((estimate[rows], _EACH), (situation.level[rows], 1)):
        order = np.lexsort((score, table.server[rows], table.user[rows]))
        pair = table.user[rows[order]] * (table.n_servers + 1) + table.server[rows[order]] + 1
        start = np.flatnonzero(np.diff(pair, prepend=-1) != 0)
        place = np.arange(len(order)) - np.repeat(start, np.diff(np.append(start, len(order))))
        keep[order[place < each]] = True
    rows = rows[keep]
    return rows[np.argsort(estimate[rows], kind="stable")]


def _fit(state: State, one: Ints, two: Ints | None) -> Bools:
    """Whether the servers that the options go to have room after the change(s)."""
    fits = _has_room(state, one, two)
    if two is not None:
        fits &= _has_room(state, two, one)
    return fits


def _has_room(state: State, option: Ints, other: Ints | None) -> Bools:
    """Room on the server of ``option`` after it and ``other`` came and what they replace left."""
    table, terms = state.situation.table, state.situation.terms
    to = table.server[option]
    load = state.sums[to] + terms[option]
    old = state.chosen[table.user[option]]
    load -= np.where((table.server[old] == to)[:, None], terms[old], 0.0)
    if other is not None:
        old = state.chosen[table.user[other]]
        load += np.where((table.server[other] == to)[:, None], terms[other], 0.0)
        load -= np.where((table.server[old] == to)[:, None], terms[old], 0.0)
    return np.asarray((to == LOCAL) | (state.situation.levels(load) <= ROOM + 1e-9))
