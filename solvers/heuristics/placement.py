"""Placing users one by one where there is room."""

from __future__ import annotations

import numpy as np

from instances.columns import Floats, Ints
from instances.options import LOCAL
from solvers.heuristics.situation import ROOM, Situation

__all__ = ["place"]


def place(situation: Situation, score: Floats, *, shortest_queue: bool = False) -> tuple[Ints, Ints]:
    """One option for every user, those whose lightest option is heaviest first.

    Args:
        situation: the options.
        score: [n_options] what to keep low; inf excludes an option.
        shortest_queue: choose the server whose load stays least, by score only among options of one server.

    Returns:
        chosen [n_users] (−1 where nothing fits), and the users left out.
    """
    table = situation.table
    lightest = situation.best_of_each(np.where(np.isfinite(score), situation.level, np.inf))
    need = np.where(lightest >= 0, situation.level[lightest], np.inf)
    chosen = np.full(table.n_users, -1, dtype=np.int64)
    sums = np.zeros((table.n_servers + 1, situation.terms.shape[1]))
    for user in np.argsort(-need, kind="stable"):
        rows = situation.rows_of(np.array([user]))
        rows = rows[np.isfinite(score[rows])]
        after = sums[table.server[rows]] + situation.terms[rows]
        level = situation.levels(after)
        fits = level <= ROOM
        if not fits.any():
            continue
        rows, level = rows[fits], level[fits]
        keys = (score[rows], level) if shortest_queue else (level, score[rows])
        option = int(rows[np.lexsort(keys)[0]])
        chosen[user] = option
        sums[table.server[option]] += situation.terms[option]
        sums[LOCAL] = 0.0
    return chosen, np.flatnonzero(chosen < 0)
