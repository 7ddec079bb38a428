"""J-E with whole blocks and units, as one would first write it: assignment, integer pieces, big-M times."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from formulations.parts import compact_rows as families
from formulations.parts.assignment import choose_one
from formulations.parts.capacity import limit_stocks
from formulations.parts.compact_columns import CompactColumns, Pieces
from formulations.parts.compact_statement import state_in_pyomo
from formulations.parts.rows import stack_rows
from formulations.parts.switch_on import least_on, switch_on
from formulations.program import Decision, Program, Rows
from formulations.registry import Relation, formulation
from instances import physics
from instances.columns import Floats, Ints
from instances.options import LOCAL, OptionTable

__all__ = ["CompactModel", "JointCompact"]

VIOLATION = 1e-6
"""What MILP solvers let pass, in units of energy."""


@dataclasses.dataclass(frozen=True, eq=False)
class CompactModel:
    """The layout of the columns, and the program over them."""

    table: OptionTable
    columns: CompactColumns
    program: Program

    def decode(self, values: Floats) -> Decision:
        """Option with the largest value of each user, and its pieces."""
        chosen, blocks, units = self._pieces(values)
        server, table = self.table.server[chosen], self.table
        if not table.n_servers:
            return Decision(chosen, np.zeros(len(chosen)), np.zeros(len(chosen)))
        remote = server != LOCAL
        beta = np.where(remote, blocks / table.blocks[server], 0.0)
        return Decision(chosen, beta, np.where(remote, units / table.units[server], 0.0))

    def encode(self, decision: Decision) -> Floats | None:
        """All columns from a decision; None when it misses a deadline or a share is less than a piece."""
        t, c = self.table, self.columns
        chosen, users = decision.chosen, np.arange(self.table.n_users)
        values = self.program.lower.copy()
        values[chosen] = 1.0
        remote = t.server[chosen] != LOCAL
        values[c.on + t.server[chosen[remote]]] = 1.0
        shares = []
        for pieces, share, most in (
            (c.blocks, decision.uplink_share, t.blocks),
            (c.units, decision.compute_share, t.units),
        ):
            count = np.zeros(t.n_users, dtype=np.int64)
            count[remote] = np.floor(share[remote] * most[t.server[chosen[remote]]] + 1e-9)
            _set_pieces(values, pieces, c.pair_of[chosen], count)
            shares.append(np.where(remote, count / (most[t.server[chosen]] if len(most) else 1), 0.0))
        cost = t.cost_j(shares[0], shares[1], chosen)
        if not np.isfinite(cost).all():
            return None
        air = np.divide(t.uplink_s[chosen], shares[0], out=np.zeros(len(users)), where=t.uplink_s[chosen] > 0)
        run = np.divide(t.server_s[chosen], shares[1], out=np.zeros(len(users)), where=t.server_s[chosen] > 0)
        weight, deadline = t.weight, t.deadline_s
        left = t.budget_s[chosen] - air - run
        ratio = np.minimum(physics.clock_for(t.device_s[chosen], left, t.unhurried_clock(chosen)), t.clock_max)
        send, clock = weight * t.tx_w[chosen] * air, weight * t.device_j[chosen] * ratio**2
        figures = {"air": air / deadline, "run": run / deadline, "send": send / c.unit, "clock": clock / c.unit,
                   "device": t.device_s[chosen] / ratio / deadline}  # fmt: skip
        for kind, figure in figures.items():
            values[c.of_users(kind)] = figure
        return values

    def refine(self, values: Floats, decision: Decision) -> Rows | None:
        """Tangents at the clocks of the chosen options, and a row for each user whose pieces miss its deadline."""
        chosen, blocks, units = self._pieces(values)
        own, c, t = self.decode(values), self.columns, self.table
        cost = t.cost_j(own.uplink_share, own.compute_share, chosen)
        rows = [
            families.forbid_pieces(c, int(chosen[i]), int(blocks[i]), int(units[i]))
            for i in np.flatnonzero(~np.isfinite(cost))
            if c.pair_of[chosen[i]] >= 0
        ]
        wanted = t.weight * t.device_j[chosen] / c.unit
        device_s = values[c.of_users("device")] * t.deadline_s
        with np.errstate(divide="ignore", invalid="ignore"):
            clock = np.clip(t.device_s[chosen] / np.maximum(device_s, 1e-300), t.clock_min, t.clock_max)
        low = values[c.of_users("clock")] < wanted * clock**2 - VIOLATION
        low &= t.device_s[chosen] > 0
        if low.any():
            rows.append(families.clock_rows(c, chosen[low], clock[low]))
        rows = [r for r in rows if len(r)]
        return stack_rows(rows) if rows else None

    def _pieces(self, values: Floats) -> tuple[Ints, Ints, Ints]:
        """Option, blocks and units of each user."""
        t, c = self.table, self.columns
        order = np.lexsort((values[: len(t)], t.user))
        last = np.searchsorted(t.user[order], np.arange(t.n_users), side="right") - 1
        chosen = order[last]
        counts = []
        for pieces in (c.blocks, c.units):
            total = np.bincount(
                pieces.pair, weights=pieces.count * np.round(values[pieces.column]), minlength=len(c.pair_user) + 1
            )
            counts.append(np.where(c.pair_of[chosen] >= 0, total[c.pair_of[chosen]], 0).astype(np.int64))
        return chosen, counts[0], counts[1]


def _set_pieces(values: Floats, pieces: Pieces, pair: Ints, count: Ints) -> None:
    served = np.flatnonzero((pair >= 0) & (count > 0))
    first = np.searchsorted(pieces.pair, pair[served])
    values[pieces.first + first + count[served] - 1] = 1.0


@formulation
class JointCompact:
    """The textbook model: right, small and weak."""

    name = "joint_compact"
    title = "assignment, integer pieces, big-M latency"
    problem = "J-E, J-A, J-L, J-C, J-Q"
    allocation = "units"
    relation: Relation = "exact"
    reference = "the usual way, e.g. Tran and Pompili, IEEE TVT 68(1), 2019, doi:10.1109/TVT.2018.2881191"
    array = True

    def build(self, table: OptionTable) -> CompactModel:
        """Columns and program."""
        c = CompactColumns.of(table)
        n = c.n_columns
        rows = [
            choose_one(table.user, table.n_users, n),
            limit_stocks(table, np.arange(len(table)), c.on, n),
            switch_on(table, table.user, table.server, c.on, n),
            families.link_pieces(c, c.blocks, table.uplink_s),
            families.link_pieces(c, c.units, table.server_s),
            families.pieces_fit(c, c.blocks, table.blocks),
            families.pieces_fit(c, c.units, table.units),
            families.time_rows(c, "air"),
            families.time_rows(c, "run"),
            families.deadline_rows(c),
            families.send_rows(c),
            families.clock_floor(c),
            families.clock_rows(c, *families.first_tangents(c)),
        ]
        return CompactModel(table, c, _program(c, stack_rows(rows)))

    def to_pyomo(self, table: OptionTable) -> Any:
        """The readable statement."""
        return state_in_pyomo(CompactColumns.of(table))


def _program(c: CompactColumns, rows: Rows) -> Program:
    table = c.table
    cost, lower, upper = np.zeros(c.n_columns), np.zeros(c.n_columns), np.ones(c.n_columns)
    cost[: len(table)] = table.own_j
    for kind in ("device", "air", "run"):
        cost[c.of_users(kind)] = table.floor_w * table.deadline_s
    cost[c.on : c.on + table.n_servers] = table.static_j
    lower[c.on : c.on + table.n_servers] = least_on(table)
    for kind in ("send", "clock"):
        cost[c.of_users(kind)] = c.unit
        upper[c.of_users(kind)] = np.inf
    return Program(cost, lower, upper, c.integer, rows, column_name=c.name)
