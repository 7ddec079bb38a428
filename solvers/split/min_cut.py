"""The cheapest placement on a line of machines as one minimum cut."""

from __future__ import annotations

import numpy as np

from formulations.split.graph import cut_graph
from instances.request import Request
from instances.request_costs import Goal, LinearCosts
from solvers.answer import Limits
from solvers.registry import Kind
from solvers.split.answer import SplitAnswer
from solvers.split.max_flow import minimum_cut
from solvers.split.registry import splitter
from solvers.split.support import conclude, reason_against_cuts

__all__ = ["MinCut"]


@splitter
class MinCut:
    """Light load of DADS with its missing reverse arcs put right; any number of tiers; SciPy's Dinic, refined."""

    name = "min_cut"
    title = "minimum cut"
    kind: Kind = "exact"
    guarantee = "optimal"
    reference = "docs/theory.md P17; Hu et al., DADS, INFOCOM 2019, doi 10.1109/INFOCOM.2019.8737614"

    def supports(self, request: Request, goal: Goal) -> str | None:
        """Sums of costs, machines in a line, no limit that can bind."""
        return reason_against_cuts(request, goal)

    def split(self, request: Request, goal: Goal, *, limits: Limits, rng: np.random.Generator) -> SplitAnswer:
        """One maximum flow."""
        graph = cut_graph(LinearCosts.of(request, goal))
        cut = minimum_cut(graph)
        detail = {"nodes": float(graph.structure.n_nodes), "rounds": float(cut.rounds)}
        return conclude(request, goal, graph.placement(cut.source_side), cut.value, cut.bound, detail)
