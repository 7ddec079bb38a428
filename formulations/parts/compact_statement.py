"""The compact units model as a readable Pyomo statement."""

from __future__ import annotations

from typing import Any

import numpy as np

from formulations.parts.compact_columns import CompactColumns, Pieces
from formulations.parts.compact_rows import LEAST_ENERGY, STEEPEST, first_tangents
from formulations.parts.switch_on import least_on
from instances.options import OptionTable
from instances.stocks import stocks_bind

__all__ = ["state_in_pyomo"]


def state_in_pyomo(c: CompactColumns) -> Any:
    """Pyomo ConcreteModel: x[o], on[s], blocks[i,s,b], units[i,s,m] ∈ {0, 1}; times and energies of each user."""
    import pyomo.environ as pyo

    t = c.table
    model = pyo.ConcreteModel("joint_compact")
    model.OPTIONS = pyo.RangeSet(0, len(t) - 1)
    model.USERS = pyo.RangeSet(0, t.n_users - 1)
    model.SERVERS = pyo.RangeSet(0, t.n_servers - 1)
    model.PAIRS = pyo.Set(dimen=2, initialize=_pairs(c), doc="user and server joined by an option")
    model.BLOCKS = pyo.Set(dimen=3, initialize=_counts(c, c.blocks), doc="(user, server, number of blocks)")
    model.UNITS = pyo.Set(dimen=3, initialize=_counts(c, c.units), doc="(user, server, number of units)")
    model.x = pyo.Var(model.OPTIONS, within=pyo.Binary, doc="1 if its user runs this option")
    model.on = pyo.Var(model.SERVERS, within=pyo.Binary, doc="1 if the server is on")
    model.blocks = pyo.Var(model.BLOCKS, within=pyo.Binary, doc="1 if the user gets so many blocks")
    model.units = pyo.Var(model.UNITS, within=pyo.Binary, doc="1 if the user gets so many units")
    for name in ("device", "air", "run"):
        model.add_component(name, pyo.Var(model.USERS, within=pyo.UnitInterval, doc="time over the deadline"))
    for name in ("send", "clock"):
        model.add_component(name, pyo.Var(model.USERS, within=pyo.NonNegativeReals, doc="energy over its unit"))
    for s in np.flatnonzero(least_on(t)):
        model.on[int(s)].setlb(1)
    fixed, second = t.own_j.tolist(), t.floor_w * t.deadline_s
    model.energy = pyo.Objective(
        expr=sum(fixed[o] * model.x[o] for o in model.OPTIONS)
        + sum(float(c.unit[i]) * (model.send[i] + model.clock[i]) for i in model.USERS)
        + sum(float(second[i]) * (model.device[i] + model.air[i] + model.run[i]) for i in model.USERS)
        + sum(float(t.static_j[s]) * model.on[s] for s in model.SERVERS),
        doc="Σ (w q + κ t) x + Σ unit (send + clock) + Σ κ D (device + air + run) + Σ static y, J",
    )
    _choices(pyo, model, c)
    for resource in (
        (model.blocks, model.BLOCKS, model.air, t.uplink_s, t.blocks, "air"),
        (model.units, model.UNITS, model.run, t.server_s, t.units, "run"),
    ):
        _resource(pyo, model, c, *resource)
    _deadline(pyo, model, t)
    _energy(pyo, model, c)
    return model


def _pairs(c: CompactColumns) -> list[tuple[int, int]]:
    return [(int(i), int(s)) for i, s in zip(c.pair_user, c.pair_server, strict=True)]


def _counts(c: CompactColumns, pieces: Pieces) -> list[tuple[int, int, int]]:
    return [(int(c.pair_user[p]), int(c.pair_server[p]), int(n))
            for p, n in zip(pieces.pair, pieces.count, strict=True)]  # fmt: skip


def _of_pair(t: OptionTable, i: int, s: int) -> list[int]:
    return [o for o in range(int(t.start[i]), int(t.start[i + 1])) if t.server[o] == s]


def _choices(pyo: Any, model: Any, c: CompactColumns) -> None:
    """One option a user; memory; static energy."""
    t, start = c.table, c.table.start

    @model.Constraint(model.USERS, doc="Σ x = 1: one option a user")  # type: ignore[untyped-decorator]
    def one_option(m: Any, i: int) -> Any:
        mine = range(int(start[i]), int(start[i + 1]))
        return sum(m.x[o] for o in mine) == 1 if len(mine) else pyo.Constraint.Infeasible

    tight, part = np.argwhere(stocks_bind(t)).tolist(), t.stock_part

    @model.Constraint(tight, doc="Σ part x ≤ y: memory, energy")  # type: ignore[untyped-decorator]
    def stock(m: Any, s: int, k: int) -> Any:
        there = np.flatnonzero(t.server == s).tolist()
        return sum(float(part[o, k]) * m.x[o] for o in there) <= m.on[s]

    @model.Constraint(model.PAIRS, doc="Σ_{options of i on s} x ≤ y: static energy")  # type: ignore[untyped-decorator]
    def switch(m: Any, i: int, s: int) -> Any:
        if t.static_j[s] == 0:
            return pyo.Constraint.Skip
        return sum(m.x[o] for o in _of_pair(t, i, s)) <= m.on[s]


def _resource(pyo: Any, model: Any, c: CompactColumns, piece: Any, pieces: Any, time: Any, work: Any, most: Any,
              word: str) -> None:  # fmt: skip
    """Pieces are given to who uses the server, fit, and set the time."""
    t = c.table
    part = (work / t.deadline_s[t.user]).tolist()

    def all_of(i: int, s: int) -> Any:
        return sum(piece[i, s, n] for n in range(1, int(most[s]) + 1))

    def used(m: Any, i: int, s: int) -> Any:
        busy = [o for o in _of_pair(t, i, s) if part[o] > 0]
        return sum(m.x[o] for o in busy) <= all_of(i, s)

    def given(m: Any, i: int, s: int) -> Any:
        return all_of(i, s) <= sum(m.x[o] for o in _of_pair(t, i, s))

    def fit(m: Any, s: int) -> Any:
        return sum(n * piece[i, at, n] for i, at, n in pieces if at == s) <= int(most[s]) * m.on[s]

    def takes(m: Any, i: int, s: int, n: int) -> Any:
        options, factor = _of_pair(t, i, s), int(most[s]) / n
        big = factor * max(part[o] for o in options)
        return time[i] >= sum(factor * part[o] * m.x[o] for o in options) - big * (1 - piece[i, s, n])

    for name, index, rule, doc in (
        ("used", model.PAIRS, used, "Σ_{o with work} x ≤ Σ pieces: who has work gets pieces"),
        ("given", model.PAIRS, given, "Σ pieces ≤ Σ x: at most one number of pieces, to users only"),
        ("fit", model.SERVERS, fit, "Σ n piece_n ≤ P y: capacity"),
        ("takes", pieces, takes, "time ≥ (P/n) Σ (work/D) x − M (1 − piece_n): more pieces, less time"),
    ):
        model.add_component(f"{word}_{name}", pyo.Constraint(index, rule=rule, doc=doc))


def _deadline(pyo: Any, model: Any, t: OptionTable) -> None:
    start = t.start

    @model.Constraint(model.USERS, doc="device + air + run + Σ (t/D) x ≤ 1: the deadline")  # type: ignore[untyped-decorator]
    def in_time(m: Any, i: int) -> Any:
        mine = range(int(start[i]), int(start[i + 1]))
        fixed = sum(float(t.fixed_s[o] / t.deadline_s[i]) * m.x[o] for o in mine)
        return m.device[i] + m.air[i] + m.run[i] + fixed <= 1

    @model.Constraint(model.USERS, doc="device ≥ Σ l/(z_max D) x: the fastest clock")  # type: ignore[untyped-decorator]
    def fastest(m: Any, i: int) -> Any:
        mine = range(int(start[i]), int(start[i + 1]))
        return m.device[i] >= sum(float(t.device_s[o] / (t.clock_max[i] * t.deadline_s[i])) * m.x[o] for o in mine)


def _energy(pyo: Any, model: Any, c: CompactColumns) -> None:
    t, start = c.table, c.table.start
    powers = sorted({(int(t.user[o]), float(t.tx_w[o])) for o in np.flatnonzero(~t.is_local & (t.tx_w > 0))})

    @model.Constraint(powers, doc="send ≥ (w p D/unit) (air − 1 + Σ_{o with this p} x): transmission")  # type: ignore[untyped-decorator]
    def sends(m: Any, i: int, power: float) -> Any:
        mine = [o for o in range(int(start[i]), int(start[i + 1])) if t.server[o] >= 0 and t.tx_w[o] == power]
        price = float(t.weight[i] * power * t.deadline_s[i] / c.unit[i])
        return m.send[i] >= price * (m.air[i] - 1 + sum(m.x[o] for o in mine))

    @model.Constraint(model.USERS, doc="clock ≥ Σ (w e z_min²/unit) x: the slowest clock")  # type: ignore[untyped-decorator]
    def slowest(m: Any, i: int) -> Any:
        floor = t.weight[i] * t.device_j * t.clock_min[i] ** 2 / c.unit[i]
        return m.clock[i] >= sum(float(floor[o]) * m.x[o] for o in range(int(start[i]), int(start[i + 1])))

    tangents = [(int(o), float(z)) for o, z in zip(*first_tangents(c), strict=True)]

    @model.Constraint(range(len(tangents)), doc="clock ≥ (w e/unit) (3 z² x − 2 z³ (D/l) device): tangent at z")  # type: ignore[untyped-decorator]
    def tangent(m: Any, k: int) -> Any:
        o, z = tangents[k]
        i = int(t.user[o])
        energy = float(t.weight[i] * t.device_j[o] / c.unit[i])
        slope = 2 * energy * z**3 * float(t.deadline_s[i] / t.device_s[o])
        if not (energy * z**2 > LEAST_ENERGY and slope < STEEPEST):
            return pyo.Constraint.Skip
        return m.clock[i] >= 3 * energy * z**2 * m.x[o] - slope * m.device[i]
