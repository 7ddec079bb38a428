"""The readable statement of `formulations.row_shares`: a Pyomo model with the same matrix."""

from __future__ import annotations

import math
from typing import Any

from formulations.row_shares import least_rows
from instances.dnn import NETWORK_INPUT
from instances.rows import RowProblem

__all__ = ["state_rows_in_pyomo"]


def state_rows_in_pyomo(problem: RowProblem, taking: tuple[int, ...]) -> Any:
    """Pyomo ConcreteModel over ends of rows, halos (rows) and phases (ms) for the devices that take part."""
    import pyomo.environ as pyo

    network, devices, n = problem.network, [problem.devices[d] for d in taking], len(taking)
    layers, least, places = network.layers, least_rows(network), range(n)
    energy = problem.goal == "energy"
    row_mbit = {q: network.mbit_of(q) / network.height_of(q) for q in range(NETWORK_INPUT, len(layers))}
    fetches = [(j, q) for q, j in network.edges]
    halos = [(j, q, d) for j, q in fetches if q != NETWORK_INPUT for d in places]
    busy = [j for j, layer in enumerate(layers) if layer.gflop]

    model = pyo.ConcreteModel("row_shares")
    inner = [(j, d) for j in range(len(layers)) for d in range(1, n)]
    model.end = pyo.Var(inner, within=pyo.NonNegativeIntegers, bounds=lambda m, j, d: (0, layers[j].height))
    model.above = pyo.Var([h for h in halos if h[2] > 0], within=pyo.NonNegativeReals, doc="rows of halo above")
    model.below = pyo.Var([h for h in halos if h[2] < n - 1], within=pyo.NonNegativeReals, doc="rows of halo below")
    model.run = pyo.Var(busy, within=pyo.NonNegativeReals, doc="ms to compute a layer")
    model.fetch = pyo.Var(fetches, within=pyo.NonNegativeReals, doc="ms to fetch what a layer reads")
    alone = taking == (problem.source,)
    if not alone:
        model.gather = pyo.Var(within=pyo.NonNegativeReals, doc="ms to fetch the last map")

    def end(j: int, d: int) -> Any:
        """Row of layer j at which the device at place d − 1 ends."""
        return 0 if d == 0 else layers[j].height if d == n else model.end[j, d]

    def rows(j: int, d: int) -> Any:
        return end(j, d + 1) - end(j, d)

    def lacks(j: int, q: int, d: int) -> Any:
        """Rows of tensor q that the device at place d fetches for layer j."""
        if q != NETWORK_INPUT:
            return (model.above[j, q, d] if d else 0) + (model.below[j, q, d] if d < n - 1 else 0)
        if taking[d] == problem.source:
            return 0
        first = layers[j].stride * end(j, d) - layers[j].padding if d else 0
        last = layers[j].stride * (end(j, d + 1) - 1) - layers[j].padding + layers[j].kernel
        return (last if d < n - 1 else network.input_height) - first

    gathered = sum(rows(len(layers) - 1, d) for d in places if taking[d] != problem.source)
    source, last = problem.devices[problem.source], len(layers) - 1
    head_s = network.head_gflop / source.gflops
    phases = [*model.run.values(), *model.fetch.values(), *([] if alone else [model.gather])]
    ms = sum(phases)
    if energy:
        run = sum(layers[j].gflop / layers[j].height / devices[d].gflops * devices[d].active_w * rows(j, d)
                  for j in busy for d in places)  # fmt: skip
        moved = sum(row_mbit[q] * devices[d].j_per_mbit * lacks(j, q, d) for j, q in fetches for d in places)
        value = run + moved + row_mbit[last] * source.j_per_mbit * gathered + head_s * source.active_w
    else:
        value = 1e-3 * ms + head_s
    model.value = pyo.Objective(expr=value)

    def kept(row: Any) -> Any:
        """The row, or nothing where it has no variable."""
        return row if not isinstance(row, bool) else (pyo.Constraint.Feasible if row else pyo.Constraint.Infeasible)

    @model.Constraint(range(len(layers)), places, doc="every device has rows enough")  # type: ignore[untyped-decorator]
    def enough(m: Any, j: int, d: int) -> Any:
        return kept(rows(j, d) >= least[j])

    @model.Constraint(list(model.above), doc="u ≥ B_{q,d−1} − s B_{l,d−1} + p")  # type: ignore[untyped-decorator]
    def halo_above(m: Any, j: int, q: int, d: int) -> Any:
        return m.above[j, q, d] >= end(q, d) - layers[j].stride * end(j, d) + layers[j].padding

    @model.Constraint(list(model.below), doc="v ≥ s (B_{l,d} − 1) − p + k − B_{q,d}")  # type: ignore[untyped-decorator]
    def halo_below(m: Any, j: int, q: int, d: int) -> Any:
        needed = layers[j].stride * (end(j, d + 1) - 1) - layers[j].padding + layers[j].kernel
        return m.below[j, q, d] >= needed - end(q, d + 1)

    @model.Constraint(busy, places, doc="nobody computes for longer than the phase")  # type: ignore[untyped-decorator]
    def compute(m: Any, j: int, d: int) -> Any:
        return m.run[j] >= 1e3 * layers[j].gflop / layers[j].height / devices[d].gflops * rows(j, d)

    @model.Constraint(fetches, places, doc="nobody fetches for longer than the phase")  # type: ignore[untyped-decorator]
    def receive(m: Any, j: int, q: int, d: int) -> Any:
        lacking = lacks(j, q, d)
        if isinstance(lacking, int) and lacking == 0:
            return pyo.Constraint.Skip
        return m.fetch[j, q] >= 1e3 * row_mbit[q] / devices[d].rate_mbps * lacking

    if not alone:
        model.collect = pyo.Constraint(expr=model.gather >= 1e3 * row_mbit[last] / source.rate_mbps * gathered)
    if math.isfinite(problem.deadline_s):
        model.deadline = pyo.Constraint(expr=ms <= 1e3 * (problem.deadline_s - head_s))
    return model
