"""The table of claims as a figure."""

from __future__ import annotations

from collections import Counter
from typing import Any

from results.figures import Rows, figure
from results.style import COLOURS, ONE_COLUMN_IN

__all__ = ["claims_by_system"]

VERDICTS = {"reproduced": (COLOURS[3], ""), "trend": (COLOURS[4], "////"), "not reproducible": (COLOURS[2], "....")}
"""Colour, and a hatch that tells the verdicts apart without it."""


@figure("claims")
def claims_by_system(plt: Any, rows: Rows) -> Any:
    """How many claims of each published system came out: reproduced, the trend only, or not (results/claims.csv)."""
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        counts.setdefault(row["system"], Counter())[row["verdict"]] += 1
    systems = sorted(counts, key=lambda s: (-counts[s].total(), s.lower()))
    drawn, panel = plt.subplots(figsize=(ONE_COLUMN_IN, 0.9 + 0.145 * len(systems)))
    left = [0] * len(systems)
    for verdict, (colour, hatch) in VERDICTS.items():
        width = [counts[s][verdict] for s in systems]
        total = sum(width)
        panel.barh(range(len(systems)), width, left=left, color=colour, hatch=hatch, edgecolor="white", linewidth=0.4,
                   label=f"{verdict} ({total})")  # fmt: skip
        left = [a + b for a, b in zip(left, width, strict=True)]
    panel.set_yticks(range(len(systems)), systems, fontsize=6)
    panel.invert_yaxis()
    panel.set(xlabel="claims", ylim=(len(systems) - 0.4, -0.6))
    panel.xaxis.get_major_locator().set_params(integer=True)
    drawn.legend(*panel.get_legend_handles_labels(), frameon=False, loc="outside lower center", ncols=3,
                 columnspacing=0.8, handletextpad=0.4, handlelength=1.4)  # fmt: skip
    return drawn
