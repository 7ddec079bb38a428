"""Limits of a request as amounts along a path: what each arc takes of a limit, and how much there is."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from formulations.split.layered import LayeredGraph
from instances.columns import Floats
from solvers.split.paths import shortest_path

__all__ = ["ROOM", "Resource", "resources_of"]

ROOM = 1 + 1e-12
"""Rounding: a limit counts as kept up to this factor."""


@dataclasses.dataclass(frozen=True, eq=False)
class Resource:
    """A limit: ``amount`` [arcs] (inf: the arc may not be used) adds up to at most ``cap`` > 0 or 0."""

    name: str
    amount: Floats
    cap: float


def resources_of(graph: LayeredGraph) -> list[Resource]:
    """Limits that some path breaks: deadline, energy cap, memory and load of each machine."""
    request, possible = graph.request, np.isfinite(graph.seconds)
    found = [Resource("deadline", graph.seconds, request.deadline_s),
             Resource("energy cap", graph.joules, request.energy_cap_j)]  # fmt: skip
    for k, name in enumerate(request.machines):
        if math.isfinite(request.memory_mb[k]):
            found.append(Resource(f"memory of {name}", graph.weight_mb(k), float(request.memory_mb[k])))
        if math.isfinite(request.load_cap_s[k]):
            found.append(Resource(f"load of {name}", graph.busy_s(k), float(request.load_cap_s[k])))
    finite = [r for r in found if math.isfinite(r.cap)]
    usable = [dataclasses.replace(r, amount=np.where(possible, r.amount, np.inf)) for r in finite]
    return [r for r in usable if _may_break(graph, r)]


def _may_break(graph: LayeredGraph, resource: Resource) -> bool:
    longest, _ = shortest_path(graph.structure, np.where(np.isfinite(resource.amount), -resource.amount, np.inf))
    return -longest > resource.cap
