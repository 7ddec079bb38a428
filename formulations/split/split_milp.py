"""Weighted energy and latency of one request with all its limits, on any machines, as a MILP."""

from __future__ import annotations

from typing import Any

import numpy as np

from formulations.program import Program
from formulations.registry import Relation
from formulations.split.columns import PlacementColumns, limit_rows, placement_rows, rows_of
from formulations.split.registry import SplitModel, split_formulation
from formulations.split.statement import add_sum, state_placement
from instances.request import Request
from instances.request_costs import Goal

__all__ = ["SplitMilp"]


@split_formulation
class SplitMilp:
    """One binary a layer and machine; what is sent follows from it."""

    name = "split_milp"
    title = "placement with memory and deadline"
    solved_as = "MILP"
    relation: Relation = "exact"
    reference = "docs/theory.md P17; after Eshratifar et al., JointDNN, TMC 2021, and Hu et al., DADS, INFOCOM 2019"

    def supports(self, request: Request, goal: Goal) -> str | None:
        """Sums of costs."""
        return "the longest stage is no sum of costs: see stage_milp" if goal.longest else None

    def build(self, request: Request, goal: Goal) -> SplitModel:
        """Columns x, y, z, w."""
        c = PlacementColumns.of(request)
        rows = rows_of([*placement_rows(c), *limit_rows(c)], c.size)
        return SplitModel(Program(c.cost(goal), np.zeros(c.size), c.upper(), c.integer(), rows, 0.0, c.name), c.decode)

    def to_pyomo(self, request: Request, goal: Goal) -> Any:
        """The same, readable."""
        c = PlacementColumns.of(request)
        model = state_placement(c)
        add_sum(model, c, goal)
        return model
