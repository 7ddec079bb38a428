"""Marginal saving for each unit of resource: the greedy of the multiple-choice knapsack."""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Bools, Floats, Ints
from instances.options import LOCAL, OptionTable
from solvers.answer import Answer, Clock, Limits, Stop
from solvers.heuristics.incumbent import Incumbent, Outcome, run
from solvers.heuristics.repair import repair
from solvers.heuristics.situation import ROOM, Situation
from solvers.registry import Kind, method

__all__ = ["NOTHING_FITS", "Greedy", "first_fit", "greedy_search"]

NOTHING_FITS = "no choice was found that meets all deadlines within the servers' uplink, compute and memory together"

_MULTIPLES = (1.0, 1.4, 2.0, 3.0, 5.0, 10.0)
_ATTEMPTS = 6


@method
class Greedy:
    """Everybody starts with what takes least (local, where that is in time); then the exchange that saves most energy
    for each unit of uplink and compute is made, again and again, while the shares fit; and once more with the exchange
    that saves most in all before that, as large items starve otherwise. Best shares at the end, the better of both."""

    name = "greedy"
    title = "largest marginal saving per unit of resource"
    kind: Kind = "heuristic"
    guarantee = None
    reference = "greedy of the multiple-choice knapsack: Kellerer, Pferschy, Pisinger, Knapsack Problems, 2004, ch. 11"

    def supports(self, table: OptionTable) -> str | None:
        """Any instance."""
        return None

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        """A few passes over the options."""
        return run(table, clock, lambda situation, incumbent: greedy_search(situation, incumbent, rng))


def greedy_search(situation: Situation, incumbent: Incumbent, rng: np.random.Generator) -> Outcome:
    """Offer what the greedy finds."""
    start = first_fit(situation, rng, incumbent.clock)
    if start is None:
        late = incumbent.out_of_time
        return (Stop.TIME, "the time ran out before a plan was found") if late else (Stop.FINISHED, NOTHING_FITS)
    incumbent.offer(start)
    columns = _Columns.of(situation)
    for large_first in (False, True):
        packing = _Packing(columns, situation.table.n_servers, start)
        if large_first:
            packing.fill(incumbent.clock, lightest=True, per_unit=False)
        chosen = packing.fill(incumbent.clock, lightest=False, per_unit=True)
        fitting = repair(situation, chosen, situation.fair_j, rng=rng, clock=incumbent.clock)
        if fitting is not None:
            incumbent.offer(fitting)
    return (Stop.TIME if incumbent.out_of_time else Stop.FINISHED), ""


def first_fit(situation: Situation, rng: np.random.Generator, clock: Clock) -> Ints | None:
    """A choice that fits, close to taking as little as possible; None when a few attempts find none."""
    table = situation.table
    for attempt in range(_ATTEMPTS):
        level = np.where(situation.usable, situation.level, np.inf)
        if attempt:
            level = level * np.exp(0.5 * attempt * rng.standard_normal(len(table)))
        chosen = situation.best_of_each(level)
        found = repair(situation, chosen, situation.fair_j, rng=rng, clock=clock)
        if found is not None or clock.left_s <= 0:
            return found
    return None


@dataclasses.dataclass(frozen=True, eq=False)
class _Columns:
    """Options at several multiples of their least shares: what the knapsack is packed with.

    ``take`` [n, 2 + stocks]: β, φ and parts of memory and energy.
    """

    option: Ints
    user: Ints
    server: Ints
    multiple: Floats
    take: Floats
    cost_j: Floats

    @classmethod
    def of(cls, situation: Situation) -> _Columns:
        """Usable options at multiples of the least share; whole pieces under units."""
        table = situation.table
        rows = np.flatnonzero(situation.usable)
        option = np.tile(rows, len(_MULTIPLES))
        air, run, slack = table.uplink_s[option], table.server_s[option], table.slack_s[option]
        mixed, multiple = np.sqrt(air * run), np.repeat(_MULTIPLES, len(rows))
        slack = np.where(slack > 0, slack, np.inf)
        beta, phi = ((own + mixed) / slack * multiple * ROOM for own in (air, run))
        server = table.server[option]
        if table.allocation == "units" and table.n_servers:
            beta, phi = (np.ceil(share * pieces[server] - 1e-9) / pieces[server]
                         for share, pieces in ((beta, table.blocks), (phi, table.units)))  # fmt: skip
        beta, phi = np.minimum(beta, 1.0), np.minimum(phi, 1.0)
        take = np.column_stack([beta, phi, situation.terms[option, -len(table.stocks) :]])
        take[server == LOCAL] = 0.0
        cost = table.cost_j(beta, phi, option)
        if table.n_servers:
            crowd = max(1.0, table.n_users / table.n_servers)
            cost += np.where(server == LOCAL, 0.0, table.static_j[server] / crowd)
        kept = np.isfinite(cost)
        return cls(option[kept], table.user[option[kept]], server[kept], multiple[kept], take[kept], cost[kept])


class _Packing:
    """One column a user, and the loads of the servers (the last row, reached by server −1, stays 0)."""

    def __init__(self, columns: _Columns, n_servers: int, start: Ints) -> None:
        self.columns, self.chosen = columns, start.copy()
        self.current = _lightest_columns(columns, start)
        self.known = self.current >= 0
        self.load = np.zeros((n_servers + 1, columns.take.shape[1]))
        taken = self.current[self.known]
        np.add.at(self.load, columns.server[taken], columns.take[taken])
        self.load[LOCAL] = 0.0
        self.order = np.argsort(columns.user, kind="stable")

    def fill(self, clock: Clock, *, lightest: bool, per_unit: bool) -> Ints:
        """Make the exchanges that save most, per unit of resource or in all, while they fit; options chosen.

        Args:
            clock: of the time limit.
            lightest: use every option at its least share only.
            per_unit: rank by saving per unit of resource.
        """
        columns = self.columns
        blocked = ~self.known[columns.user] | (lightest & (columns.multiple > 1))
        while clock.left_s > 0:
            rank, best = self._best_exchanges(blocked, per_unit)
            if not len(best):
                break
            for k in best[np.argsort(-rank, kind="stable")].tolist():
                blocked[k] = not self._exchange(k)
        self.chosen[self.known] = columns.option[self.current[self.known]]
        return self.chosen

    def _exchange(self, k: int) -> bool:
        """Change a user to column k if it fits; whether it did."""
        columns, user, server = self.columns, int(self.columns.user[k]), int(self.columns.server[k])
        old = int(self.current[user])
        others = self.load[server] - (columns.take[old] if server == columns.server[old] else 0.0)
        # A server that is over-full in these columns (the start fits at other shares) may be relieved.
        if server != LOCAL and (others + columns.take[k] > np.maximum(ROOM, self.load[server])).any():
            return False
        self.load[columns.server[old]] -= columns.take[old]
        self.load[server] += columns.take[k]
        self.load[LOCAL] = 0.0
        self.current[user] = k
        return True

    def _best_exchanges(self, blocked: Bools, per_unit: bool) -> tuple[Floats, Ints]:
        """Rank and column of the best exchange of every user that has one."""
        columns, now = self.columns, self.current[self.columns.user]
        saving = np.where(blocked, 0.0, columns.cost_j[now] - columns.cost_j)
        extra = (columns.take - columns.take[now]).sum(axis=1)
        rank = saving / np.maximum(extra, 1e-9) if per_unit else saving
        rank = np.where(saving > 1e-12 * columns.cost_j[now], rank, 0.0)
        users = columns.user[self.order]
        ranked = self.order[np.lexsort((-rank[self.order], users))]
        best = ranked[np.flatnonzero(np.diff(users, prepend=-1) != 0)]
        best = best[rank[best] > 0]
        return rank[best], best


def _lightest_columns(columns: _Columns, start: Ints) -> Ints:
    """[n_users] the column of the starting option that takes least; −1 where it has none."""
    current = np.full(len(start), -1, dtype=np.int64)
    rows = np.flatnonzero(start[columns.user] == columns.option)
    rows = rows[np.lexsort((columns.take[rows].sum(axis=1), columns.user[rows]))]
    users, first = np.unique(columns.user[rows], return_index=True)
    current[users] = rows[first]
    return current
