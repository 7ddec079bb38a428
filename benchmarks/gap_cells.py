"""Cells of tables of gaps: the mean in percent with its interval, and how many plans there are."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from results.metrics import interval

__all__ = ["gap_cell", "gap_figures"]

DRAWS = 2000


def gap_figures(gaps: list[float]) -> dict[str, float | None]:
    """``mean_gap`` with its 95 % bootstrap interval ``low``, ``high``; None where there is none."""
    found = interval(gaps, np.random.default_rng(0), draws=DRAWS)
    return {name: value if math.isfinite(value) else None
            for name, value in zip(("mean_gap", "low", "high"), found, strict=True)}  # fmt: skip


def gap_cell(row: dict[str, Any] | None) -> str:
    """The figures of `gap_figures` beside ``plans`` and ``instances``, as text.

    Mean gap in percent with its interval, if it has one; plans found where not all were; – for None, where the method
    cannot run.
    """
    if row is None:
        return "–"
    some = "" if row["plans"] == row["instances"] else f" ({row['plans']} of {row['instances']})"
    if row["mean_gap"] is None:
        return f"none{some}"
    mean, *ends = (_percent(row[name]) for name in ("mean_gap", "low", "high") if row[name] is not None)
    return f"{mean} [{', '.join(ends)}]{some}" if ends else f"{mean}{some}"


def _percent(gap: float) -> str:
    return f"{100 * gap:.2g}" if gap < 0.1 else f"{100 * gap:.0f}"
