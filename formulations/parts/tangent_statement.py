"""The tangent model as a readable Pyomo statement."""

from __future__ import annotations

from typing import Any

import numpy as np

from formulations.parts.price_cuts import Crowd, relax_into_range
from formulations.parts.switch_on import least_on
from instances.columns import Floats
from instances.options import OptionTable
from instances.stocks import stocks_bind

__all__ = ["state_in_pyomo"]


def state_in_pyomo(table: OptionTable, members: list[Crowd], prices: dict[int, Floats], angles: Floats, *,
                   integer: bool = True) -> Any:  # fmt: skip
    """Pyomo ConcreteModel: x[o] choices, on[s] servers, excess[s] energy beyond that of whole shares, in units.

    Args:
        table: the options.
        members: the options of each server.
        prices: [k, 2] prices (μ, ν) of the tangents, by server.
        angles: directions (cos² μ, sin² ν) of the deadline cuts.
        integer: False for the relaxation.
    """
    import pyomo.environ as pyo

    cost, unit = table.cost_j(), members[0].unit if members else 1.0
    of_user = [range(int(a), int(b)) for a, b in zip(table.start[:-1], table.start[1:], strict=True)]
    crowd_of = {crowd.server: crowd for crowd in members}
    charged = sorted({(int(i), int(s)) for i, s in zip(table.user, table.server, strict=True)
                      if s >= 0 and table.static_j[s] > 0})  # fmt: skip

    model = pyo.ConcreteModel("joint_tangent")
    model.OPTIONS = pyo.RangeSet(0, len(table) - 1)
    model.USERS = pyo.RangeSet(0, table.n_users - 1)
    model.SERVERS = pyo.RangeSet(0, table.n_servers - 1)
    kind = pyo.Binary if integer else pyo.UnitInterval
    model.x = pyo.Var(model.OPTIONS, within=kind, doc="1 if its user runs this option")
    model.on = pyo.Var(model.SERVERS, within=kind, doc="1 if the server is on")
    model.excess = pyo.Var(model.SERVERS, within=pyo.NonNegativeReals, doc="energy beyond whole shares, units")
    for s in np.flatnonzero(least_on(table)):
        model.on[int(s)].setlb(1)
    model.energy = pyo.Objective(
        expr=sum(float(cost[o]) * model.x[o] for o in model.OPTIONS)
        + sum(float(table.static_j[s]) * model.on[s] + unit * model.excess[s] for s in model.SERVERS),
        doc="Σ h(1, 1) x + Σ static y + Σ Θ, J",
    )

    @model.Constraint(model.USERS, doc="Σ x = 1: one option a user")  # type: ignore[untyped-decorator]
    def one_option(m: Any, i: int) -> Any:
        return sum(m.x[o] for o in of_user[i]) == 1 if of_user[i] else pyo.Constraint.Infeasible

    tight, part = np.argwhere(stocks_bind(table)).tolist(), table.stock_part

    @model.Constraint(tight, doc="Σ part x ≤ y: memory, energy")  # type: ignore[untyped-decorator]
    def stock(m: Any, s: int, k: int) -> Any:
        return sum(float(part[o, k]) * m.x[o] for o in crowd_of[s].rows.tolist()) <= m.on[s]

    @model.Constraint(charged, doc="Σ_{options of i on s} x ≤ y: static energy")  # type: ignore[untyped-decorator]
    def switch(m: Any, i: int, s: int) -> Any:
        return sum(m.x[o] for o in of_user[i] if table.server[o] == s) <= m.on[s]

    tangents = {s: _tangents(crowd_of[s], found) for s, found in prices.items()}
    model.TANGENTS = pyo.Set(dimen=2, initialize=[(s, k) for s in tangents for k in range(len(prices[s]))])

    @model.Constraint(model.TANGENTS, doc="Θ + (μ + ν) y ≥ Σ (v(μ, ν) − h(1, 1)) x: energy at prices")  # type: ignore[untyped-decorator]
    def energy_at_prices(m: Any, s: int, k: int) -> Any:
        need, room, scale = tangents[s]
        used = zip(crowd_of[s].rows.tolist(), need[k], strict=True)
        asked = sum(float(value) * m.x[o] for o, value in used if value)
        return float(scale[k]) * m.excess[s] + float(room[k]) * m.on[s] >= asked

    uses = {s: relax_into_range(crowd.options.least_use(angles[:, None]), np.ones(len(angles)))
            for s, crowd in crowd_of.items()}  # fmt: skip

    @model.Constraint(list(uses), range(len(angles)), doc="Σ u(angle) x ≤ y: deadlines at the fastest clock")  # type: ignore[untyped-decorator]
    def deadlines(m: Any, s: int, k: int) -> Any:
        need, room, _ = uses[s]
        used = zip(crowd_of[s].rows.tolist(), need[k], strict=True)
        return sum(float(value) * m.x[o] for o, value in used if value) <= float(room[k]) * m.on[s]

    return model


def _tangents(crowd: Crowd, prices: Floats) -> tuple[Floats, Floats, Floats]:
    excess, _, _ = crowd.options.at(prices[:, :1], prices[:, 1:])
    return relax_into_range(excess / crowd.unit, prices.sum(axis=1) / crowd.unit)
