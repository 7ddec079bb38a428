"""Figures about networks as they really run: predicted layer times, and the reality check."""

from __future__ import annotations

from typing import Any

import numpy as np

from results.drawings.looks import look
from results.figures import Rows, figure
from results.style import COLOURS, MARKERS, ONE_COLUMN_IN, TWO_COLUMNS_IN

__all__ = ["predicted_network_times", "reality_check"]


@figure("predictors")
def predicted_network_times(plt: Any, rows: Rows) -> Any:
    """Networks held out: predicted against measured time of all layers, and the regret of cuts so chosen."""
    drawn, (left, right) = plt.subplots(1, 2, figsize=(TWO_COLUMNS_IN, 2.7))
    names, right_at_once = list(dict.fromkeys(row["predictor"] for row in rows)), list[float]()
    for k, name in enumerate(names):
        mine = [row for row in rows if row["predictor"] == name]
        looks = look(k)
        left.plot([1e3 * r["measured_s"] for r in mine], [1e3 * r["predicted_s"] for r in mine], label=name,
                  **{**looks, "linestyle": "none"})  # fmt: skip
        regret = 100 * np.sort(np.concatenate([row["regret"] for row in mine]))
        right_at_once.append(100 * float(np.mean(regret <= 0)))
        wrong = np.flatnonzero(regret > 0)
        right.step(regret, 100 * np.arange(1, len(regret) + 1) / len(regret), where="post", label=name,
                   markevery=list(wrong[k :: max(len(wrong) // 6, 1)]), **looks)  # fmt: skip
    ends = [0.8 * min(1e3 * r["measured_s"] for r in rows), 1.25 * max(1e3 * r["measured_s"] for r in rows)]
    left.plot(ends, ends, color="#888888", linewidth=0.6)
    left.set(xscale="log", yscale="log", xlabel="measured, ms", ylabel="predicted, ms")
    right.set_xscale("symlog", linthresh=0.1)
    right.set_ylim(max(min(right_at_once) - 4, 0), 101)
    right.set(xlabel="latency above the best cut's, %", ylabel="choices, %")
    drawn.legend(*left.get_legend_handles_labels(), frameon=False, loc="outside lower center", ncols=len(names))
    return drawn


@figure("reality")
def reality_check(plt: Any, rows: Rows) -> Any:
    """Split runs over a rate-limited socket: measured against predicted latency; the dotted lines are 10 % off."""
    drawn, panel = plt.subplots(figsize=(ONE_COLUMN_IN, 2.9))
    for k, row in enumerate(rows):
        told, found = (1e3 * np.array(row[name]) for name in ("predicted_total_s", "measured_quiet_s"))
        panel.plot(told, found, linestyle="none", label=row["network"], color=COLOURS[k], marker=MARKERS[k])
    every = np.concatenate([1e3 * np.array(row["predicted_total_s"]) for row in rows])
    ends = np.array([0.8 * every.min(), 1.25 * every.max()])
    for part, style in ((0.0, "-"), (0.1, ":"), (-0.1, ":")):
        panel.plot(ends, ends * (1 + part), color="#888888", linewidth=0.6, linestyle=style)
    panel.set(xscale="log", yscale="log", xlabel="predicted latency, ms", ylabel="measured latency, ms")
    panel.legend(frameon=False)
    return drawn
