"""Figures about clocks: of devices, and of a GPU that runs batches."""

from __future__ import annotations

from typing import Any

from results.drawings.looks import HOLLOW, by_method, cells, draw_means, look, plain_ticks
from results.figures import Rows, figure
from results.style import ONE_COLUMN_IN, TWO_COLUMNS_IN

__all__ = ["batches_on_a_gpu", "clock_scaling"]

CLOCKS = {"free": "clock chosen", "nominal": "nominal clock", "fastest": "fastest clock"}
BATCHES = {
    "all_local": "all local",
    "one_group": "one batch",
    "groups_full_clock": "best batches, full GPU clock",
    "groups": "best batches, best GPU clock",
}


@figure("clocks")
def clock_scaling(plt: Any, rows: Rows) -> Any:
    """Energy of optimal plans as deadlines grow, with free clocks of the devices and with fixed ones."""
    drawn, panel = plt.subplots(figsize=(ONE_COLUMN_IN, 2.4))
    for row in rows:
        row["per_user_j"] = None if row["objective_j"] is None else row["objective_j"] / row["users"]
    found = cells(rows, "deadline_scale", "clock", "per_user_j")
    for k, (name, title) in enumerate(CLOCKS.items()):
        draw_means(panel, found[name], label=title, dodge=2.0 * (k - 1), **look(k))
    panel.set(xlabel="deadlines, multiple of those drawn", ylabel="energy a user, J")
    panel.legend(frameon=False)
    return drawn


@figure("batching")
def batches_on_a_gpu(plt: Any, rows: Rows) -> Any:
    """Energy a device when a GPU runs equal parts of networks in batches: against devices, and against the deadline."""
    drawn, (left, right) = plt.subplots(1, 2, figsize=(TWO_COLUMNS_IN, 2.6))
    for row in rows:
        row["deadline_ms"] = 1e3 * row["longest_s"]
    spread = by_method([r for r in rows if r["shortest_s"] < r["longest_s"]], "devices", "energy_j")
    equal = by_method([r for r in rows if r["shortest_s"] == r["longest_s"]], "deadline_ms", "energy_j")
    for k, (name, title) in enumerate(BATCHES.items()):
        looks = {**look(k), **(HOLLOW if name == "groups_full_clock" else {})}
        draw_means(left, spread[name], scale=1e3, label=title, **looks)
        draw_means(right, equal[name], scale=1e3, **looks)
    left.set(xlabel="devices, deadlines of 35 to 65 ms", ylabel="energy a device, mJ", yscale="log")
    right.set(xlabel="equal deadline, ms (5 devices)", yscale="log")
    for panel in (left, right):
        plain_ticks(panel.yaxis)
    drawn.legend(*left.get_legend_handles_labels(), frameon=False, loc="outside lower center", ncols=len(BATCHES))
    return drawn
