"""Every method that promises no optimum beside the certified bound."""

from __future__ import annotations

from typing import Any

import numpy as np

from results.drawings.looks import by_method, look, mean_of
from results.figures import Rows, figure
from results.style import TWO_COLUMNS_IN

__all__ = ["gap_of_every_method"]

KINDS = {"exact": "exact", "approximation": "approximation", "heuristic": "heuristic", "learned": "learned"}
LEAST = 3e-3
"""%: lower means are drawn there."""


@figure("gaps")
def gap_of_every_method(plt: Any, rows: Rows) -> Any:
    """What heuristics, approximations and learned plans cost above the certified bound, four families."""
    families = list(dict.fromkeys(row["family"] for row in rows))
    kinds = {name: kind for row in rows for name, kind in zip(row["method"], row["kind"], strict=True)}
    names = [name for name in _ordered(rows) if any(v is not None for v in _values(rows, name))]
    drawn, axes = plt.subplots(1, len(families), figsize=(TWO_COLUMNS_IN, 0.6 + 0.19 * len(names)), sharey=True)
    for panel, family in zip(np.atleast_1d(axes), families, strict=True):
        found = by_method([row for row in rows if row["family"] == family], "family", "above_bound")
        for line, name in enumerate(names):
            _draw_method(panel, line, found[name][family], look(list(KINDS).index(kinds[name])))
        panel.set(xscale="log", xlabel="above the bound, %", title=family, xlim=(LEAST / 1.6, None))
        panel.grid(axis="x", linewidth=0.3, color="#CCCCCC")
        panel.set_axisbelow(True)
    first = np.atleast_1d(axes)[0]
    first.set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
    first.invert_yaxis()
    handles = [plt.Line2D([], [], **{**look(k), "linestyle": "none"}) for k in range(len(KINDS))]
    drawn.legend(handles, KINDS.values(), frameon=False, loc="outside lower center", ncols=len(KINDS))
    return drawn


def _draw_method(panel: Any, line: int, values: list[float | None], looks: dict[str, Any]) -> None:
    """Mean and interval over the instances that got a plan, and how many did where not all."""
    known = [v for v in values if v is not None]
    if not known:
        panel.annotate("no plan", (0.98, line), xycoords=("axes fraction", "data"), fontsize=5.5, ha="right",
                       va="center", color="#555555")  # fmt: skip
        return
    mean, low, high = (max(100 * v, LEAST) for v in mean_of(known))
    panel.errorbar([mean], [line], xerr=[[max(mean - low, 0.0)], [max(high - mean, 0.0)]], elinewidth=0.7, capsize=1.5,
                   **{**looks, "linestyle": "none"})  # fmt: skip
    if len(known) < len(values):
        panel.annotate(f"{len(known)} of {len(values)}", (max(mean, high), line), xytext=(4, 0), fontsize=5.5,
                       textcoords="offset points", va="center", color="#555555")  # fmt: skip


def _values(rows: Rows, name: str) -> list[float | None]:
    return [row["above_bound"][row["method"].index(name)] for row in rows if name in row["method"]]


def _ordered(rows: Rows) -> list[str]:
    """Best first, by the mean rank of what they cost; no plan ranks last."""
    names = list(dict.fromkeys(name for row in rows for name in row["method"]))

    def worth(name: str) -> float:
        return float(np.mean([np.log10(max(v, 1e-5)) if v is not None else 2.0 for v in _values(rows, name)]))

    return sorted(names, key=worth)
