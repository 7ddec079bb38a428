"""What figures share: the look of a curve, and lines of means with their intervals."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from results.figures import Rows
from results.metrics import Interval, interval
from results.style import COLOURS, DASHES, MARKERS

__all__ = [
    "HOLLOW",
    "TITLES",
    "by_method",
    "cells",
    "draw_means",
    "in_order",
    "look",
    "look_of",
    "mean_of",
    "plain_ticks",
]

TITLES = {
    "branch": "optimum",
    "local_search": "local search",
    "alternating": "alternating",
    "greedy": "greedy",
    "neurosurgeon": "Neurosurgeon",
    "smallest_output": "smallest output",
    "all_remote": "all remote",
    "all_local": "all local",
}
"""Methods that many figures compare; their place is their look."""

HOLLOW: dict[str, Any] = {"markersize": 6.5, "markerfacecolor": "none"}
"""The optimum is drawn large and hollow, around what reaches it."""

Cells = dict[Any, dict[float, list[float | None]]]
"""Group → x → values over seeds; None: no plan."""


def look(k: int) -> dict[str, Any]:
    """Colour, marker and dash of the k-th curve: distinct in all three up to the eighth."""
    return {
        "color": COLOURS[k % len(COLOURS)],
        "marker": MARKERS[k % len(MARKERS)],
        "linestyle": DASHES[k % len(DASHES)],
    }


def look_of(name: str) -> dict[str, Any]:
    """The look of a method of `TITLES`, the same in every figure."""
    found = look(list(TITLES).index(name))
    return {**found, **HOLLOW} if name == "branch" else found


def in_order(names: Iterable[str]) -> list[str]:
    """As in `TITLES`."""
    return sorted(names, key=list(TITLES).index)


def cells(rows: Rows, x: str, group: str, value: str) -> Cells:
    """Values of rows, one a row."""
    found: Cells = defaultdict(lambda: defaultdict(list))
    for row in rows:
        found[row[group]][row[x]].append(row[value])
    return found


def by_method(rows: Rows, x: str, value: str) -> Cells:
    """Values of rows that hold a list over methods."""
    found: Cells = defaultdict(lambda: defaultdict(list))
    for row in rows:
        for name, at in zip(row["method"], row[value], strict=True):
            found[name][row[x]].append(at)
    return found


def mean_of(values: Sequence[float | None]) -> Interval:
    """Mean over the seeds that have a value, and its 95 % bootstrap interval; NaN ends with one seed."""
    return interval([v for v in values if v is not None], np.random.default_rng(0))


def plain_ticks(axis: Any) -> None:
    """Ticks of a logarithmic axis over few decades, at 1, 2, 3 and 5, written out."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 3.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(lambda at, _: f"{at:g}"))
    axis.set_minor_formatter(NullFormatter())


def draw_means(
    panel: Any,
    by_x: Mapping[float, Sequence[float | None]],
    *,
    complete: bool = True,
    scale: float = 1.0,
    least: float = -math.inf,
    dodge: float = 0.0,
    **looks: Any,
) -> bool:  # fmt: skip
    """A line of means over seeds with 95 % bootstrap intervals; whether there was a point to draw.

    Args:
        panel: axes.
        by_x: x → values over seeds.
        complete: leave out an x where a seed has no value (a mean over the others would flatter); else average those
            that have one.
        scale: of the values. least: lower ones are drawn there (for log scales).
        dodge: points (1/72 in) to the right, so that intervals do not hide one another.
        looks: of the line.
    """
    from matplotlib.transforms import offset_copy

    points = []
    for at, values in sorted(by_x.items()):
        known = [v for v in values if v is not None]
        if known and not (complete and len(known) < len(values)):
            points.append((at, *(max(scale * v, least) for v in mean_of(known))))
    if not points:
        return False
    x, mean, low, high = (np.array(column) for column in zip(*points, strict=True))
    low, high = np.where(np.isnan(low), mean, low), np.where(np.isnan(high), mean, high)
    # Rounding may put the mean of equal values a hair outside of its interval.
    ends = np.maximum([mean - low, high - mean], 0.0)
    if dodge:
        looks["transform"] = offset_copy(panel.transData, panel.figure, x=dodge, units="points")
        # Moved points are not looked at when limits are chosen.
        panel.update_datalim([*zip(x, low, strict=True), *zip(x, high, strict=True)])
        panel.autoscale_view()
    panel.errorbar(x, mean, yerr=ends, elinewidth=0.6, capsize=1.5, capthick=0.6, **looks)
    return True
