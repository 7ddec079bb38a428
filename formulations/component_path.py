"""Components as a path: one arc a component, from where the one before ran to where it runs; sizes ride on the arcs.

Columns for each component i and arc (a, b), a, b ∈ {device 0, server 1}: x_iab ∈ {0, 1}, the arc is taken, and m_iab,
whole, its steps. With P20's figures (cost f + c m, at most M_iab steps in time):

    min Σ f x + c m    subject to  Σ_ab x_iab = 1,  Σ_a x_iab = Σ_b x_{i+1,ba},  x_iab ≤ m_iab ≤ M_iab x_iab,  Σ m = K.

With sizes given, m is not a column: costs are (f + c m_i) x, arcs that are late are left out, and what remains is a
shortest path, whose LP has whole optima.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from formulations.parts.rows import make_rows, stack_rows
from formulations.program import Program, Rows
from instances.columns import Bools, Floats, Ints
from instances.component_costs import SERVER, ComponentCosts
from instances.components import Division

__all__ = ["ComponentPath", "build_path", "state_path_in_pyomo"]


@dataclasses.dataclass(frozen=True, eq=False)
class ComponentPath:
    """The program and the arcs [arcs, 3] = (component, before, here) behind its columns.

    ``steps`` [n] where sizes are given, else None: then the second half of the columns are sizes.
    """

    arcs: Ints
    steps: Ints | None
    program: Program

    def decode(self, values: Floats) -> Division:
        """The division that a whole solution stands for."""
        taken = np.round(values[: len(self.arcs)]).astype(bool)
        remote: Bools = np.zeros(int(self.arcs[:, 0].max()) + 1, dtype=bool)
        remote[self.arcs[taken, 0]] = self.arcs[taken, 2] == SERVER
        if self.steps is not None:
            return Division(self.steps, remote)
        steps = np.zeros(len(remote), dtype=np.int64)
        np.add.at(steps, self.arcs[:, 0], np.round(values[len(self.arcs) :]).astype(np.int64))
        return Division(steps, remote)


def build_path(costs: ComponentCosts, steps: Ints | None = None, *, integer: bool = True) -> ComponentPath:
    """Program over a task's figures; ``steps`` [n] for given sizes, None to decide them.

    Args:
        integer: False for the LP relaxation.
    """
    arcs = _usable(costs, steps)
    i, before, here = arcs.T
    k, n = len(arcs), len(costs)
    fixed, each, most = (column[i, before, here] for column in (costs.fixed, costs.each, costs.most))
    sized = steps is None
    columns = 2 * k if sized else k
    at = np.arange(k)
    # One row for each (component, place) between two components: what arrives leaves.
    leaves, arrives = before + 2 * (i - 1), here + 2 * i
    inner, out = i > 0, i < n - 1
    row = np.concatenate([arrives[out], leaves[inner]])
    sign = np.concatenate([np.ones(out.sum()), -np.ones(inner.sum())])
    rows: list[Rows] = [
        make_rows(i, at, 1.0, 1.0, 1.0, (n, columns)),
        make_rows(row, np.concatenate([at[out], at[inner]]), sign, 0.0, 0.0, (2 * (n - 1), columns)),
    ]
    cost = fixed if sized else fixed + each * steps[i]  # type: ignore[index]
    upper = np.ones(k)
    if sized:
        both = np.concatenate([at, at]), np.concatenate([at, at + k])
        at_most = make_rows(*both, np.concatenate([most, -np.ones(k)]), 0.0, np.inf, (k, columns))
        at_least = make_rows(*both, np.concatenate([-np.ones(k), np.ones(k)]), 0.0, np.inf, (k, columns))
        total = make_rows(np.zeros(k), at + k, 1.0, costs.resolution, costs.resolution, (1, columns))
        rows += [at_most, at_least, total]
        cost, upper = np.concatenate([cost, each]), np.concatenate([upper, most])
    names = [f"{kind}[{a},{b},{c}]" for kind in ("x", "m") for a, b, c in arcs.tolist()]
    program = Program(cost=cost, lower=np.zeros(columns), upper=upper, integer=np.full(columns, integer),
                      rows=stack_rows(rows), column_name=names.__getitem__)  # fmt: skip
    return ComponentPath(arcs, steps, program)


def _usable(costs: ComponentCosts, steps: Ints | None) -> Ints:
    """Arcs that can be in time; the first component comes from the device."""
    least = np.ones(len(costs), dtype=np.int64) if steps is None else steps
    usable = costs.most >= least[:, None, None]
    usable[0, SERVER] = False
    return np.argwhere(usable)


def state_path_in_pyomo(costs: ComponentCosts, steps: Ints | None = None) -> Any:
    """The readable statement: Pyomo ConcreteModel with the matrix of `build_path`."""
    import pyomo.environ as pyo

    n, places = len(costs), (0, 1)
    arcs = [tuple(arc) for arc in _usable(costs, steps).tolist()]
    model = pyo.ConcreteModel("component_path")
    model.ARCS = pyo.Set(initialize=arcs, dimen=3, doc="(component, before, here)")
    model.x = pyo.Var(model.ARCS, within=pyo.Binary, doc="1 if the component takes this arc")
    each = {arc: float(costs.each[arc]) for arc in arcs}
    fixed = {arc: float(costs.fixed[arc]) for arc in arcs}
    if steps is None:
        most = {arc: int(costs.most[arc]) for arc in arcs}
        model.m = pyo.Var(model.ARCS, within=pyo.NonNegativeIntegers, bounds=lambda m, *arc: (0, most[arc]))
        model.late = pyo.Constraint(model.ARCS, rule=lambda m, *arc: m.m[arc] <= most[arc] * m.x[arc])
        model.something = pyo.Constraint(model.ARCS, rule=lambda m, *arc: m.m[arc] >= m.x[arc])
        model.whole = pyo.Constraint(expr=sum(model.m[arc] for arc in arcs) == costs.resolution)
        cost = sum(fixed[arc] * model.x[arc] + each[arc] * model.m[arc] for arc in arcs)
    else:
        cost = sum((fixed[arc] + each[arc] * int(steps[arc[0]])) * model.x[arc] for arc in arcs)
    model.cost = pyo.Objective(expr=cost, doc="Σ f x + c m")

    @model.Constraint(range(n), doc="Σ x = 1: every component takes one arc")  # type: ignore[untyped-decorator]
    def one_arc(m: Any, i: int) -> Any:
        taken = [m.x[arc] for arc in arcs if arc[0] == i]
        return sum(taken) == 1 if taken else pyo.Constraint.Infeasible

    @model.Constraint(range(n - 1), places, doc="what arrives at a place leaves it")  # type: ignore[untyped-decorator]
    def flow(m: Any, i: int, place: int) -> Any:
        arriving = [m.x[arc] for arc in arcs if arc[0] == i and arc[2] == place]
        leaving = [m.x[arc] for arc in arcs if arc[0] == i + 1 and arc[1] == place]
        return sum(arriving) == sum(leaving) if arriving or leaving else pyo.Constraint.Skip

    return model
