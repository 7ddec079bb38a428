"""Whole units and the slowest user as a MILP: one binary a user and useful number of units."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from formulations.program import Program, Rows
from instances.columns import Floats, Ints
from instances.systems.iao import UnitsProblem

__all__ = ["best_cuts", "build_units", "state_units_in_pyomo", "useful"]


def best_cuts(problem: UnitsProblem) -> tuple[Floats, Ints]:
    """[users, units + 1] latency of each user's best cut with so many units, s, and that cut (docs/theory.md, P26c)."""
    latency = np.full((problem.n_users, problem.n_units + 1), np.inf)
    cut = np.zeros(latency.shape, dtype=np.int64)
    for i, (device, uplink, server) in enumerate(
        zip(problem.device_s, problem.uplink_s, problem.server_s, strict=True)
    ):
        with np.errstate(divide="ignore", invalid="ignore"):
            served = np.where(server[:, None] > 0, server[:, None] / problem.speed[None, :], 0.0)
        whole = (device + uplink)[:, None] + served
        cut[i], latency[i] = whole.argmin(axis=0), whole.min(axis=0)
    return latency, cut


def useful(latency: Floats) -> list[tuple[int, int]]:
    """(user, units) whose last unit makes the user faster."""
    faster = np.isfinite(latency)
    faster[:, 1:] &= latency[:, 1:] < latency[:, :-1]
    return [(int(i), int(f)) for i, f in np.argwhere(faster)]


def build_units(latency: Floats, scale_s: float) -> tuple[Program, list[tuple[int, int]]]:
    """min T subject to T ≥ Σ_f latency x_if / scale, one f a user, Σ f x ≤ M; columns x (see `useful`), then T."""
    columns = useful(latency)
    n_users, n_units = latency.shape[0], latency.shape[1] - 1
    user, units = (np.array(part, dtype=np.int64) for part in zip(*columns, strict=True))
    k, n = np.arange(len(columns)), len(columns)
    one = sp.csr_matrix((np.ones(n), (user, k)), shape=(n_users, n + 1))
    slow = sp.csr_matrix((latency[user, units] / scale_s, (user, k)), shape=(n_users, n + 1)).tolil()
    slow[:, n] = -1.0
    room = sp.csr_matrix((units / n_units, (np.zeros(n, dtype=np.int64), k)), shape=(1, n + 1))
    room.eliminate_zeros()
    rows = Rows(
        sp.vstack([one, slow.tocsr(), room], format="csr"),
        np.concatenate([np.ones(n_users), np.full(n_users + 1, -np.inf)]),
        np.concatenate([np.ones(n_users), np.zeros(n_users), [1.0]]),
    )
    names = [*(f"x[{i},{f}]" for i, f in columns), "largest"]
    program = Program(
        cost=np.append(np.zeros(n), 1.0), lower=np.zeros(n + 1), upper=np.append(np.ones(n), np.inf),
        integer=np.append(np.ones(n, dtype=bool), False), rows=rows, column_name=names.__getitem__,
    )  # fmt: skip
    return program, columns


def state_units_in_pyomo(latency: Floats, scale_s: float) -> Any:
    """The readable statement: a Pyomo ConcreteModel with the same matrix."""
    import pyomo.environ as pyo

    columns, n_units = useful(latency), latency.shape[1] - 1
    model = pyo.ConcreteModel("iao_units")
    model.USERS = pyo.RangeSet(0, latency.shape[0] - 1)
    model.COLUMNS = pyo.Set(initialize=columns, dimen=2, doc="(user, units)")
    model.x = pyo.Var(model.COLUMNS, within=pyo.Binary, doc="1 if the user has so many units")
    model.largest = pyo.Var(within=pyo.NonNegativeReals, doc="latency of the slowest user over the scale")
    model.objective = pyo.Objective(expr=model.largest, sense=pyo.minimize)

    def of(i: int) -> list[int]:
        return [f for j, f in columns if j == i]

    @model.Constraint(model.USERS, doc="Σ_f x = 1")  # type: ignore[untyped-decorator]
    def one(m: Any, i: int) -> Any:
        return sum(m.x[i, f] for f in of(i)) == 1

    @model.Constraint(model.USERS, doc="Σ_f latency x ≤ largest")  # type: ignore[untyped-decorator]
    def slow(m: Any, i: int) -> Any:
        return sum(float(latency[i, f] / scale_s) * m.x[i, f] for f in of(i)) - m.largest <= 0

    @model.Constraint(doc="Σ f x ≤ M")  # type: ignore[untyped-decorator]
    def room(m: Any) -> Any:
        return sum(f * m.x[i, f] for i, f in columns if f) <= n_units

    return model
