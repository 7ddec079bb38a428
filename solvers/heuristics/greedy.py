"""Marginal saving for each unit of resource: the greedy of the multiple-choice knapsack."""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Floats, Ints
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
    for each unit of uplink and compute is made, again and again, while the shares fit. Best shares at the end."""

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
    chosen = _upgrade(_Columns.of(situation), situation, start, incumbent.clock)
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
    """Options at several shares each: what the knapsack is packed with. ``take`` [n, 3]: β, φ and part of the memory."""

    option: Ints
    user: Ints
    server: Ints
    take: Floats
    cost_j: Floats

    @classmethod
    def of(cls, situation: Situation) -> _Columns:
        """Usable options at multiples of the least share; whole pieces under units."""
        table = situation.table
        rows = np.flatnonzero(situation.usable)
        option = np.tile(rows, len(_MULTIPLES))
        air, run, slack = table.uplink_s[option], table.server_s[option], table.slack_s[option]
        mixed, factor = np.sqrt(air * run), np.repeat(_MULTIPLES, len(rows)) * ROOM
        slack = np.where(slack > 0, slack, np.inf)
        beta, phi = ((own + mixed) / slack * factor for own in (air, run))
        server = table.server[option]
        if table.allocation == "units" and table.n_servers:
            beta, phi = (np.ceil(share * pieces[server] - 1e-9) / pieces[server]
                         for share, pieces in ((beta, table.blocks), (phi, table.units)))  # fmt: skip
        beta, phi = np.minimum(beta, 1.0), np.minimum(phi, 1.0)
        take = np.column_stack([beta, phi, situation.terms[option, -1]])
        take[server == LOCAL] = 0.0
        cost = table.cost_j(beta, phi, option)
        if table.n_servers:
            crowd = max(1.0, table.n_users / table.n_servers)
            cost += np.where(server == LOCAL, 0.0, table.static_j[server] / crowd)
        kept = np.isfinite(cost)
        return cls(option[kept], table.user[option[kept]], server[kept], take[kept], cost[kept])


def _upgrade(columns: _Columns, situation: Situation, start: Ints, clock: Clock) -> Ints:
    """Make the exchanges that save most per unit of resource while they fit."""
    current = _lightest_columns(columns, situation, start)
    n_servers = situation.table.n_servers
    load = np.zeros((n_servers + 1, 3))
    known = current >= 0
    np.add.at(load, columns.server[current[known]], columns.take[current[known]])
    load[LOCAL] = 0.0
    blocked = ~known[columns.user]
    order = np.argsort(columns.user, kind="stable")
    while clock.left_s > 0:
        saving, best = _best_exchanges(columns, current, blocked, order)
        if not len(best):
            break
        for k in best[np.argsort(-saving, kind="stable")].tolist():
            user = int(columns.user[k])
            old, server = int(current[user]), int(columns.server[k])
            after = load[server] + columns.take[k]
            if server == columns.server[old]:
                after = after - columns.take[old]
            if server != LOCAL and (after > ROOM).any():
                blocked[k] = True
                continue
            load[columns.server[old]] -= columns.take[old]
            load[server] += columns.take[k]
            load[LOCAL] = 0.0
            current[user] = k
    chosen = start.copy()
    chosen[known] = columns.option[current[known]]
    return chosen


def _best_exchanges(columns: _Columns, current: Ints, blocked: np.ndarray, order: Ints) -> tuple[Floats, Ints]:  # type: ignore[type-arg]
    """Saving per unit of resource and column of the best exchange of every user that has one."""
    now = current[columns.user]
    saving = np.where(blocked, 0.0, columns.cost_j[now] - columns.cost_j)
    extra = (columns.take - columns.take[now]).sum(axis=1)
    rate = np.where(saving > 1e-12 * columns.cost_j[now], saving / np.maximum(extra, 1e-9), 0.0)
    sorted_user = columns.user[order]
    ranked = order[np.lexsort((-rate[order], sorted_user))]
    first = np.flatnonzero(np.diff(sorted_user, prepend=-1) != 0)
    best = ranked[first]
    best = best[rate[best] > 0]
    return rate[best], best


def _lightest_columns(columns: _Columns, situation: Situation, start: Ints) -> Ints:
    """[n_users] the column of the starting option that takes least; −1 where it has none."""
    current = np.full(len(start), -1, dtype=np.int64)
    rows = np.flatnonzero(start[columns.user] == columns.option)
    rows = rows[np.lexsort((columns.take[rows].sum(axis=1), columns.user[rows]))]
    users, first = np.unique(columns.user[rows], return_index=True)
    current[users] = rows[first]
    return current
