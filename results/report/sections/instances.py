"""One row an instance: the best plan of all runs, and how good it is known to be."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from results.metrics import relative_gap
from results.report.known import Known
from results.report.registry import Block, Material, section
from results.tables import Cell, Column, table_of
from results.tables.numbers import number_text

__all__ = ["MOST", "instances"]

MOST = 300
"""Rows that are shown."""


@section("Instances", order=40)
def instances(material: Material, rng: np.random.Generator) -> list[Block]:
    """A table of all instances, or of the first."""
    if not material.known:
        return []
    units = {record.unit for record in material.records if record.unit}
    unit = units.pop() if len(units) == 1 else ""
    rows = [_row(name, known) for name, known in material.known.items()]
    columns = [
        Column("instance"), Column("best", "Best value", unit, "right", 6),
        Column("bound", "Best bound", unit, "right", 6), Column("gap", "Gap", "%", "right", 3),
        Column("certified"), Column("found", "Found by"),
    ]  # fmt: skip
    notes = ["Certified: whether the bound was recomputed from its certificate with no code of the solver."]
    if len(rows) > MOST:
        notes.append(f"The first {MOST} of {len(rows)} instances; the file of rows has all.")
    return [table_of(rows[:MOST], columns, title="By instance", notes=notes, label="tab:instances")]


def _row(name: str, known: Known) -> dict[str, Any]:
    bound, claimed = known.bound, known.rests_on_claim
    gap = relative_gap(known.best, bound)
    finders = ", ".join(known.finders[:3]) + (f" and {len(known.finders) - 3} more" if len(known.finders) > 3 else "")
    return {
        "instance": name,
        "best": known.best if math.isfinite(known.best) else "no plan",
        "bound": None if not math.isfinite(bound) else Cell(number_text(bound, 6), claimed=claimed),
        "gap": None if not math.isfinite(gap) else 100 * gap,
        "certified": "CONTRADICTED" if known.contradicted else "no bound" if not math.isfinite(bound)
        else "claimed" if claimed else "yes",
        "found": finders if math.isfinite(known.best) else None,
    }  # fmt: skip
