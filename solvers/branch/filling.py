"""A plan and a bound where whole pieces are scarce, before the search: what the search needs to leave options out.

Where capacity is overloaded, repairing the cheapest choice finds poor plans or none, and with a poor plan hardly any
option can be left out. So columns of the options that prices favour are listed, priced by the linear program over
them, and put together: along the row where servers lie in one (`solvers.corridor`), server by server where few users
fit one (`solvers.patterns`), else by a MILP over the columns of small reduced cost.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np

from formulations.joint_units import UnitsModel, build_program
from formulations.parts.unit_columns import UnitColumns
from formulations.program import Decision
from instances.columns import Floats, Ints
from instances.options import LOCAL, OptionTable
from solvers.answer import Clock, Limits, relative_gap
from solvers.branch.bound import Bounded, bound_case
from solvers.branch.cases import Case
from solvers.branch.master import Master
from solvers.branch.pieces import Pieces
from solvers.branch.row import bound_row, settle_row
from solvers.corridor import line_of
from solvers.highs import solve_program
from solvers.patterns import Descent, Generation, Windows
from solvers.prices.dual import Dual, Point

__all__ = ["Filling"]

_WIDTHS = (100.0, 1.0, 0.3, 0.1, 0.05, 0.02, 0.0)
"""Options that cost up to so many times the mean user's cost more than the user's cheapest; the widest that can be."""
_MOST_CELLS = 2e7
"""Pieces of all options together up to which they are listed; once more as many with the lightest options."""
_SHARP = 12
_ROUNDS, _TOLERANCE, _ABOVE = 60, 1e-5, 1.3
_MOST_COLUMNS = {True: 60_000, False: 6_000}
"""Columns that are gone on with where servers are small, and where they are not."""
_SMALL = 12.0
"""Users that a server serves in the linear program, on average, up to which servers are small."""
_QUICK, _EXACT, _CLOSE = 40, 25, 1e-3
_PACKINGS = 20
_PASSES, _FEWEST = 2, 8
"""Windows without a gain before the search for plans ends: passes over all servers, and at least so many."""
_NODES, _PART_OF_TIME = 50, 0.4


@dataclasses.dataclass(eq=False)
class Filling:
    """Looks for plans and bounds of a table.

    Args:
        table: all options. dual, point: of it, at good prices.
        dear_j: more than any plan costs.
        limits, clock, rng: as everywhere.
        keep: hears of plans, and tells what the best known costs. prove: hears of bounds, and tells the best known.
    """

    table: OptionTable
    dual: Dual
    point: Point
    dear_j: float
    limits: Limits
    clock: Clock
    rng: np.random.Generator
    keep: Callable[[Decision | None], float]
    prove: Callable[[float], float]

    def run(self, root_of: Callable[[Pieces], Case]) -> None:
        """List, price, put together."""
        line = line_of(self.table)
        if line is not None:
            bounded = bound_row(self.table, self.point, self.dear_j)
            settle_row(self.table, line, self.point, bounded, self.dear_j, self.clock, self._hear)
            return
        rows = self._rows()
        pieces = Pieces(self.table.take(rows))
        if not len(pieces.user) or (np.bincount(pieces.user, minlength=self.table.n_users) == 0).any():
            return
        master = Master(pieces, self.dear_j)
        bounded = bound_case(master, root_of(pieces), _ABOVE * self.point.bound_j, _ROUNDS, _TOLERANCE)
        relaxed = bounded.relaxed
        if relaxed is None or self.clock.left_s <= 0:
            return
        self.prove(self._lowered(bounded, rows))
        served = relaxed.weight[pieces.server != LOCAL].sum()
        small = bool(served <= _SMALL * max(1, int((relaxed.on > 0.5).sum())))
        kept = _thinned(pieces, bounded, _MOST_COLUMNS[small])
        columns = _columns(pieces, kept)
        generation = Generation(pieces.table, columns, relaxed.paid_j, self.clock)
        # Where each user's heaviest column is whole, they fit together.
        heavy = np.flatnonzero(relaxed.weight[kept] > 1 - 1e-6)
        held = np.full(self.table.n_users, -1, dtype=np.int64)
        held[columns.user[heavy]] = heavy
        self._descend(generation, rows, held)
        if small:
            self._by_patterns(generation, rows, len(kept) == len(pieces.user))
        else:
            self._by_columns(generation, rows)

    def _lowered(self, bounded: Bounded, rows: Ints) -> float:
        """The bound over some rows, less what the others could save: their columns cost no less than the options."""
        prices = bounded.rates.prices
        whole = np.zeros((2 + len(self.table.stocks), self.table.n_servers))
        whole[: len(prices)] = prices
        other = np.setdiff1d(np.arange(len(self.table)), rows)
        self.dual.at(whole, steps=_SHARP)
        least = np.full(self.table.n_users, np.inf)
        np.minimum.at(least, self.table.user[other], self.dual.worth_j[other])
        self.dual.at(self.point.prices, steps=_SHARP)
        return bounded.bound_j + float(np.minimum(least - bounded.priced.least, 0.0).sum())

    def _rows(self) -> Ints:
        """The options that prices favour, and the lightest of every user and server if they are not too many."""
        table, extra = self.table, self.dual.worth_j - self.point.value_j[self.table.user]
        mean = abs(self.point.bound_j) / max(1, table.n_users)
        cells = np.where(table.is_local, 1.0, 0.0)
        if table.n_servers:
            cells = np.where(table.is_local, 1.0, (table.blocks * table.units)[table.server])
        near = next(near for width in _WIDTHS if cells[near := extra <= width * mean].sum() <= _MOST_CELLS or not width)
        light = np.zeros(len(table), dtype=bool)
        light[self.dual.favoured(self.point).rows] = True
        return np.flatnonzero(near | light if cells[near | light].sum() <= 2 * _MOST_CELLS else near | table.is_local)

    def _descend(self, generation: Generation, rows: Ints, held: Ints) -> Ints:
        """Servers packed one by one from what is held; the best of it, which is offered."""
        search = Descent(generation, held)
        search.run(_PACKINGS * self.table.n_servers, self.clock)
        if search.best is None:
            return search.held
        self._offer(generation, rows, search.best)
        return search.best

    def _offer(self, generation: Generation, rows: Ints, held: Ints) -> float:
        """Hand a plan on; the least cost known, J."""
        if (held < 0).any():
            return self.keep(None)
        columns, table = generation.columns, self.table
        server = columns.server[held]
        remote = server != LOCAL
        share = np.zeros((2, len(held)))
        share[:, remote] = np.stack([columns.blocks[held], columns.units[held]])[:, remote]
        share[:, remote] /= np.stack([table.blocks, table.units])[:, server[remote]]
        return self.keep(Decision(rows[columns.option[held]], share[0], share[1]))

    def _by_patterns(self, generation: Generation, rows: Ints, whole: bool) -> None:
        """Patterns, a dive, windows."""
        mixture = generation.quick(_QUICK, _CLOSE)
        mixture = generation.exact(_EXACT, _CLOSE) or mixture
        if mixture is None or self.clock.left_s <= 0:
            return
        held = self._descend(generation, rows, generation.dive(mixture))
        best_j = self._offer(generation, rows, held)
        self._bound(generation, rows, best_j, whole)
        windows = Windows(generation, held, self.rng)
        idle = 0
        while idle < max(_FEWEST, _PASSES * windows.turns) and self.clock.left_s > 0:
            if relative_gap(best_j, self.prove(-math.inf)) <= self.limits.gap:
                return
            idle = 0 if windows.step() else idle + 1
            best_j = self._offer(generation, rows, windows.held)

    def _hear(self, decision: Decision | None, bound_j: float) -> bool:
        return relative_gap(self.keep(decision), self.prove(bound_j)) <= self.limits.gap

    def _bound(self, generation: Generation, rows: Ints, best_j: float, whole: bool) -> None:
        """What the payments prove, where all options that a better plan may use have been looked at."""
        extra = self.dual.worth_j - self.point.value_j[self.table.user]
        useful = np.flatnonzero(self.point.bound_j + extra <= best_j * (1 + 1e-9))
        if whole and np.isin(useful, rows).all():
            self.prove(min(best_j, generation.bound_j))
            return
        at = self.table.server[useful]
        remote = at != LOCAL
        if (self.table.blocks * self.table.units)[at[remote]].sum() > 2 * _MOST_CELLS:
            return
        pieces = Pieces(self.table.take(useful))
        columns = _columns(pieces, np.arange(len(pieces.user)))
        everything = Generation(pieces.table, columns, generation.paid_j, self.clock)
        everything.learn(generation, rows, useful)
        everything.exact(_EXACT, _CLOSE)
        self.prove(min(best_j, everything.bound_j))

    def _by_columns(self, generation: Generation, rows: Ints) -> None:
        """A MILP over the columns."""
        table, columns = generation.table, generation.columns
        model = UnitsModel(table, columns, build_program(table, columns))

        def hear(values: Floats | None, best: float, bound: float) -> None:
            if values is not None:
                decision = model.decode(values)
                self.keep(dataclasses.replace(decision, chosen=rows[decision.chosen]))

        seconds = None if math.isinf(self.clock.left_s) else _PART_OF_TIME * self.clock.left_s
        nodes = _NODES if self.limits.nodes is None else min(_NODES, self.limits.nodes)
        found = solve_program(model.program, Limits(time_s=seconds, gap=self.limits.gap, nodes=nodes), on_state=hear)
        hear(found.values, found.objective, found.bound)


def _columns(pieces: Pieces, rows: Ints) -> UnitColumns:
    """Some of the columns."""
    return UnitColumns(
        pieces.row[rows], pieces.blocks[rows], pieces.units[rows], pieces.cost_j[rows], pieces.user[rows],
        pieces.server[rows],
    )  # fmt: skip


def _thinned(pieces: Pieces, bounded: Bounded, most: int) -> Ints:
    """So many columns of least reduced cost, the smallest of each user and server, and those without a server."""
    if len(pieces.user) <= most:
        return np.arange(len(pieces.user))
    extra = bounded.priced.value - bounded.priced.least[pieces.user]
    pair = pieces.user * (pieces.table.n_servers + 1) + pieces.server
    size = np.maximum(*pieces.part)
    order = np.lexsort((size, pair))
    smallest = order[np.flatnonzero(np.diff(pair[order], prepend=-2))]
    least = np.argpartition(extra, most)[:most]
    return np.unique(np.concatenate([least, smallest, np.flatnonzero(pieces.server == LOCAL)]))
