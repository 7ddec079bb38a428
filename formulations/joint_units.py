"""J-E with whole blocks and units: one column for every (option, blocks, units) that can matter."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import numpy as np

from formulations.parts.assignment import choose_one
from formulations.parts.capacity import limit_pieces, limit_stocks, piece_size
from formulations.parts.rows import stack_rows
from formulations.parts.switch_on import least_on, switch_on
from formulations.parts.unit_columns import UnitColumns, list_columns
from formulations.program import Decision, Program, Rows
from formulations.registry import Relation, formulation
from instances.columns import Bools, Floats
from instances.options import LOCAL, OptionTable
from instances.stocks import stocks_bind

__all__ = ["JointUnits", "UnitsModel", "build_program", "state_in_pyomo"]


def build_program(table: OptionTable, columns: UnitColumns, *, integer: bool = True) -> Program:
    """Array form: columns x_k in the order of ``columns``, then y_s.

    min Σ_k cost_k x_k + Σ_s static_s y_s over x, y ∈ {0, 1} subject to: one column a user; blocks, units and stocks
    of every server; y_s ≥ Σ_{k of i on s} x_k.
    """
    on = len(columns)
    n = on + table.n_servers
    rows = [
        choose_one(columns.user, table.n_users, n),
        limit_pieces(columns.server, columns.blocks, table.blocks, on, n),
        limit_pieces(columns.server, columns.units, table.units, on, n),
        limit_stocks(table, columns.option, on, n),
        switch_on(table, columns.user, columns.server, on, n),
    ]

    def name(k: int) -> str:
        if k >= on:
            return f"on[{k - on}]"
        return f"x[{columns.option[k]},{columns.blocks[k]},{columns.units[k]}]"

    return Program(
        cost=np.concatenate([columns.cost_j, table.static_j]),
        lower=np.concatenate([np.zeros(on), least_on(table)]),
        upper=np.ones(n),
        integer=np.full(n, integer),
        rows=stack_rows(rows),
        column_name=name,
    )


@dataclasses.dataclass(frozen=True, eq=False)
class UnitsModel:
    """The columns, and the program over them."""

    table: OptionTable
    columns: UnitColumns
    program: Program

    @functools.cached_property
    def stock(self) -> Floats:
        """[options, stocks] what each option takes."""
        return self.table.stock

    @functools.cached_property
    def binds(self) -> Bools:
        """[servers, stocks] whether a stock can run out."""
        return stocks_bind(self.table)

    def decode(self, values: Floats) -> Decision:
        """The column with the largest value of each user."""
        columns = self.columns
        order = np.lexsort((values[: len(columns)], columns.user))
        last = np.searchsorted(columns.user[order], np.arange(self.table.n_users), side="right") - 1
        k = order[last]
        beta, phi = self._shares()
        return Decision(columns.option[k], beta[k], phi[k])

    def encode(self, decision: Decision) -> Floats | None:
        """Cheapest columns that fit within the decision's shares; None when a user has none."""
        values = np.zeros(self.program.n_columns)
        values[len(self.columns) :] = self.program.lower[len(self.columns) :]
        for user, option in enumerate(decision.chosen):
            k = self._column_within(user, int(option), decision.uplink_share[user], decision.compute_share[user])
            if k is None:
                return None
            values[k] = 1.0
            if self.columns.server[k] != LOCAL:
                values[len(self.columns) + self.columns.server[k]] = 1.0
        return values

    def refine(self, values: Floats, decision: Decision) -> Rows | None:
        """None: the columns are the problem."""
        return None

    def _shares(self) -> tuple[Floats, Floats]:
        server = self.columns.server
        if not self.table.n_servers:
            return np.zeros(len(server)), np.zeros(len(server))
        remote = server != LOCAL
        beta = np.where(remote, self.columns.blocks / self.table.blocks[server], 0.0)
        return beta, np.where(remote, self.columns.units / self.table.units[server], 0.0)

    def _column_within(self, user: int, option: int, beta: float, phi: float) -> int | None:
        table, columns = self.table, self.columns
        k = np.arange(*np.searchsorted(columns.user, [user, user + 1]))
        server, taken = columns.server[k], columns.option[k]
        fits = server == LOCAL
        s = int(table.server[option])
        if s != LOCAL:
            within = (columns.blocks[k] <= beta * table.blocks[s] + 1e-9) & (
                columns.units[k] <= phi * table.units[s] + 1e-9
            )
            # Where a stock cannot run out, columns are undominated whatever they take of it.
            lighter = (self.stock[taken] <= self.stock[option]) | ~self.binds[s]
            fits |= (server == s) & within & lighter.all(axis=1)
        k = k[fits]
        return int(k[np.argmin(columns.cost_j[k])]) if len(k) else None


@formulation
class JointUnits:
    """Columns, exact for units allocation."""

    name = "joint_units"
    title = "columns (option, blocks, units)"
    problem = "J-E, J-A, J-L, J-C, J-Q"
    allocation = "units"
    relation: Relation = "exact"
    reference = "multiple-choice knapsack: Kellerer, Pferschy, Pisinger, Knapsack Problems, 2004, ch. 11"
    array = True

    def build(self, table: OptionTable) -> UnitsModel:
        """Columns and program."""
        columns = list_columns(table)
        return UnitsModel(table, columns, build_program(table, columns))

    def to_pyomo(self, table: OptionTable) -> Any:
        """The readable statement."""
        return state_in_pyomo(table, list_columns(table))


def state_in_pyomo(table: OptionTable, columns: UnitColumns, *, integer: bool = True) -> Any:
    """Pyomo ConcreteModel over given columns: x[o,b,m] and on[s], with the equations as docstrings."""
    import pyomo.environ as pyo

    k_of = {(int(o), int(b), int(m)): k for k, (o, b, m) in
            enumerate(zip(columns.option, columns.blocks, columns.units, strict=True))}  # fmt: skip
    of_user: dict[int, list[tuple[int, int, int]]] = {i: [] for i in range(table.n_users)}
    on_server: dict[int, list[tuple[int, int, int]]] = {s: [] for s in range(table.n_servers)}
    of_pair: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
    for key, k in k_of.items():
        i, s = int(columns.user[k]), int(columns.server[k])
        of_user[i].append(key)
        if s != LOCAL:
            on_server[s].append(key)
            of_pair.setdefault((i, s), []).append(key)
    tight, part = np.argwhere(stocks_bind(table)).tolist(), table.stock_part
    charged = [pair for pair in of_pair if table.static_j[pair[1]] > 0]
    block, unit = piece_size(table.blocks), piece_size(table.units)

    model = pyo.ConcreteModel("joint_units")
    model.COLUMNS = pyo.Set(initialize=list(k_of), dimen=3, doc="(option, blocks, units)")
    model.USERS = pyo.RangeSet(0, table.n_users - 1)
    model.SERVERS = pyo.RangeSet(0, table.n_servers - 1)
    kind = pyo.Binary if integer else pyo.UnitInterval
    model.x = pyo.Var(model.COLUMNS, within=kind, doc="1 if the user runs this option with these pieces")
    model.on = pyo.Var(model.SERVERS, within=kind, doc="1 if the server is on")
    for free in np.flatnonzero(least_on(table)):
        model.on[int(free)].setlb(1)
    model.energy = pyo.Objective(
        expr=sum(float(columns.cost_j[k]) * model.x[key] for key, k in k_of.items())
        + sum(float(table.static_j[s]) * model.on[s] for s in model.SERVERS),
        doc="Σ cost x + Σ static y, J",
    )

    def fits(server: int, taken: Any, room: float) -> Any:
        return sum(taken(key) * model.x[key] for key in on_server[server]) <= room * model.on[server]

    @model.Constraint(model.USERS, doc="Σ x = 1: one column a user")  # type: ignore[untyped-decorator]
    def one_column(m: Any, i: int) -> Any:
        return sum(m.x[key] for key in of_user[i]) == 1 if of_user[i] else pyo.Constraint.Infeasible

    @model.Constraint(model.SERVERS, doc="Σ b x ≤ P y: resource blocks")  # type: ignore[untyped-decorator]
    def blocks(m: Any, s: int) -> Any:
        return fits(s, lambda key: key[1] * float(block[s]), float(table.blocks[s] * block[s]))

    @model.Constraint(model.SERVERS, doc="Σ m x ≤ M y: compute units")  # type: ignore[untyped-decorator]
    def units(m: Any, s: int) -> Any:
        return fits(s, lambda key: key[2] * float(unit[s]), float(table.units[s] * unit[s]))

    @model.Constraint(tight, doc="Σ part x ≤ y: memory, energy")  # type: ignore[untyped-decorator]
    def stock(m: Any, s: int, k: int) -> Any:
        return fits(s, lambda key: float(part[key[0], k]), 1.0)

    @model.Constraint(charged, doc="Σ_{columns of i on s} x ≤ y_s: static energy")  # type: ignore[untyped-decorator]
    def switch(m: Any, i: int, s: int) -> Any:
        return sum(m.x[key] for key in of_pair[i, s]) <= m.on[s]

    return model
