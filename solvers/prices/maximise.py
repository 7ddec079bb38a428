"""The best bound that prices can give, for crowds of up to some thousands of users.

Only few options are near the least at good prices. So the interior-point method works on those, the dual function is
evaluated over all, and options that turn out cheaper than was thought join in, until none does: then the value over
the few is that over all. The bound is always that of an evaluation over all options.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np

from instances.columns import Bools, Floats, Ints
from solvers.answer import Clock
from solvers.prices.dual import Dual, Point
from solvers.prices.interior import Interior, Solved

__all__ = ["Best", "ceiling_j", "maximise"]

_SHARP = 12
_NEAR = 0.1
"""Options that cost up to this part more than the user's least at the first prices are worked on from the start."""
_NEARER = 0.01
_ALL = 400
"""So many options are worked on at once without choosing."""


@dataclasses.dataclass(frozen=True, eq=False)
class Best:
    """The best point found, and what the LP relaxation makes of it.

    ``point``: its bound is certain. ``solved``: of the last interior-point run. ``rounds``: evaluations over all
    options. ``settled``: whether the bound is that of the LP relaxation within the tolerance.
    """

    point: Point
    solved: Solved | None
    rounds: int
    settled: bool

    def weights(self) -> tuple[Ints, Floats]:
        """Rows of the table that the LP relaxation uses, sorted, and the part of their user that each gets.

        Parts of a user add up to 1 within the tolerance, once settled. Without a run: the cheapest options, 1 each.
        """
        if self.solved is None:
            return self.point.chosen, np.ones(len(self.point.chosen))
        order = np.argsort(self.solved.rows)
        return self.solved.rows[order], self.solved.weight[order]


def maximise(dual: Dual, prices: Floats, *, rounds: int = 20, tolerance: float = 1e-7, enough: float = math.inf,
             clock: Clock | None = None, heard: Callable[[Point], None] = lambda point: None) -> Best:  # fmt: skip
    """Prices whose bound is that of the LP relaxation, within the tolerance.

    Args:
        dual: the dual function; every user must have an option.
        prices: [kinds, n_servers] to start from; the closer the better.
        rounds: evaluations over all options to make, at most.
        tolerance: relative gap to the LP relaxation at which to stop.
        enough: a bound above this ends the search, J; one above `ceiling_j` does in any case.
        clock: its time limit ends the search.
        heard: told every point.
    """
    enough = min(enough, ceiling_j(dual))
    point = best = dual.at(prices, steps=_SHARP)
    heard(point)
    solved: Solved | None = None
    kept = _near(dual, point, _NEAR) if len(dual.work) > _ALL else np.ones(len(dual.work), dtype=bool)
    for taken in range(1, max(1, rounds)):
        if best.bound_j > enough or not dual.table.n_servers or (clock is not None and clock.left_s <= 0):
            return Best(best, solved, taken, False)
        rows = np.flatnonzero(kept)
        program = Interior(dual, rows)
        solved = program.solve(best.prices, tolerance=0.5 * tolerance, enough=enough, clock=clock)
        dual.force[rows] = program.rows.force
        point = dual.at(solved.prices, steps=_SHARP)
        heard(point)
        best = point if point.bound_j > best.bound_j else best
        new = _near(dual, point, _NEARER) & ~kept
        short = solved.value_j - best.bound_j > 0.5 * tolerance * abs(best.bound_j)
        if not short or not new.any():
            return Best(best, solved, taken + 1, solved.settled and not short)
        kept |= new
    return Best(best, solved, max(1, rounds), False)


def _near(dual: Dual, point: Point, width: float) -> Bools:
    """[n_work] options that cost at most so much (relative) more than the user's least, and each server's least."""
    user, server, value = dual.work.user, dual.work.server, dual.value
    least = point.value_j[user]
    pair = user * dual.table.n_servers + server
    start = np.flatnonzero(np.diff(pair, prepend=-1))
    of_pair = np.repeat(np.minimum.reduceat(value, start), np.diff(np.append(start, len(pair))))
    return np.asarray((value <= least + width * np.abs(least)) | ((width >= _NEAR) & (value <= of_pair)))


def ceiling_j(dual: Dual) -> float:
    """A value, J, that no plan exceeds: bounds above it prove that there is no plan (docs/theory.md, P5)."""
    work = dual.work
    fastest = np.divide(work.device, work.quickest)
    most = np.where(np.isfinite(dual.local_j), dual.local_j, -np.inf)
    np.maximum.at(most, work.user, work.fixed + work.clock_w * fastest**2 + (work.send_w + work.floor) * work.budget)
    total = float(most[np.isfinite(most)].sum()) + float(dual.table.static_j.sum())
    return total * (1 + 1e-9)
