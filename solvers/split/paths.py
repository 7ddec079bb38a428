"""Shortest paths through a layered graph, forwards and backwards (docs/theory.md, P22)."""

from __future__ import annotations

import math

import numpy as np

from formulations.split.layered import LayeredStructure
from instances.columns import Floats, Ints

__all__ = ["costs_to_go", "shortest_path"]


def shortest_path(structure: LayeredStructure, cost: Floats) -> tuple[float, Ints]:
    """Least cost of a path, and its arcs [stages]; ``cost`` [arcs] may be inf, and negative."""
    first, value, levels = structure.first.tolist(), np.zeros(1), []
    for stage in range(structure.n_stages):
        here = slice(first[stage], first[stage + 1])
        through = value[structure.tail[here]] + cost[here]
        levels.append(through)
        value = np.minimum.reduceat(through, structure.groups[stage])
    state = int(np.argmin(value))
    best, path = float(value[state]), np.zeros(structure.n_stages, dtype=np.int64)
    for stage in range(structure.n_stages - 1, -1, -1):
        group = structure.groups[stage]
        low = int(group[state])
        high = int(group[state + 1]) if state + 1 < len(group) else first[stage + 1] - first[stage]
        path[stage] = first[stage] + low + int(np.argmin(levels[stage][low:high]))
        state = int(structure.tail[path[stage]])
    return best, path


def costs_to_go(structure: LayeredStructure, cost: Floats) -> list[Floats]:
    """For every stage, and at the end, [states] least cost from each state to the end; inf where there is no way."""
    levels = [np.zeros(int(structure.states[-1]))]
    for stage in range(structure.n_stages - 1, -1, -1):
        here = slice(int(structure.first[stage]), int(structure.first[stage + 1]))
        value = np.full(int(structure.states[stage]), math.inf)
        np.minimum.at(value, structure.tail[here], levels[-1][structure.head[here]] + cost[here])
        levels.append(value)
    return levels[::-1]
