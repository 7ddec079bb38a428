"""J-E with continuous shares as a mixed-integer second-order cone program, for SCIP.

For every remote option o with x ∈ {0, 1}, in units that bring every figure near 1 (S = slack_s, B = budget_s):

    air  τ = S t_a,      share β = (a'/S) b:     t_a b ≥ x²          (τ β ≥ a' x²)
    run  σ = S t_c,      share φ = (c/S) f:      t_c f ≥ x²          (σ φ ≥ c x²)
    device time l d,     clock u = x z:          u d ≥ x²            (d ≥ x/z)
    clock energy e k:                            k x ≥ u²            (k ≥ x z²)
    deadline                                     (l/B) d + (S/B)(t_a + t_c) ≤ x
    energy                                       w (p S t_a + e k + q x)

and Σ b a'/S ≤ y, Σ f c/S ≤ y, Σ r x ≤ R y a server, Σ_{o of i on s} x ≤ y_s, Σ_{o of i} x = 1. With x = 1 the rows are
P1's; with x = 0 all times and energies are 0: the perspective form (docs/theory.md, P3). A local option has no
coupling, so its best cost is a constant. All products are rotated cones, which SCIP recognises.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pyscipopt import quicksum

from instances.columns import Floats
from instances.options import LOCAL, OptionTable
from instances.prune import memory_binds

__all__ = ["capacities", "choices", "state_cones"]


def state_cones(model: Any, table: OptionTable, scale: float) -> list[Any]:
    """State the problem in an empty model; returns x [options]. The objective is J times ``scale``."""
    x, y = choices(model, table, scale)
    air: list[list[Any]] = [[] for _ in y]
    run: list[list[Any]] = [[] for _ in y]
    for o in np.flatnonzero(~table.is_local):
        s = int(table.server[o])
        _option(model, table, int(o), x[o], scale, air[s], run[s])
    capacities(model, table, x, y, air, run)
    return x


def choices(model: Any, table: OptionTable, scale: float) -> tuple[list[Any], list[Any]]:
    """x [options], exactly one a user, with the costs that no share changes; y [servers]."""
    local_j = np.where(table.is_local, table.cost_j(), 0.0)
    fixed = np.where(table.is_local, local_j, table.weight[table.user] * table.fixed_j)
    x = [model.addVar(vtype="B", obj=float(fixed[o]) * scale) for o in range(len(table))]
    y = [model.addVar(vtype="B", lb=float(table.static_j[s] == 0), obj=float(table.static_j[s]) * scale)
         for s in range(table.n_servers)]  # fmt: skip
    start = table.start
    for i in range(table.n_users):
        model.addCons(quicksum(x[start[i] : start[i + 1]]) == 1)
    return x, y


def capacities(model: Any, table: OptionTable, x: list[Any], y: list[Any], air: list[list[Any]], run: list[list[Any]]
               ) -> None:  # fmt: skip
    """Shares taken of each server (``air``, ``run``), memory and static energy."""
    for s in range(table.n_servers):
        model.addCons(quicksum(air[s]) <= y[s])
        model.addCons(quicksum(run[s]) <= y[s])
    _memory(model, table, x, y)
    _switch_on(model, table, x, y)


def _option(model: Any, table: OptionTable, o: int, x: Any, scale: float, air: list[Any], run: list[Any]) -> None:
    """Variables and cones of one remote option; what it takes of its server is appended to ``air`` and ``run``."""
    user = int(table.user[o])
    weight, budget, slack = (float(c) for c in (table.weight[user], table.budget_s[o], table.slack_s[o]))
    uplink, server, device = float(table.uplink_s[o]), float(table.server_s[o]), float(table.device_s[o])
    parts = []
    for work, taken, price in ((uplink, air, weight * float(table.tx_w[o]) * slack), (server, run, 0.0)):
        if work <= 0:
            continue
        least = work / slack
        time = model.addVar(lb=0.0, ub=1.0, obj=price * scale)
        share = model.addVar(lb=0.0, ub=max(1.0 / least, 1.0))
        _cone(model, x, time, share, min(least, 1.0))
        model.addCons(time >= min(least, 1.0) * x)
        taken.append(least * share)
        parts.append((slack / budget) * time)
    energy = weight * float(table.device_j[o])
    if device > 0:
        slowest, fastest = float(table.clock_min[user]), float(table.clock_max[user])
        lasting = model.addVar(lb=0.0, ub=1.0 / slowest)
        clock = model.addVar(lb=0.0, ub=fastest)
        square = model.addVar(lb=0.0, ub=fastest**2, obj=energy * scale)
        _cone(model, x, lasting, clock, 1.0 / fastest)
        model.addCons(square * x >= clock * clock)
        model.addCons(lasting >= x / fastest)
        model.addCons(square >= slowest**2 * x)
        parts.append((device / budget) * lasting)
    if parts:
        model.addCons(quicksum(parts) <= x)


def _cone(model: Any, x: Any, time: Any, speed: Any, shortest: float) -> None:
    """time · speed ≥ x², and again without the product.

    Once SCIP has fixed x to 1, it no longer takes time · speed ≥ 1 for a cone and branches on times for ever. The
    second row says the same of x = 1 by a convex function, which it knows to cut: speed ≥ 1/(time + 1 − x) − (1 − x).
    """
    model.addCons(time * speed >= x * x)
    off = model.addVar(lb=min(shortest, 1.0), ub=None)
    model.addCons(off == time + 1 - x)
    model.addCons(off**-1.0 - 1 + x <= speed)


def _memory(model: Any, table: OptionTable, x: list[Any], y: list[Any]) -> None:
    for s in np.flatnonzero(memory_binds(table)):
        rows = np.flatnonzero(table.server == s)
        part: Floats = table.server_mb[rows] / table.memory_mb[s]
        model.addCons(quicksum(float(part[k]) * x[o] for k, o in enumerate(rows)) <= y[s])


def _switch_on(model: Any, table: OptionTable, x: list[Any], y: list[Any]) -> None:
    pairs: dict[tuple[int, int], list[Any]] = {}
    for o in np.flatnonzero(table.server != LOCAL):
        pairs.setdefault((int(table.user[o]), int(table.server[o])), []).append(x[o])
    for (_, s), mine in pairs.items():
        if table.static_j[s] > 0:
            model.addCons(quicksum(mine) <= y[s])
