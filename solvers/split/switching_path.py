"""Device or cloud layer by layer, any number of switches: shortest paths, with limits and without."""

from __future__ import annotations

import numpy as np

from formulations.split.layered import LayeredGraph, layered_graph
from instances.columns import Floats
from instances.errors import InputError
from instances.request import Request
from instances.request_costs import Goal
from solvers.answer import Limits
from solvers.registry import Kind
from solvers.split.answer import SplitAnswer
from solvers.split.constrained import Found, approximate_path, exact_path
from solvers.split.registry import splitter
from solvers.split.resources import resources_of

__all__ = ["SwitchingFptas", "SwitchingPath"]

SMALLEST_EPSILON = 1e-9
_HAIR_LESS = 0.999
"""So that the gap asked for is met after rounding too."""


@splitter
class SwitchingPath:
    """Shortest path when nothing binds, else label setting with dominance."""

    name = "switching_path"
    title = "shortest path over machines"
    kind: Kind = "exact"
    guarantee = "optimal"
    reference = "docs/theory.md P22, P23; after Eshratifar et al., JointDNN, TMC 2021, arXiv 1801.08618"

    def supports(self, request: Request, goal: Goal) -> str | None:
        """Sums of costs on graphs with a narrow frontier; all limits."""
        return _reason(request, goal)

    def split(self, request: Request, goal: Goal, *, limits: Limits, rng: np.random.Generator) -> SplitAnswer:
        """Exact."""
        graph = layered_graph(request)
        return _answer(graph, exact_path(graph.structure, _cost(graph, goal), resources_of(graph)))


@splitter
class SwitchingFptas:
    """The constrained path within 1 + ε in polynomial time; ε is the gap asked for."""

    name = "switching_fptas"
    title = "approximate constrained path"
    kind: Kind = "approximation"
    guarantee = "value ≤ (1 + limits.gap) · optimum, every limit kept"
    reference = "docs/theory.md P23; Hassin, Math. Oper. Res. 1992; Lorenz and Raz, Oper. Res. Letters 2001"

    def supports(self, request: Request, goal: Goal) -> str | None:
        """One limit that may bind, at most."""
        reason = _reason(request, goal)
        if reason is not None:
            return reason
        binding = [r.name for r in resources_of(layered_graph(request))]
        return None if len(binding) < 2 else f"{' and '.join(binding)} may bind, and the guarantee is for one limit"

    def split(self, request: Request, goal: Goal, *, limits: Limits, rng: np.random.Generator) -> SplitAnswer:
        """Within 1 + ``limits.gap``."""
        graph = layered_graph(request)
        cost, binding = _cost(graph, goal), resources_of(graph)
        if not binding:
            return _answer(graph, exact_path(graph.structure, cost, []))
        epsilon = _HAIR_LESS * max(limits.gap, SMALLEST_EPSILON)
        found = approximate_path(graph.structure, cost, binding, epsilon)
        return _answer(graph, found)


def _reason(request: Request, goal: Goal) -> str | None:
    if goal.longest:
        return "the longest stage is no sum of costs"
    try:
        layered_graph(request)
    except InputError as error:
        return str(error)
    return None


def _cost(graph: LayeredGraph, goal: Goal) -> Floats:
    possible = np.isfinite(graph.seconds)
    seconds = np.where(possible, graph.seconds, 0.0)
    return np.where(possible, goal.per_s * seconds + goal.per_j * graph.joules, np.inf)


def _answer(graph: LayeredGraph, found: Found) -> SplitAnswer:
    if found.path is None:
        return SplitAnswer.infeasible("no placement keeps machines, links and limits")
    detail = {"arcs": float(graph.structure.n_arcs), "labels": float(found.labels)}
    return SplitAnswer(graph.placement(found.path), found.value, found.bound, detail=detail)
