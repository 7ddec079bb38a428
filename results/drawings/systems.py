"""Figures about published systems of their own."""

from __future__ import annotations

from typing import Any

from results.drawings.looks import HOLLOW, cells, draw_means, look
from results.figures import Rows, figure
from results.style import ONE_COLUMN_IN, TWO_COLUMNS_IN

__all__ = ["completion_on_a_road", "utility_on_few_channels"]


@figure("mad2rl_slots")
def completion_on_a_road(plt: Any, rows: Rows) -> Any:
    """Total completion time of a slot against clients and service vehicles: optimum, greedy, everyone's own best."""
    titles = {"exact": "optimum", "greedy": "greedy", "best_own": "own best"}
    drawn, axes = plt.subplots(1, 2, figsize=(TWO_COLUMNS_IN, 2.5), sharey=True)
    fixed = min(row["helpers"] for row in rows)
    usual = max(row["clients"] for row in rows if row["helpers"] != fixed)
    panels = (("clients", "helpers", fixed, "client vehicles"), ("helpers", "clients", usual, "service vehicles"))
    for panel, (along, other, at, label) in zip(axes, panels, strict=True):
        for k, (mix, method) in enumerate((m, t) for m in ("in turn", "random") for t in titles):
            here = [r for r in rows if r[other] == at and r["mix"] == mix and not r["queues"]]
            found = cells(here, along, "mix", f"{method}_s")[mix]
            draw_means(panel, found, label=f"{titles[method]}, networks {mix}", **look(k))
        panel.set_xticks(sorted({row[along] for row in rows if row[other] == at}))
        panel.set_xlabel(label)
    axes[0].set_ylabel("total completion time, s")
    drawn.legend(*axes[0].get_legend_handles_labels(), frameon=False, loc="outside lower center", ncols=3)
    return drawn


@figure("hoda_utility")
def utility_on_few_channels(plt: Any, rows: Rows) -> Any:
    """Mean utility against users on four sub-channels: optimum and HODA, tasks of 420e3 bits and of 420 KB."""
    drawn, panel = plt.subplots(figsize=(ONE_COLUMN_IN, 2.4))
    sizes = {0.42: "420e3 bits", 3.36: "420 KB"}
    for k, (size, method) in enumerate((size, method) for size in sizes for method in ("exact", "hoda")):
        here = sorted((r["users"], r[method]) for r in rows if r["task_mbit"] == size)
        looks = {**look(k), **(HOLLOW if method == "exact" else {})}
        title = {"exact": "optimum", "hoda": "HODA"}[method]
        panel.plot([x for x, _ in here], [y for _, y in here], label=f"{title}, {sizes[size]}", **looks)
    panel.set_xlabel("users")
    panel.set_ylabel("system utility")
    panel.legend(frameon=False)
    return drawn
