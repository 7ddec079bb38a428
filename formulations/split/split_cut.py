"""The minimum cut as a linear program: a potential a node, a slack an arc; totally unimodular (docs/theory.md P17)."""

from __future__ import annotations

from typing import Any

import numpy as np

from formulations.parts.rows import make_rows
from formulations.program import Program
from formulations.registry import Relation
from formulations.split.graph import SOURCE, TARGET, CutGraph, cut_graph
from formulations.split.registry import SplitModel, split_formulation
from instances.columns import Floats, Ints
from instances.request import Request
from instances.request_costs import Goal, LinearCosts

__all__ = ["SplitCut"]


@split_formulation
class SplitCut:
    """min Σ c_a d_a with d_a ≥ p_tail − p_head, p_s = 1, p_t = 0; d_a = 0 where c_a is infinite.

    Machines in a line and sums of costs only; deadline and memory are left out.
    """

    name = "split_cut"
    title = "minimum cut as a linear program"
    solved_as = "LP"
    relation: Relation = "relaxation"
    reference = "docs/theory.md P17; Ford and Fulkerson, Canadian J. Math. 1956"

    def supports(self, request: Request, goal: Goal) -> str | None:
        """Sums of costs on a line of machines."""
        if goal.longest:
            return "the longest stage is no sum of costs"
        if request.n_machines < 2 or (request.n_machines > 2 and request.route != "relay"):
            return "a cut needs two machines, or a relay"
        return None

    def build(self, request: Request, goal: Goal) -> SplitModel:
        """Columns p[node], then d[arc]."""
        graph = cut_graph(LinearCosts.of(request, goal))
        nodes, arcs = graph.structure.n_nodes, len(graph.capacity)
        row = np.tile(np.arange(arcs), 3)
        column = np.concatenate([nodes + np.arange(arcs), graph.structure.tail, graph.structure.head])
        value = np.repeat([1.0, -1.0, 1.0], arcs)
        lower, upper = np.zeros(nodes + arcs), np.ones(nodes + arcs)
        lower[SOURCE], upper[TARGET] = 1.0, 0.0
        closed = ~np.isfinite(graph.capacity)
        upper[nodes:][closed] = 0.0
        program = Program(
            cost=np.concatenate([np.zeros(nodes), np.where(closed, 0.0, graph.capacity)]),
            lower=lower,
            upper=upper,
            integer=np.zeros(nodes + arcs, dtype=bool),
            rows=make_rows(row, column, value, 0.0, np.inf, (arcs, nodes + arcs)),
            offset=graph.constant,
            column_name=lambda j: f"p[{j}]" if j < nodes else f"d[{j - nodes}]",
        )
        return SplitModel(program, lambda values: _placement(graph, values))

    def to_pyomo(self, request: Request, goal: Goal) -> Any:
        """p[node], d[arc] ∈ [0, 1]."""
        import pyomo.environ as pyo

        graph = cut_graph(LinearCosts.of(request, goal))
        tail, head = graph.structure.tail.tolist(), graph.structure.head.tolist()
        model = pyo.ConcreteModel("split_cut")
        model.NODES = pyo.RangeSet(0, graph.structure.n_nodes - 1)
        model.ARCS = pyo.RangeSet(0, len(tail) - 1)
        model.p = pyo.Var(model.NODES, within=pyo.UnitInterval, doc="1 on the source's side")
        model.d = pyo.Var(model.ARCS, within=pyo.UnitInterval, doc="1 if the arc is cut")
        model.p[SOURCE].setlb(1)
        model.p[TARGET].setub(0)
        for a in np.flatnonzero(~np.isfinite(graph.capacity)).tolist():
            model.d[a].setub(0)
        finite = np.flatnonzero(np.isfinite(graph.capacity)).tolist()
        cost = sum(float(graph.capacity[a]) * model.d[a] for a in finite)
        model.cost = pyo.Objective(expr=cost + graph.constant)

        @model.Constraint(model.ARCS, doc="d ≥ p_tail − p_head")  # type: ignore[untyped-decorator]
        def cut(m: Any, a: int) -> Any:
            return m.d[a] - m.p[tail[a]] + m.p[head[a]] >= 0

        return model


def _placement(graph: CutGraph, values: Floats) -> Ints:
    # Any threshold between 0 and 1 is a minimum cut; vertices are whole numbers anyhow.
    return graph.placement(values[: graph.structure.n_nodes] > 0.5)
