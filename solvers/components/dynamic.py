"""Two-state dynamic programmes: the exact answer in time linear in the number of components (theory, P20)."""

from __future__ import annotations

import math

import numpy as np

from instances.columns import Floats, Ints
from instances.component_costs import ComponentCosts, price_components
from instances.components import ComponentTask, Division
from solvers.answer import Limits
from solvers.components.registry import ComponentAnswer, Decides, Kind, component_method

__all__ = ["best_places", "best_sizes"]


def best_places(costs: ComponentCosts, steps: Ints) -> ComponentAnswer:
    """Cheapest places for given sizes [n]: P20(a)."""
    step = costs.of_size(steps).tolist()
    best = (0.0, math.inf)  # by where the last component ran; at first everything is on the device
    came: list[tuple[int, int]] = []
    for arc in step:
        ways = [(best[0] + arc[0][here], best[1] + arc[1][here]) for here in (0, 1)]
        came.append((int(ways[0][1] < ways[0][0]), int(ways[1][1] < ways[1][0])))
        best = (min(ways[0]), min(ways[1]))
    cost = min(best)
    if cost == math.inf:
        return ComponentAnswer(None, bound=math.inf)
    place, remote = int(best[1] < best[0]), np.zeros(len(step), dtype=bool)
    for i in range(len(step) - 1, -1, -1):
        remote[i] = bool(place)
        place = came[i][place]
    return ComponentAnswer(Division(steps, remote), cost, cost)


def best_sizes(costs: ComponentCosts) -> ComponentAnswer:
    """Cheapest places and sizes: a table over (component, steps used, where it ran), P20(b)."""
    total, n = costs.resolution, len(costs)
    best = np.full((2, total + 1), np.inf)
    best[0, 0] = 0.0
    size = np.arange(total + 1)
    used = size[:, None] - size[None, :]  # [after, size] → used before; negative ones do not exist
    came = np.zeros((n, 2, total + 1), dtype=np.int64)
    for i in range(n):
        after = np.full_like(best, np.inf)
        for here in (0, 1):
            ways = np.concatenate([_with_size(costs, i, before, here, best[before], used) for before in (0, 1)], axis=1)
            came[i, here] = ways.argmin(axis=1)
            after[here] = ways[size, came[i, here]]
        best = after
    here = int(best[1, total] < best[0, total])
    cost = float(best[here, total])
    if cost == math.inf:
        return ComponentAnswer(None, bound=math.inf)
    return ComponentAnswer(_walk_back(came, here), cost, cost)


def _with_size(costs: ComponentCosts, i: int, before: int, here: int, best: Floats, used: Ints) -> Floats:
    """[steps after, size] cost of component i with this size on this arc."""
    total = costs.resolution
    size = np.arange(total + 1)
    allowed = (size >= 1) & (size <= costs.most[i, before, here])
    own = np.where(allowed, costs.fixed[i, before, here] + costs.each[i, before, here] * size, np.inf)
    return np.where(used >= 0, best[used], np.inf) + own


def _walk_back(came: Ints, here: int) -> Division:
    n, left = len(came), came.shape[2] - 1
    steps, remote = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=bool)
    for i in range(n - 1, -1, -1):
        before, steps[i] = divmod(int(came[i, here, left]), came.shape[2])
        remote[i] = bool(here)
        left -= int(steps[i])
        here = before
    return Division(steps, remote)


@component_method
class Offloading:
    """Where each component runs, for the sizes that the task comes with."""

    name = "offloading"
    title = "two-state dynamic programme"
    kind: Kind = "exact"
    decides: Decides = "places"
    guarantee = "optimal, 4n evaluations"
    reference = "docs/theory.md P20; the problem after Ali et al., IEEE Access 2019 (EEDOS)"

    def supports(self, task: ComponentTask) -> str | None:
        """Every task."""
        return None

    def solve(self, task: ComponentTask, *, limits: Limits, rng: np.random.Generator) -> ComponentAnswer:
        """Optimal places."""
        return best_places(price_components(task), task.steps)


@component_method
class Sizing:
    """Where each component runs and how large it is."""

    name = "sizing"
    title = "two-state dynamic programme with sizes"
    kind: Kind = "exact"
    decides: Decides = "places and sizes"
    guarantee = "optimal on the task's grid, O(n K²)"
    reference = "docs/theory.md P20; the problem after Ali et al., Sensors 2021 (CEDOT)"

    def supports(self, task: ComponentTask) -> str | None:
        """Every task."""
        return None

    def solve(self, task: ComponentTask, *, limits: Limits, rng: np.random.Generator) -> ComponentAnswer:
        """Optimal sizes and places."""
        return best_sizes(price_components(task))
