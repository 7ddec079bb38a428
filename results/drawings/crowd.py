"""Figures about one campus: users, deadlines, whole pieces."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from results.drawings.looks import TITLES, cells, draw_means, in_order, look, look_of
from results.figures import Rows, figure
from results.style import COLOURS, ONE_COLUMN_IN, TWO_COLUMNS_IN

__all__ = ["energy_against_deadline", "energy_against_users", "price_of_integrality"]

LEAST_GAP = 1e-3
"""%: lower gaps are drawn there."""


@figure("energy_against_users")
def energy_against_users(plt: Any, rows: Rows) -> Any:
    """Energy a user, where all seeds have a plan, and excess over the certified bound, against users."""
    drawn, (left, right) = plt.subplots(1, 2, figsize=(TWO_COLUMNS_IN, 2.7))
    bound = {(r["users"], r["seed"]): r["certified_j"] for r in rows if r["method"] == "branch"}
    for row in rows:
        known, least = row["objective_j"] is not None, bound[row["users"], row["seed"]]
        row["per_user_j"] = row["objective_j"] / row["users"] if known else None
        row["above_percent"] = 100 * (row["objective_j"] / least - 1) if known and least else None
    energy, above = (cells(rows, "users", "method", value) for value in ("per_user_j", "above_percent"))
    for k, name in enumerate(in_order(energy)):
        aside = 1.3 * (k - 3)
        complete = draw_means(left, energy[name], label=TITLES[name], dodge=aside, **look_of(name))
        if not complete:
            left.plot([], [], label=f"{TITLES[name]} (misses deadlines)", **look_of(name))
        draw_means(right, above[name], complete=False, least=LEAST_GAP, dodge=aside, **look_of(name))
    left.set(ylabel="energy a user, J", xlabel="users")
    right.set(ylabel="above the certified bound, %", xlabel="users", yscale="log")
    drawn.legend(*left.get_legend_handles_labels(), frameon=False, loc="outside lower center", ncols=4)
    return drawn


@figure("energy_against_deadline")
def energy_against_deadline(plt: Any, rows: Rows) -> Any:
    """Energy of all users as all deadlines are stretched, where all seeds have a plan."""
    drawn, panel = plt.subplots(figsize=(ONE_COLUMN_IN, 2.6))
    energy = cells(rows, "deadline_scale", "method", "objective_j")
    for k, name in enumerate(in_order(energy)):
        draw_means(panel, energy[name], label=TITLES[name], dodge=1.5 * (k - 2), **look_of(name))
    panel.set(xlabel="deadlines, multiple of those drawn", ylabel="total energy, J")
    panel.legend(frameon=False)
    return drawn


@figure("integrality")
def price_of_integrality(plt: Any, rows: Rows) -> Any:
    """Extra energy of whole pieces over continuous shares: mean with its interval, and every seed."""
    drawn, panel = plt.subplots(figsize=(ONE_COLUMN_IN, 2.4))
    free = {row["seed"]: row["objective_j"] for row in rows if row["pieces"] == 0}
    extra: dict[float, list[float | None]] = defaultdict(list)
    lost: dict[int, int] = defaultdict(int)
    for row in rows:
        if row["pieces"] and free[row["seed"]] is not None:
            if row["objective_j"] is None:
                lost[row["pieces"]] += 1
            else:
                extra[row["pieces"]].append(100 * (row["objective_j"] / free[row["seed"]] - 1))
    draw_means(panel, extra, label="mean of those that have a plan", **look(0))
    for k, (at, values) in enumerate(extra.items()):
        panel.plot([at] * len(values), values, ".", color=COLOURS[1], markersize=3, label=None if k else "an instance")
    for at, count in lost.items():
        panel.annotate(f"{count} infeasible", (at, 0), xytext=(0, 4), textcoords="offset points", fontsize=6,
                       rotation=90, ha="center", va="bottom")  # fmt: skip
    panel.set(xlabel="pieces of every uplink and server", ylabel="extra energy, %")
    panel.legend(frameon=False)
    return drawn
