"""From an option table of J-A to a packing, and back to a decision."""

from __future__ import annotations

import dataclasses

import numpy as np

from formulations.parts.capacity import stock_taken
from formulations.program import Decision
from instances.columns import Bools, Floats, Ints
from instances.options import OptionTable
from solvers.admission.packing import Packing

__all__ = ["STRETCH", "AdmissionColumns", "list_admission", "why_not_admission"]

STRETCH = 1.25
"""Continuous shares: ratio of neighbouring balances between uplink and compute that columns are made for."""

MOST_CELLS = 4_000_000
"""Options times blocks that are looked at together."""


def why_not_admission(table: OptionTable) -> str | None:
    """None for a table of J-A that can be packed, else the reason why not."""
    if len(np.unique(table.user[table.is_rejection])) < table.n_users or not table.n_users:
        return "it is not an admission problem (J-A): users cannot be turned away"
    if table.allocation == "continuous" and table.device_limit is not None:
        return "devices have energy budgets and shares are continuous"
    return None


@dataclasses.dataclass(frozen=True, eq=False)
class AdmissionColumns:
    """What the columns of a packing stand for.

    Args:
        table: the options.
        packing: columns of users that cannot be served for nothing.
        option, uplink_share, compute_share: [all columns].
        place: [columns of the packing] which of all columns each is.
        home: [n_users] the column that serves a user whatever the others do (locally, say), or −1.
    """

    table: OptionTable
    packing: Packing
    option: Ints
    uplink_share: Floats
    compute_share: Floats
    place: Ints
    home: Ints

    @property
    def home_weight(self) -> float:
        """Weight of the users that are served whatever the others do (but for those that cannot be turned away)."""
        return float(self.rejection_cost[self.home >= 0].sum())

    @property
    def rejection_cost(self) -> Floats:
        """[n_users] what turning each user away costs."""
        return np.where(self.rejection >= 0, self.table.cost_j(rows=self.rejection), 0.0)

    @property
    def rejection(self) -> Ints:
        """[n_users] the option that turns the user away; −1 where it was dropped for a better one."""
        rows = np.flatnonzero(self.table.is_rejection)
        found = np.full(self.table.n_users, -1, dtype=np.int64)
        found[self.table.user[rows]] = rows
        return found

    def decision(self, taken: Ints) -> Decision:
        """Decision of a choice of columns (`Packing.value`)."""
        column, served = self.home.copy(), taken >= 0
        column[served] = self.place[taken[served]]
        chosen, beta, phi = self.rejection, np.zeros(len(column)), np.zeros(len(column))
        served = column >= 0
        chosen[served] = self.option[column[served]]
        beta[served], phi[served] = self.uplink_share[column[served]], self.compute_share[column[served]]
        return Decision(chosen, beta, phi)


def list_admission(table: OptionTable) -> AdmissionColumns:
    """Columns of a J-A table: undominated pieces under units, shares in a grid of balances when continuous."""
    option, beta, phi = _in_pieces(table) if table.allocation == "units" else _in_shares(table)
    user, server = table.user[option], table.server[option]
    demand = np.column_stack([beta, phi, stock_taken(table, option)])
    remote = np.flatnonzero(~table.is_local[option])
    scarce = Packing.runs_out(user[remote], server[remote], demand[remote], table.n_servers)
    demand[remote] = np.where(scarce[server[remote]], demand[remote], 0.0)
    demand[table.is_local[option]] = 0.0
    home = np.full(table.n_users, -1, dtype=np.int64)
    free = np.flatnonzero(~demand.any(axis=1))
    home[user[free[::-1]]] = free[::-1]  # the first one of each user
    place = np.flatnonzero(home[user] < 0)
    weight, gain = np.zeros(table.n_users), np.zeros(table.n_users)
    rejected = np.flatnonzero(table.is_rejection)
    gain[table.user[rejected]] = table.cost_j(rows=rejected)
    weight[user[place]] = gain[user[place]]
    stretch = 1.0 if table.allocation == "units" else STRETCH
    packing = Packing(weight, user[place], server[place], demand[place], table.n_servers, stretch)
    return AdmissionColumns(table, packing, option, beta, phi, place, home)


_Columns = tuple[Ints, Floats, Floats]


def _in_pieces(table: OptionTable) -> _Columns:
    """For every option and number of blocks the least units in time: those that more blocks than one fewer bring."""
    rows = np.flatnonzero(~table.is_rejection & np.isfinite(table.cost_j()))
    local = rows[table.is_local[rows]]
    remote = rows[~table.is_local[rows]]
    most = int(table.blocks[table.server[remote]].max(initial=0))
    found = [_least_units(table, part, most) for part in np.array_split(remote, 1 + len(remote) * most // MOST_CELLS)]
    option, blocks, units = (np.concatenate(parts) for parts in zip(*found, strict=True))
    if len(option):
        order = np.argsort(option, kind="stable")
        option, blocks, units = option[order], blocks[order], units[order]
        server = table.server[option]
        beta, phi = blocks / table.blocks[server], units / table.units[server]
        kept = _undominated(table, option, beta, phi)
        option, beta, phi = option[kept], beta[kept], phi[kept]
    else:
        beta = phi = np.zeros(0)
    nothing = np.zeros(len(local))
    option = np.concatenate([local, option])
    order = np.lexsort((table.server[option], table.user[option]))
    return option[order], np.concatenate([nothing, beta])[order], np.concatenate([nothing, phi])[order]


def _least_units(table: OptionTable, rows: Ints, most: int) -> tuple[Ints, Ints, Ints]:
    """(option, blocks, units) of remote options, by bisection: what is in time stays so with more units."""
    blocks, total = np.arange(most + 1)[:, None], table.units[table.server[rows]]
    beta = blocks / table.blocks[table.server[rows]]

    def in_time(units: Ints) -> Bools:
        with np.errstate(invalid="ignore", divide="ignore"):  # no share, no sending
            return np.isfinite(table.cost_j(beta, units / total, rows))

    low, high = np.full((most + 1, len(rows)), -1), np.broadcast_to(total, (most + 1, len(rows))).copy()
    usable = (beta <= 1) & in_time(high)
    while (high - low > 1).any():
        middle = np.maximum((low + high) // 2, 0)
        enough = in_time(middle)
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    least = np.where(usable, high, np.iinfo(np.int64).max)
    fewer = usable.copy()
    fewer[1:] &= least[1:] < least[:-1]
    at_block, at_row = np.nonzero(fewer)
    return rows[at_row], at_block, least[at_block, at_row]


def _in_shares(table: OptionTable) -> _Columns:
    """Least shares (β, φ) of each option at balances t in a grid: β = (a + r t)/S, φ = (c + r/t)/S, r = √(a c).

    They are the points of a/β + c/φ = S: t runs from where φ is 1 to where β is.
    """
    rows = np.flatnonzero(~table.is_rejection & np.isfinite(table.cost_j()))
    air, run, slack = table.uplink_s[rows], table.server_s[rows], table.slack_s[rows]
    root = np.sqrt(air * run)
    both = root > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(both, root / np.maximum(slack - run, 1e-300), 1.0)
        high = np.where(both, np.maximum((slack - air) / root, low), 1.0)
    steps = np.where(both, np.ceil(np.log(high / low) / np.log(STRETCH) - 1e-12), 0).astype(np.int64)
    at = np.repeat(np.arange(len(rows)), steps + 1)
    step = np.arange(len(at)) - np.repeat(np.cumsum(steps + 1) - steps - 1, steps + 1)
    balance = np.minimum(low[at] * STRETCH ** step.astype(float), high[at])
    with np.errstate(divide="ignore", invalid="ignore"):
        beta = np.where(air[at] > 0, (air[at] + root[at] * balance) / slack[at], 0.0)
        phi = np.where(run[at] > 0, (run[at] + root[at] / balance) / slack[at], 0.0)
    option, beta, phi = rows[at], np.minimum(beta, 1.0), np.minimum(phi, 1.0)
    kept = _undominated(table, option, beta, phi)
    return option[kept], beta[kept], phi[kept]


def _undominated(table: OptionTable, option: Ints, beta: Floats, phi: Floats) -> Bools:
    """Columns that no other one of the same user and server undercuts in everything (the first of equal ones)."""
    demand = np.column_stack([beta, phi, stock_taken(table, option)])
    pair = table.user[option] * (table.n_servers + 1) + table.server[option] + 1
    edges = np.flatnonzero(np.diff(pair, prepend=-1, append=-1))
    kept = np.ones(len(option), dtype=bool)
    for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        here = demand[first:last]
        order = np.lexsort(here.T[::-1])
        front = np.zeros((0, demand.shape[1]))
        for k in order.tolist():
            if (front <= here[k]).all(axis=1).any():
                kept[first + k] = False
            else:
                front = np.vstack([front, here[k]])
    return kept
