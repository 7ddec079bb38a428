"""The placement of one request as a readable Pyomo statement."""

from __future__ import annotations

from typing import Any

import numpy as np

from formulations.split.columns import PlacementColumns, limit_rows, seconds_of
from instances.dnn import NETWORK_INPUT
from instances.request_costs import Goal

__all__ = ["state_placement"]


def state_placement(c: PlacementColumns) -> Any:
    """Pyomo ConcreteModel without an objective: x[v,k] ∈ {0, 1}; y[u,a,b], z[a,b], w[k] ∈ [0, 1]."""
    import pyomo.environ as pyo

    request, net = c.request, c.request.network
    m, n = request.n_machines, request.n_layers
    model = pyo.ConcreteModel("placement")
    model.LAYERS, model.MACHINES = pyo.RangeSet(0, n - 1), pyo.RangeSet(0, m - 1)
    model.x = pyo.Var(model.LAYERS, model.MACHINES, within=pyo.Binary, doc="1 if the layer runs there")
    model.y = pyo.Var(list(c.legs), within=pyo.UnitInterval, doc="1 if the tensor is sent from a to b")
    model.z = pyo.Var(list(c.returns), within=pyo.UnitInterval, doc="1 if the result is sent from a to b")
    model.w = pyo.Var(range(1, m), within=pyo.UnitInterval, doc="1 if the machine is in use")
    variables = _variables(model, c)
    for variable, most in zip(variables, c.upper().tolist(), strict=True):
        if most == 0:
            variable.setub(0)

    def above(v: int, k: int) -> Any:
        """1 if layer v runs above boundary k."""
        return 0 if v == NETWORK_INPUT else sum(model.x[v, j] for j in range(k + 1, m))

    def at(v: int, k: int) -> Any:
        return int(k == 0) if v == NETWORK_INPUT else model.x[v, k]

    model.somewhere = pyo.Constraint(model.LAYERS, rule=lambda mo, v: sum(mo.x[v, k] for k in mo.MACHINES) == 1)
    model.sent = pyo.ConstraintList(doc="y ≥ reader there − tensor there already")
    for u, a, b in c.legs:
        for r in net.readers[u]:
            if not c.line:
                model.sent.add(model.y[u, a, b] >= at(u, a) + model.x[r, b] - 1)
            elif a < b:
                model.sent.add(model.y[u, a, b] >= above(r, a) - above(u, a))
            else:
                model.sent.add(model.y[u, a, b] >= above(u, b) - above(r, b))
    model.one_way = pyo.ConstraintList(doc="data flow upwards")
    for u in range(n if request.one_way else 0):
        for r in net.readers[u]:
            for k in range(m - 1 if c.line else 0):
                model.one_way.add(above(r, k) >= above(u, k))
            for a in range(0 if c.line else m):
                for b in range(a):
                    model.one_way.add(model.x[u, a] + model.x[r, b] <= 1)
    model.returned = pyo.ConstraintList(doc="z ≥ last layer there")
    model.opened = pyo.ConstraintList(doc="w ≥ layer there")
    for v in range(n):
        for a, b in c.returns:
            if not net.readers[v]:
                model.returned.add(model.z[a, b] >= (above(v, b) if c.line else model.x[v, a]))
        for k in range(1, m):
            if request.opening_s[k] or request.opening_j[k]:
                model.opened.add(model.w[k] >= (above(v, k - 1) if c.line else model.x[v, k]))
    model.limits = pyo.ConstraintList(doc="memory and deadline, in parts of what there is")
    for terms, _, most in limit_rows(c):
        model.limits.add(sum(value * variables[j] for j, value in terms) <= most)
    return model


def add_sum(model: Any, c: PlacementColumns, goal: Goal) -> None:
    """Objective: weighted energy and latency."""
    import pyomo.environ as pyo

    cost, variables = c.cost(goal), _variables(model, c)
    terms = (float(cost[j]) * variables[j] for j in np.flatnonzero(cost).tolist())
    model.cost = pyo.Objective(expr=sum(terms) + 0.0)


def add_longest(model: Any, c: PlacementColumns, unit_s: float) -> None:
    """Objective: ``longest``, in units of ``unit_s`` s, which no stage exceeds."""
    import pyomo.environ as pyo

    variables = _variables(model, c)
    model.longest = pyo.Var(within=pyo.NonNegativeReals)
    model.cost = pyo.Objective(expr=unit_s * model.longest)
    model.stages = pyo.ConstraintList(doc="longest ≥ busy time")
    for _, terms in seconds_of(c):
        model.stages.add(model.longest >= sum(seconds / unit_s * variables[j] for j, seconds in terms))


def _variables(model: Any, c: PlacementColumns) -> list[Any]:
    request = c.request
    return [*(model.x[v, k] for v in range(request.n_layers) for k in range(request.n_machines)),
            *(model.y[leg] for leg in c.legs), *(model.z[pair] for pair in c.returns),
            *(model.w[k] for k in range(1, request.n_machines))]  # fmt: skip
