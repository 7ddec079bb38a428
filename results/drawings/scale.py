"""Figures about many users."""

from __future__ import annotations

from typing import Any

import numpy as np

from results.drawings.looks import cells, draw_means, look
from results.figures import Rows, figure
from results.style import TWO_COLUMNS_IN

__all__ = ["time_and_gap_against_users"]

PARTS = {"solve_cpu_s": "price method", "options_cpu_s": "options", "certify_cpu_s": "certificate"}


@figure("scale")
def time_and_gap_against_users(plt: Any, rows: Rows) -> Any:
    """Processor seconds and certified gap of the price method on metro instances against users, to a million."""
    drawn, (left, right) = plt.subplots(1, 2, figsize=(TWO_COLUMNS_IN, 2.7))
    for row in rows:
        row["crowd"], row["gap_percent"] = row["users"] // row["servers"], 100 * row["certified_gap"]
    crowds = sorted({row["crowd"] for row in rows})
    looked = 0
    for crowd in crowds:
        mine = [row for row in rows if row["crowd"] == crowd]
        parts = PARTS if crowd == crowds[-1] else {"solve_cpu_s": PARTS["solve_cpu_s"]}
        for name, title in parts.items():
            values = cells(mine, "users", "crowd", name)[crowd]
            draw_means(left, values, label=f"{title}, {crowd:,} users a server", **look(looked))
            looked += 1
    users = np.array(sorted({row["users"] for row in rows}), dtype=float)
    left.plot(users, users * 1e-5, color="#888888", linewidth=0.6, label="10 µs a user")
    gaps = cells(rows, "users", "crowd", "gap_percent")
    for k, crowd in enumerate(crowds):
        draw_means(right, gaps[crowd], label=f"{crowd:,} users a server", **look(k))
    left.set(xscale="log", yscale="log", xlabel="users", ylabel="processor time, s")
    right.set(xscale="log", yscale="log", xlabel="users", ylabel="certified gap, %")
    drawn.legend(*left.get_legend_handles_labels(), frameon=False, loc="outside lower center", ncols=3)
    right.legend(frameon=False)
    return drawn
