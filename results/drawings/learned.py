"""Figures about learned policies held to optima."""

from __future__ import annotations

from typing import Any

from results.drawings.looks import look, mean_of
from results.figures import Rows, figure
from results.style import ONE_COLUMN_IN

__all__ = ["rate_lost_by_policies"]

NAMES = {
    "descent": "coordinate descent",
    "learned": "learned (DROO)",
    "relaxation": "relaxed, rounded",
    "offload": "all offload",
    "local": "all local",
}
LEAST = 1e-4
"""%: a policy that loses less is drawn there."""


@figure("droo_policy")
def rate_lost_by_policies(plt: Any, rows: Rows) -> Any:
    """Rate that policies for wireless-powered devices lose against the exact optimum: regret of a learned policy."""
    drawn, panel = plt.subplots(figsize=(ONE_COLUMN_IN, 2.0))
    for k, name in enumerate(NAMES):
        mean, low, high = (max(100 * v, LEAST) for v in mean_of([1 - row[name] for row in rows]))
        if mean <= LEAST:
            panel.annotate("nothing", (mean, k), xytext=(6, 0), textcoords="offset points", fontsize=6, va="center")
        panel.errorbar([mean], [k], xerr=[[mean - low], [high - mean]], capsize=2, **{**look(k), "linestyle": "none"})
    panel.set(xscale="log", xlabel=f"rate lost against the optimum, % ({len(rows)} seeds)")
    panel.set_yticks(range(len(NAMES)), list(NAMES.values()))
    panel.invert_yaxis()
    panel.margins(y=0.12)
    return drawn
