"""Figures about fronts of latency and energy."""

from __future__ import annotations

from typing import Any

from results.drawings.looks import look
from results.figures import Rows, figure
from results.style import TWO_COLUMNS_IN

__all__ = ["front_regret", "pareto_fronts"]


@figure("pareto_fronts")
def pareto_fronts(plt: Any, rows: Rows) -> Any:
    """Whole fronts of latency and device energy of one request: cuts filled, any number of switches hollow."""
    networks, radios = (list(dict.fromkeys(row[key] for row in rows)) for key in ("network", "radio"))
    drawn, places = plt.subplots(1, len(networks), figsize=(TWO_COLUMNS_IN, 2.2), squeeze=False)
    axes = places[0]
    for panel, network in zip(axes, networks, strict=True):
        for row in (r for r in rows if r["network"] == network):
            looks, cuts = look(radios.index(row["radio"])), row["placements"] == "cuts"
            hollow = {"markerfacecolor": "none", "markersize": 6.5, "markeredgewidth": 0.5, "linewidth": 0.5}
            looks |= {"linestyle": "none", "zorder": 3} if cuts else hollow
            x, y = ([1e3 * value for value in row[key]] for key in ("latency_s", "energy_j"))
            panel.plot(x, y, drawstyle="steps-post", label=row["radio"] if cuts else None, **looks)
        panel.set_xlabel("latency, ms")
        panel.margins(0.12)
        device = next(r["device"] for r in rows if r["network"] == network)
        panel.set_title(f"{network}\n({device})")
    axes[0].set_ylabel("device energy, mJ")
    drawn.legend(*axes[0].get_legend_handles_labels(), frameon=False, loc="outside lower center", ncols=3)
    return drawn


@figure("front_regret")
def front_regret(plt: Any, rows: Rows) -> Any:
    """What errors of predicted layer costs lose: hypervolume of the front, and the worst excess over a front point."""
    drawn, axes = plt.subplots(1, 2, figsize=(TWO_COLUMNS_IN, 2.4))
    for k, network in enumerate(dict.fromkeys(row["network"] for row in rows)):
        own = sorted((r for r in rows if r["network"] == network), key=lambda r: r["median_error"])
        for panel, value in zip(axes, ("hypervolume_loss", "worst_excess"), strict=True):
            x, y = [100 * r["median_error"] for r in own], [100 * r[f"{value}_mean"] for r in own]
            panel.plot(x, y, label=network, **look(k))
    axes[0].set_ylabel("hypervolume lost, %")
    axes[1].set_ylabel("worst excess, %")
    for panel in axes:
        panel.set_xlabel("median error of a layer's time and energy, %")
    drawn.legend(*axes[0].get_legend_handles_labels(), frameon=False, loc="outside lower center", ncols=5)
    return drawn
