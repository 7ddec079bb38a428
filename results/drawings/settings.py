"""Energy and latency against bandwidth, users, servers, deadlines and κ."""

from __future__ import annotations

from typing import Any

from results.drawings.looks import TITLES, by_method, draw_means, in_order, look_of
from results.figures import Rows, figure
from results.style import TWO_COLUMNS_IN

__all__ = ["energy_against_settings", "latency_against_settings"]

LABELS = {
    "bandwidth": "bandwidth, multiple",
    "users": "users",
    "servers": "servers",
    "deadline": "deadlines, multiple",
    "kappa": "κ of all devices, multiple",
}
LOGARITHMIC = ("bandwidth", "kappa")


def _draw(plt: Any, rows: Rows, value: str, scale: float, label: str) -> Any:
    """A panel for each setting, the last place for the legend; points where all seeds have a plan."""
    drawn, axes = plt.subplots(2, 3, figsize=(TWO_COLUMNS_IN, 3.6), sharey=True)
    panels = dict(zip(LABELS, axes.flat[: len(LABELS)], strict=True))
    for setting, panel in panels.items():
        found = by_method([row for row in rows if row["setting"] == setting], "value", value)
        for k, name in enumerate(in_order(found)):
            draw_means(panel, found[name], scale=scale, dodge=1.2 * (k - 2), label=TITLES[name], **look_of(name))
        panel.set_xlabel(LABELS[setting])
        if setting in LOGARITHMIC:
            panel.set_xscale("log", base=2)
        panel.set_xticks(sorted(at for at, values in found["branch"].items() if None not in values))
        panel.xaxis.set_major_formatter(lambda at, _: f"{at:g}")
    for line in axes:
        line[0].set_ylabel(label)
    _explain(axes.flat[-1], panels["users"], rows)
    return drawn


def _explain(place: Any, panel: Any, rows: Rows) -> None:
    """The legend, and how far the optimum may be off."""
    place.axis("off")
    place.legend(*panel.get_legend_handles_labels(), frameon=False, loc="upper center", title=_certified(rows),
                 title_fontsize=7)  # fmt: skip


def _certified(rows: Rows) -> str:
    """What the certificates say of the plans that are drawn as optima."""
    pairs = [(row["objective_j"][row["method"].index("branch")], row["certified_j"]) for row in rows]
    gaps = [100 * (plan - bound) / plan for plan, bound in pairs if plan is not None and bound is not None]
    seeds = len({row["seed"] for row in rows})
    return f"mean of {seeds} seed{'s'[: seeds - 1]}, 95 % intervals;\ncertified gap of optimum ≤ {max(gaps):.2g} %"


@figure("settings")
def energy_against_settings(plt: Any, rows: Rows) -> Any:
    """Energy a user, optimum and heuristics, against bandwidth, users, servers, deadlines and κ."""
    return _draw(plt, [r for r in rows if r["problem"] == "J-E"], "energy_per_user_j", 1.0, "energy a user, J")


@figure("settings")
def latency_against_settings(plt: Any, rows: Rows) -> Any:
    """Mean latency of plans of least energy plus latency (1 W) against the same five settings."""
    return _draw(plt, [r for r in rows if r["problem"] == "J-L"], "latency_s", 1e3, "mean latency, ms")
