"""Components as a MILP (`formulations.component_path`) handed to HiGHS."""

from __future__ import annotations

import math

import numpy as np

from formulations.component_path import build_path
from instances.columns import Ints
from instances.component_costs import price_components
from instances.components import ComponentTask
from solvers.answer import Limits
from solvers.components.registry import ComponentAnswer, Decides, Kind, component_method
from solvers.highs import Status, solve_program


def _hand_over(task: ComponentTask, steps: Ints | None, limits: Limits, rng: np.random.Generator) -> ComponentAnswer:
    costs = price_components(task)
    path = build_path(costs, steps)
    if len(set(path.arcs[:, 0].tolist())) < len(task):  # some component is late wherever it runs
        return ComponentAnswer(None, bound=math.inf)
    outcome = solve_program(path.program, limits, seed=int(rng.integers(2**31 - 1)))
    if outcome.status is Status.INFEASIBLE:
        return ComponentAnswer(None, bound=math.inf)
    if outcome.values is None:
        return ComponentAnswer(None, bound=outcome.bound)
    return ComponentAnswer(path.decode(outcome.values), outcome.objective, outcome.bound)


@component_method
class OffloadingMilp:
    """The path without sizes."""

    name = "offloading_milp"
    title = "path MILP"
    kind: Kind = "exact"
    decides: Decides = "places"
    guarantee = "gap ≤ limits.gap"
    reference = "docs/theory.md P20"

    def supports(self, task: ComponentTask) -> str | None:
        """Every task."""
        return None

    def solve(self, task: ComponentTask, *, limits: Limits, rng: np.random.Generator) -> ComponentAnswer:
        """Places within the gap."""
        return _hand_over(task, task.steps, limits, rng)


@component_method
class SizingMilp:
    """The path with sizes on its arcs."""

    name = "sizing_milp"
    title = "path MILP with sizes"
    kind: Kind = "exact"
    decides: Decides = "places and sizes"
    guarantee = "gap ≤ limits.gap"
    reference = "docs/theory.md P20"

    def supports(self, task: ComponentTask) -> str | None:
        """Every task."""
        return None

    def solve(self, task: ComponentTask, *, limits: Limits, rng: np.random.Generator) -> ComponentAnswer:
        """Sizes and places within the gap."""
        return _hand_over(task, None, limits, rng)
