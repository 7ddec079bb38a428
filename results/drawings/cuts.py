"""Figures about where one network is cut."""

from __future__ import annotations

from typing import Any

import numpy as np

from results.drawings.looks import look
from results.figures import Rows, figure
from results.style import SEQUENCE, TWO_COLUMNS_IN

__all__ = ["cut_against_bandwidth", "cut_maps"]


@figure("cut_against_rate")
def cut_against_bandwidth(plt: Any, rows: Rows) -> Any:
    """Where networks are cut as bandwidth grows: part of the FLOPs kept on the device, for least energy and latency."""
    drawn, axes = plt.subplots(1, 2, figsize=(TWO_COLUMNS_IN, 2.4), sharey=True)
    networks = list(dict.fromkeys(row["network"] for row in rows))
    for panel, aim in zip(axes, ("energy", "latency"), strict=True):
        for row in (r for r in rows if r["aim"] == aim):
            k = networks.index(row["network"])
            looks = {**look(k), "markevery": (3 * k, 24)}
            # A hair apart, so that curves on top of one another stay visible.
            kept = [part + 0.008 * (k - len(networks) / 2) for part in row["kept"]]
            panel.step(row["rate_mbps"], kept, where="post", label=row["network"], **looks)
        panel.set_xscale("log")
        panel.set_xlabel("uplink rate, Mbit/s")
        panel.set_title(f"least {aim}")
    axes[0].set_ylabel("part of FLOPs on the device")
    drawn.legend(*axes[0].get_legend_handles_labels(), frameon=False, loc="outside lower center", ncols=6)
    return drawn


@figure("cut_maps")
def cut_maps(plt: Any, rows: Rows) -> Any:
    """Which cut is best over uplink rate and device speed, for least latency and least energy."""
    networks = list(dict.fromkeys(row["network"] for row in rows))
    aims = list(dict.fromkeys(row["aim"] for row in rows))
    drawn, axes = plt.subplots(len(aims), len(networks), figsize=(TWO_COLUMNS_IN, 3.0), sharex=True, sharey=True,
                               squeeze=False)  # fmt: skip
    for row in rows:
        panel = axes[aims.index(row["aim"])][networks.index(row["network"])]
        speeds, rates = np.unique(row["speed"]), np.unique(row["rate_mbps"])
        kept = np.reshape(row["kept"], (len(speeds), len(rates)))
        shown = panel.pcolormesh(rates, speeds, kept, cmap=SEQUENCE, vmin=0, vmax=1, shading="nearest", rasterized=True)
        panel.set(xscale="log", yscale="log")
    for column, network in enumerate(networks):
        axes[0][column].set_title(network)
    for line, aim in enumerate(aims):
        axes[line][0].set_ylabel(f"least {aim}")
    drawn.supxlabel("uplink rate, Mbit/s", fontsize=8)
    drawn.supylabel("device speed, multiple of a phone's", fontsize=8)
    drawn.colorbar(shown, ax=axes, label="part of FLOPs on the device", pad=0.01, aspect=30)
    return drawn
