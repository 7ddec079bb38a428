"""Every division, looked at: how EEDOS and CEDOT label their data, and the oracle of the tests."""

from __future__ import annotations

import math

import numpy as np

from instances.columns import Bools, Ints
from instances.component_costs import ComponentCosts, price_components
from instances.components import ComponentTask, Division
from solvers.answer import Limits
from solvers.components.registry import ComponentAnswer, Decides, Kind, component_method

__all__ = ["all_places", "all_sizes", "look_at_all"]

MOST_PLACES = 20
MOST_DIVISIONS = 2_000_000


def all_places(n: int) -> Bools:
    """[2ⁿ, n] every choice of places."""
    return (np.arange(2**n)[:, None] >> np.arange(n)[None, :] & 1).astype(bool)


def all_sizes(steps: int, n: int) -> Ints:
    """[C(steps − 1, n − 1), n] every way to divide the steps among n components with one or more each."""
    if n == 1:
        return np.array([[steps]], dtype=np.int64)
    parts = []
    for first in range(1, steps - n + 2):
        rest = all_sizes(steps - first, n - 1)
        parts.append(np.column_stack([np.full(len(rest), first), rest]))
    return np.vstack(parts)


def look_at_all(costs: ComponentCosts, sizes: Ints) -> ComponentAnswer:
    """The cheapest of every choice of places for each of these sizes [divisions, n]."""
    n = len(costs)
    places = all_places(n)
    here = places.astype(np.int64)
    before = np.column_stack([np.zeros(len(here), dtype=np.int64), here[:, :-1]])
    i = np.arange(n)
    best, chosen = math.inf, None
    for steps in sizes:
        total = costs.of_size(steps)[i, before, here].sum(axis=1)
        k = int(total.argmin())
        if total[k] < best:
            best, chosen = float(total[k]), Division(steps, places[k])
    return ComponentAnswer(chosen, best, best)


@component_method
class OffloadingEnumeration:
    """All 2ⁿ offload vectors."""

    name = "offloading_enumeration"
    title = "every offload vector"
    kind: Kind = "exact"
    decides: Decides = "places"
    guarantee = "optimal, 2ⁿ evaluations"
    reference = "after Ali et al., IEEE Access 2019 (EEDOS)"

    def supports(self, task: ComponentTask) -> str | None:
        """Tasks of few components."""
        return None if len(task) <= MOST_PLACES else f"{len(task)} components have too many offload vectors"

    def solve(self, task: ComponentTask, *, limits: Limits, rng: np.random.Generator) -> ComponentAnswer:
        """The cheapest of all."""
        return look_at_all(price_components(task), task.steps[None, :])


@component_method
class SizingEnumeration:
    """All offload vectors on all sizes."""

    name = "sizing_enumeration"
    title = "every offload vector and size"
    kind: Kind = "exact"
    decides: Decides = "places and sizes"
    guarantee = "optimal on the task's grid, 2ⁿ C(K−1, n−1) evaluations"
    reference = "after Ali et al., Sensors 2021 (CEDOT)"

    def supports(self, task: ComponentTask) -> str | None:
        """Tasks with few divisions."""
        n = len(task)
        count = 2**n * math.comb(task.resolution - 1, n - 1)
        return None if count <= MOST_DIVISIONS else f"{count} divisions are more than {MOST_DIVISIONS}"

    def solve(self, task: ComponentTask, *, limits: Limits, rng: np.random.Generator) -> ComponentAnswer:
        """The cheapest of all."""
        if task.resolution < len(task):
            return ComponentAnswer(None, bound=math.inf)
        return look_at_all(price_components(task), all_sizes(task.resolution, len(task)))
