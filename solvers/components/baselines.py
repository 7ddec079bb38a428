"""What the papers compare with: everything here, everything there, and one component at a time."""

from __future__ import annotations

import numpy as np

from instances.columns import Bools
from instances.component_costs import ComponentCosts, price_components
from instances.components import ComponentTask, Division
from solvers.answer import Limits
from solvers.components.registry import ComponentAnswer, Decides, Kind, component_method


def _answer(costs: ComponentCosts, task: ComponentTask, remote: Bools) -> ComponentAnswer:
    """These places with the task's own sizes, if they are in time."""
    here = remote.astype(np.int64)
    before = np.append(0, here[:-1])
    cost = float(costs.of_size(task.steps)[np.arange(len(task)), before, here].sum())
    return ComponentAnswer(Division(task.steps, remote), cost) if np.isfinite(cost) else ComponentAnswer(None)


@component_method
class AllOnDevice:
    """Nothing is offloaded."""

    name = "all_on_device"
    title = "everything on the device"
    kind: Kind = "heuristic"
    decides: Decides = "places"
    guarantee = None
    reference = "recurring baseline"

    def supports(self, task: ComponentTask) -> str | None:
        """Every task."""
        return None

    def solve(self, task: ComponentTask, *, limits: Limits, rng: np.random.Generator) -> ComponentAnswer:
        """The device alone."""
        return _answer(price_components(task), task, np.zeros(len(task), dtype=bool))


@component_method
class AllOffloaded:
    """Everything is offloaded."""

    name = "all_offloaded"
    title = "everything at the server"
    kind: Kind = "heuristic"
    decides: Decides = "places"
    guarantee = None
    reference = "recurring baseline"

    def supports(self, task: ComponentTask) -> str | None:
        """Every task."""
        return None

    def solve(self, task: ComponentTask, *, limits: Limits, rng: np.random.Generator) -> ComponentAnswer:
        """The server alone."""
        return _answer(price_components(task), task, np.ones(len(task), dtype=bool))


@component_method
class OneAtATime:
    """Each component where it is cheaper, given where the one before ran, with no thought of the next."""

    name = "one_at_a_time"
    title = "each component where it is cheaper now"
    kind: Kind = "heuristic"
    decides: Decides = "places"
    guarantee = None
    reference = "recurring baseline"

    def supports(self, task: ComponentTask) -> str | None:
        """Every task."""
        return None

    def solve(self, task: ComponentTask, *, limits: Limits, rng: np.random.Generator) -> ComponentAnswer:
        """Myopic places."""
        costs = price_components(task)
        remote, before = np.zeros(len(task), dtype=bool), 0
        for i, arc in enumerate(costs.of_size(task.steps)):
            before = int(arc[before, 1] < arc[before, 0])
            remote[i] = bool(before)
        return _answer(costs, task, remote)
