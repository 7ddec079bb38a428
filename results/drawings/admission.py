"""Figures about admission: offline against load, online while users arrive."""

from __future__ import annotations

from typing import Any

import numpy as np

from results.drawings.looks import by_method, draw_means, look
from results.figures import Rows, figure
from results.metrics import interval
from results.style import ONE_COLUMN_IN, TWO_COLUMNS_IN

__all__ = ["admission_against_load", "competitive_ratio_over_time"]

TITLES = {
    "branch": "branch and price",
    "admission_configuration": "configuration LP",
    "admission_derandomised": "derandomised",
    "admission_rounding": "rounding",
    "admission_greedy": "greedy",
    "admission_online_moves": "online, moves",
    "admission_online_prices": "online, prices",
    "admission_online_myopic": "online, myopic",
}
RULES = {"prices": "exponential prices", "moves": "moves", "myopic": "whatever fits"}


@figure("admission_load")
def admission_against_load(plt: Any, rows: Rows) -> Any:
    """Weight that each method admits as a part of the most that the certificate allows, against load."""
    drawn, panel = plt.subplots(figsize=(ONE_COLUMN_IN, 3.1))
    for row in rows:
        row["part"] = [100 * admitted / row["most"] for admitted in row["admitted"]]
    found = by_method(rows, "load", "part")
    for k, (name, title) in enumerate(TITLES.items()):
        draw_means(panel, found[name], label=title, dodge=1.2 * (k - 3.5), **look(k))
    panel.axhline(100, color="#888888", linewidth=0.6, linestyle=":")
    panel.set(xlabel="load (demand over capacity)", ylabel="admitted weight, % of the bound")
    drawn.legend(*panel.get_legend_handles_labels(), frameon=False, loc="outside lower center", ncols=2)
    return drawn


@figure("admission_over_time")
def competitive_ratio_over_time(plt: Any, rows: Rows) -> Any:
    """Online admission while users arrive: weight admitted so far over hindsight's bound so far."""
    orders = list(dict.fromkeys(row["order"] for row in rows))
    drawn, axes = plt.subplots(1, len(orders), figsize=(TWO_COLUMNS_IN, 2.5), sharey=True)
    rng = np.random.default_rng(0)
    for panel, order in zip(axes, orders, strict=True):
        mine = [row for row in rows if row["order"] == order]
        arrived = mine[0]["arrived"]
        for k, (rule, title) in enumerate(RULES.items()):
            ratios = np.array([_ratios(row[rule], row["bound"]) for row in mine])
            mean, low, high = zip(*(interval(column, rng) for column in ratios.T), strict=True)
            panel.plot(arrived, mean, label=title, **look(k))
            panel.fill_between(arrived, low, high, color=look(k)["color"], alpha=0.2, linewidth=0)
        panel.set(
            xlabel="users that have arrived",
            title=f"{order} ({len(mine)} seeds)" if order != "random" else f"random order ({len(mine)} seeds)",
            ylim=(0, 1.03),
        )
    axes[0].set_ylabel("admitted over hindsight's bound")
    drawn.legend(*axes[0].get_legend_handles_labels(), frameon=False, loc="outside lower center", ncols=len(RULES))
    return drawn


def _ratios(admitted: list[float], bound: list[float]) -> Any:
    """Admitted over the bound; 1 before anybody could be admitted at all."""
    most = np.array(bound)
    return np.divide(admitted, most, out=np.ones(len(most)), where=most > 0)
