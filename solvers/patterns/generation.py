"""Patterns found where they are missing: bound, and a first plan by diving.

For any payments u ≥ 0 of users, Σ u + Σ_s min(0, f_s + best set at s) + Σ_i min(0, local_i − u_i) is a bound, in which
the best set is a knapsack over the columns' costs less what their users pay (docs/theory.md, P36).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from formulations.parts.unit_columns import UnitColumns
from instances.certificate import Payments
from instances.columns import Floats, Ints
from instances.options import LOCAL, OptionTable
from solvers.answer import Clock
from solvers.patterns.master import Mixture, PatternMaster
from solvers.patterns.stands import Packed, Stand, stands_of

__all__ = ["Generation"]

_INWARD = 0.3
_MISSING, _DEARER = 3.0, 4.0
"""What not serving a user costs at first, in what it pays; grows where that does not keep users out."""
_AT_ONCE, _SURE = 0.04, 0.9
"""Part of the servers that a dive fixes at once, and patterns of that weight as well."""
_DIVE_ROUNDS = 4
_WHOLE = 1e-6
_ROUNDING = 1e-12

Pack = Callable[[Stand, Floats], Packed]


class Generation:
    """Patterns over some columns of a table.

    ``stands``: of the servers; ``master``: the patterns so far; ``paid_j`` [n_users]: payments of the best bound;
    ``bound_j``: it, over these columns; ``missing_j`` [n_users]: what not serving a user costs.

    Args:
        table: where servers are from.
        columns: what users can choose from.
        paid_j: [n_users] payments to start from, J.
        clock: its limit ends everything.
    """

    def __init__(self, table: OptionTable, columns: UnitColumns, paid_j: Floats, clock: Clock) -> None:
        self.table, self.columns, self.clock = table, columns, clock
        self.pieces: Ints = np.stack([table.blocks, table.units])
        self.stands = stands_of(self.pieces, columns.server, columns.user, columns.blocks, columns.units)
        self.local = np.flatnonzero(columns.server == LOCAL)
        self.paid_j: Floats = np.maximum(paid_j, 0.0)
        self.missing_j: Floats = _MISSING * np.maximum(self.paid_j, float(self.paid_j.mean()) + 1e-12)
        # Whoever can do without servers is never left out.
        alone = np.zeros(table.n_users)
        alone[columns.user[self.local]] = columns.cost_j[self.local]
        self.missing_j = np.maximum(self.missing_j, 2 * alone)
        self.master = PatternMaster(columns, self.local, table.static_j, self.missing_j, clock)
        self.bound_j, self._proving = -math.inf, self.paid_j

    def quick(self, rounds: int, tolerance: float) -> Mixture | None:
        """Patterns of the columns that prices favour; payments are then those of the mixture."""
        _, mixture = self._generate(rounds, tolerance, Stand.guess)
        if mixture is not None:
            self.paid_j = mixture.paid_j
        return mixture

    def proof(self) -> Payments:
        """What proves `bound_j`."""
        return Payments(self._proving, np.stack([stand.price_j for stand in self.stands], axis=1))

    def exact(self, rounds: int, tolerance: float, enough: float = math.inf) -> Mixture | None:
        """Patterns until none is missing that matters; raises the bound. ``enough``: J, a bound to stop at."""
        value, mixture = self._generate(rounds, tolerance, Stand.pack, enough)
        if value > self.bound_j:
            self.bound_j, self._proving = value, self.paid_j
        return mixture

    def learn(self, other: Generation, rows_there: Ints, rows_here: Ints) -> None:
        """Take over patterns of others, as far as their columns are here too.

        Args:
            other: over some of the same options.
            rows_there, rows_here: [options] what the options of both are called in common.
        """
        there, here = ((r[c.option], c.blocks, c.units) for r, c in
                       ((rows_there, other.columns), (rows_here, self.columns)))  # fmt: skip
        both = [np.concatenate(pair) for pair in zip(there, here, strict=True)]
        _, place = np.unique(np.stack(both), axis=1, return_inverse=True)
        known = np.full(len(both[0]), -1, dtype=np.int64)
        known[place.reshape(-1)[len(there[0]) :]] = np.arange(len(here[0]))
        at = known[place.reshape(-1)[: len(there[0])]]
        moved = [(int(s), at[c]) for s, c in zip(other.master.server, other.master.columns, strict=True)]
        self.master.add([(s, np.sort(c)) for s, c in moved if s != LOCAL and (c >= 0).all()])
        self.missing_j = other.missing_j
        self.master.recost(self.missing_j)

    def look(self, paid: Floats, closed: Ints | None = None, pack: Pack = Stand.guess) -> tuple[float, int]:
        """A pattern of each server at some payments, but of those closed: the value of the bound, and how many new.

        Without time for all servers the patterns found are kept, and the value is −inf.
        """
        columns, static = self.columns, self.table.static_j
        worth = columns.cost_j - paid[columns.user]
        shut = set() if closed is None else set(closed.tolist())
        open_stands = [(s, stand) for s, stand in enumerate(self.stands) if s not in shut]
        found = []
        for s, stand in open_stands:
            if self.clock.left_s <= 0:
                break
            found.append((s, pack(stand, worth)))
        new = self.master.add([(s, p.columns) for s, p in found if p.least + static[s] < 0])
        if len(found) < len(open_stands):
            return -math.inf, new
        alone = np.minimum(columns.cost_j[self.local] - paid[columns.user[self.local]], 0.0)
        gains = np.array([min(p.least + static[s], 0.0) for s, p in found])
        terms = np.concatenate([paid, alone, gains])
        return math.fsum(terms) - _ROUNDING * float(np.abs(terms).sum()), new

    def _generate(self, rounds: int, tolerance: float, pack: Pack, enough: float = math.inf
                  ) -> tuple[float, Mixture | None]:  # fmt: skip
        paid = centre = self.paid_j
        best, mixture = -math.inf, None
        for k in range(rounds):
            value, new = self.look(paid, None, pack)
            if value > best:
                best, centre = value, paid
            if self.clock.left_s <= 0 or best >= enough:
                break
            mixture = self.master.solve()
            if mixture is None:
                break
            lacking = mixture.lacking > _WHOLE
            if mixture.value_j - best <= tolerance * abs(mixture.value_j) or not new:
                if lacking.any():
                    self.missing_j = np.where(lacking, _DEARER * self.missing_j, self.missing_j)
                    self.master.recost(self.missing_j)
                elif new or (paid == mixture.paid_j).all():
                    break
            part = _INWARD if k % 4 and new else 0.0
            paid = part * centre + (1 - part) * mixture.paid_j
        self.paid_j = centre
        return best, mixture

    def dive(self, mixture: Mixture) -> Ints:
        """Fix the surest patterns, generate for the rest, and so on: [n_users] a column of each, −1 where none is left.

        Some users may be left out.
        """
        fixed: Ints = np.zeros(0, dtype=np.int64)
        while self.clock.left_s > 0:
            sure = self._surest(mixture.weight, fixed)
            if not len(sure):
                break
            fixed = np.concatenate([fixed, sure])
            self.master.fix(fixed)
            for _ in range(_DIVE_ROUNDS):
                ahead = self.master.solve()
                if ahead is None:
                    break
                mixture = ahead
                if not self.look(mixture.paid_j, self.master.server[fixed])[1]:
                    break
        self.master.fix(fixed[:0])
        return self.held([self.master.columns[k] for k in fixed])

    def _surest(self, weights: Floats, fixed: Ints) -> Ints:
        """Patterns to fix next, one of a server at most."""
        server, weight = self.master.server, np.zeros(len(self.master))
        weight[: len(weights)] = weights
        weight[(server == LOCAL) | np.isin(server, server[fixed])] = 0.0
        order = np.argsort(-weight, kind="stable")
        order = order[weight[order] > _WHOLE]
        order = order[np.sort(np.unique(server[order], return_index=True)[1])]
        count = max(1, int(_AT_ONCE * len(self.stands)), int((weight[order] > _SURE).sum()))
        return np.asarray(order[:count])

    def held(self, patterns: list[Ints]) -> Ints:
        """[n_users] the cheapest column of each user in some patterns, or without a server; −1 for none."""
        held = np.full(self.table.n_users, -1, dtype=np.int64)
        columns = np.concatenate([self.local, *patterns])
        columns = columns[np.argsort(-self.columns.cost_j[columns], kind="stable")]
        held[self.columns.user[columns]] = columns
        return held

    def cost(self, held: Ints) -> float:
        """J of everybody's column with static energy; inf where somebody has none."""
        if (held < 0).any():
            return math.inf
        on = np.unique(self.columns.server[held])
        return float(self.columns.cost_j[held].sum() + self.table.static_j[on[on != LOCAL]].sum())
