"""The same minimum cut by networkx, in doubles: slow, and the referee of the fast one."""

from __future__ import annotations

import math
from importlib.util import find_spec

import numpy as np

from formulations.split.graph import SOURCE, TARGET, cut_graph
from instances.request import Request
from instances.request_costs import Goal, LinearCosts
from solvers.answer import Limits
from solvers.registry import Kind
from solvers.split.answer import SplitAnswer
from solvers.split.registry import splitter
from solvers.split.support import conclude, reason_against_cuts

__all__ = ["NetworkxCut"]


@splitter
class NetworkxCut:
    """Preflow-push of networkx on the graph of `min_cut`; needs the extra `graph`."""

    name = "min_cut_networkx"
    title = "minimum cut by networkx"
    kind: Kind = "exact"
    guarantee = "optimal"
    reference = "docs/theory.md P17; Hagberg et al., NetworkX, SciPy 2008"

    def supports(self, request: Request, goal: Goal) -> str | None:
        """As `min_cut`, where networkx is installed."""
        if find_spec("networkx") is None:
            return "it needs networkx, which is not installed: pip install 'edgecut[graph]'"
        return reason_against_cuts(request, goal)

    def split(self, request: Request, goal: Goal, *, limits: Limits, rng: np.random.Generator) -> SplitAnswer:
        """One preflow-push."""
        import networkx

        graph = cut_graph(LinearCosts.of(request, goal))
        structure = graph.structure
        drawn = networkx.DiGraph()
        drawn.add_nodes_from((SOURCE, TARGET))
        arcs = zip(structure.tail.tolist(), structure.head.tolist(), graph.capacity.tolist(), strict=True)
        for tail, head, capacity in arcs:
            if drawn.has_edge(tail, head):
                drawn[tail][head]["capacity"] += capacity
            else:
                drawn.add_edge(tail, head, capacity=capacity)
        try:
            flow, (source_side, _) = networkx.minimum_cut(drawn, SOURCE, TARGET)
        except networkx.NetworkXUnbounded:
            return SplitAnswer.infeasible("no placement is possible: each needs a machine or a link that is not there")
        side = np.zeros(structure.n_nodes, dtype=bool)
        side[list(source_side)] = True
        value = graph.value(side)
        bound = min(value, flow + graph.constant) if math.isfinite(flow) else value
        return conclude(request, goal, graph.placement(side), value, bound, {"nodes": float(structure.n_nodes)})
