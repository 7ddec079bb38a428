"""Figures about requests that arrive over time."""

from __future__ import annotations

from typing import Any

import numpy as np

from results.figures import Rows, figure
from results.metrics import interval
from results.style import COLOURS, MARKERS, TWO_COLUMNS_IN

__all__ = ["online_regret"]

NAMES = {
    "online_local": "all local",
    "online_random": "random",
    "online_greedy": "cheapest that fits",
    "online_myopic": "myopic, exact",
    "online_drift": "drift plus penalty",
    "online_prices": "posted prices",
    "online_learned": "deep Q-network",
    "online_bid": "learned bid prices",
}


@figure("online")
def online_regret(plt: Any, rows: Rows) -> Any:
    """Part of the saving that hindsight shows possible and a policy misses: mean and 95 % interval over seeds."""
    settings = list(dict.fromkeys(row["setting"] for row in rows))
    drawn, panels = plt.subplots(1, len(settings), figsize=(TWO_COLUMNS_IN, 2.5), sharey=True, squeeze=False)
    rng = np.random.default_rng(0)
    for panel, setting in zip(panels[0], settings, strict=True):
        mine = [row for row in rows if row["setting"] == setting]
        for k, name in enumerate(NAMES):
            missed = [100 * row["missed"][row["policy"].index(name)] for row in mine]
            mean, low, high = interval(missed, rng)
            panel.errorbar([mean], [k], xerr=[[mean - low], [high - mean]], color=COLOURS[k], marker=MARKERS[k],
                           linestyle="none", capsize=2)  # fmt: skip
        gap = 100 * float(np.mean([row["hindsight_missed"] for row in mine]))
        panel.axvline(gap, color="#888888", linewidth=0.6, linestyle=":")
        panel.set(title=setting, xlabel=f"missed saving, %\n({len(mine)} seeds)", xlim=(-2, 105))
        panel.set_yticks(range(len(NAMES)), list(NAMES.values()))
    panels[0][0].invert_yaxis()
    return drawn
