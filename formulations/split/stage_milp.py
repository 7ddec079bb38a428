"""The longest stage of one request with all its limits, on any machines, as a MILP: heavy load of DADS, exactly."""

from __future__ import annotations

from typing import Any

import numpy as np

from formulations.parts.rows import power_of_two
from formulations.program import Program
from formulations.registry import Relation
from formulations.split.columns import PlacementColumns, Term, limit_rows, placement_rows, rows_of, seconds_of
from formulations.split.registry import SplitModel, split_formulation
from formulations.split.statement import add_longest, state_placement
from instances.request import Request
from instances.request_costs import Goal

__all__ = ["StageMilp"]


@split_formulation
class StageMilp:
    """min T with T ≥ busy time of every machine and link; T counts in a unit that brings the largest time to 1,000."""

    name = "stage_milp"
    title = "shortest longest stage"
    solved_as = "MILP"
    relation: Relation = "exact"
    reference = "docs/theory.md P18; Hu et al., DADS, INFOCOM 2019, doi 10.1109/INFOCOM.2019.8737614"

    def supports(self, request: Request, goal: Goal) -> str | None:
        """The longest stage only."""
        return None if goal.longest else "a sum of costs is no longest stage: see split_milp"

    def build(self, request: Request, goal: Goal) -> SplitModel:
        """Columns x, y, z, w and T, the last one."""
        c = PlacementColumns.of(request)
        unit = _unit(c)
        stages: list[Term] = [([(c.size, 1.0), *((j, -seconds / unit) for j, seconds in terms)], 0.0, np.inf)
                              for _, terms in seconds_of(c)]  # fmt: skip
        size = c.size + 1
        program = Program(
            cost=np.append(np.zeros(c.size), unit),
            lower=np.zeros(size),
            upper=np.append(c.upper(), np.inf),
            integer=np.append(c.integer(), False),
            rows=rows_of([*placement_rows(c), *limit_rows(c), *stages], size),
            column_name=lambda j: "longest" if j == c.size else c.name(j),
        )
        return SplitModel(program, c.decode)

    def to_pyomo(self, request: Request, goal: Goal) -> Any:
        """The same, readable."""
        c = PlacementColumns.of(request)
        model = state_placement(c)
        add_longest(model, c, _unit(c))
        return model


def _unit(c: PlacementColumns) -> float:
    """s: a thousandth of the largest time, or a power of two near it."""
    largest = max((seconds for _, terms in seconds_of(c) for _, seconds in terms), default=0.0)
    return float(power_of_two(largest / 1e3))
