"""Picture of one network: its layers, and below each place where it can be cut, what that sends and costs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from instances import physics
from instances.catalog import RadioModel
from instances.columns import Floats
from instances.cuts import CutSet, enumerate_cuts
from instances.dnn import NETWORK_INPUT, Dnn
from instances.errors import InputError
from instances.storage import write_atomically
from results.network_layout import Box, Layout, lay_out
from results.style import COLOURS, TWO_COLUMNS_IN, picture_style

__all__ = ["Setting", "cut_costs", "draw_network"]

_SUFFIXES = (".png", ".pdf", ".svg")
_KINDS = ("conv", "linear", "attention", "pool", "add", "concat", "norm")
_DEVICE, _SERVER = "#DCE9F5", "#FBE3D3"
_MOST_CUTS = 200_000


class Machine(Protocol):
    """What a roofline time needs of a machine."""

    @property
    def name(self) -> str: ...
    @property
    def gflops(self) -> float: ...
    @property
    def memory_gb_s(self) -> float: ...
    @property
    def launch_s(self) -> float: ...


@dataclass(frozen=True)
class Setting:
    """Where the network runs: a device with its power while computing, a server, and a radio at a rate, Mbit/s."""

    device: Machine
    active_w: float
    server: Machine
    radio: RadioModel
    rate_mbps: float


def cut_costs(cuts: CutSet, setting: Setting) -> dict[str, Floats]:
    """[cuts] seconds on the device, in the air and on the server, their sum, and the device's energy, J.

    One user alone, whole shares; the result's way back and round trips are not in it.
    """
    on_device, on_server = (_layer_times(cuts.network, machine) for machine in (setting.device, setting.server))
    device_s, server_s = cuts.on_device @ on_device, ~cuts.on_device @ on_server
    upload_s = cuts.upload_mbit / setting.rate_mbps
    energy_j = (setting.active_w * device_s + setting.radio.tx_w * upload_s
                + setting.radio.tx_j_per_mbit * cuts.upload_mbit)  # fmt: skip
    return {"device_s": device_s, "upload_s": upload_s, "server_s": server_s,
            "total_s": device_s + upload_s + server_s, "device_j": energy_j}  # fmt: skip


def _layer_times(network: Dnn, machine: Machine) -> Floats:
    return physics.layer_time_s(
        network.gflop, network.traffic_mb, machine.gflops, machine.memory_gb_s, machine.launch_s
    )


def draw_network(network: Dnn, path: str | os.PathLike[str], setting: Setting) -> None:
    """Draw a network's graph with its cuts into a file; png, pdf or svg by the suffix.

    The shaded boxes say what the fastest of all cuts keeps on the device and leaves to the server.

    Raises:
        InputError: an unknown suffix, or a file that cannot be written.
    """
    if Path(path).suffix.lower() not in _SUFFIXES:
        raise InputError(str(path), "is no kind of picture known here", fix="one of " + ", ".join(_SUFFIXES))
    layout = lay_out(network)
    every = enumerate_cuts(network, limit=_MOST_CUTS)
    costs = cut_costs(every, setting)
    best = int(np.argmin(costs["total_s"]))
    deepest = max(abs(box.row) for box in layout.boxes)
    graph_in = 0.55 + 0.38 * (2 * deepest + 1)
    with picture_style() as plt:
        drawn, axes = plt.subplots(
            4, 1, sharex=True, figsize=(1.9 * TWO_COLUMNS_IN, graph_in + 4.6),
            gridspec_kw={"height_ratios": (graph_in, 1.15, 1.5, 1.15)},
        )  # fmt: skip
        _draw_graph(axes[0], layout, every.on_device[best], deepest)
        _draw_costs(axes[1:], layout, setting)
        _label_gaps(axes[3], layout)
        drawn.suptitle(_title(network, every, best, costs, setting))
        write_atomically(path, lambda stream: drawn.savefig(stream, format=Path(path).suffix[1:].lower()))


def _title(network: Dnn, cuts: CutSet, best: int, costs: dict[str, Floats], setting: Setting) -> str:
    kept = np.flatnonzero(cuts.on_device[best])
    where = "everything on the server" if not len(kept) else (
        "everything on the device" if len(kept) == network.n_layers else f"cut behind {network.layers[kept[-1]]}"
    )  # fmt: skip
    return (
        f"{network.name}: {network.n_layers} layers, {network.total_gflop:.3g} GFLOP, {network.total_weight_mb:.3g} MB "
        f"of weights, {len(cuts)} cuts · {setting.device.name}, {setting.rate_mbps:g} Mbit/s {setting.radio.name}, "
        f"{setting.server.name}\nfastest: {where} ({len(kept)} layers on the device), "
        f"{1e3 * costs['total_s'][best]:.4g} ms, {costs['device_j'][best]:.3g} J; least energy: "
        f"{1e3 * costs['total_s'][np.argmin(costs['device_j'])]:.4g} ms, {costs['device_j'].min():.3g} J"
    )


def _draw_graph(axes: Any, layout: Layout, on_device: Any, deepest: float) -> None:
    from matplotlib.patches import FancyBboxPatch

    place = {NETWORK_INPUT: (-0.5, 0.0)} | {k: (box.column + 0.5, box.row) for k, box in enumerate(layout.boxes)}
    for one, other in layout.edges:
        (x0, y0), (x1, y1) = place[one], place[other]
        # Lines that pass over other boxes bend, long ones no higher than short ones.
        bend = min(0.28, 1.0 / (x1 - x0)) if x1 - x0 > 1.5 and abs(y0 - y1) < 0.5 else 0.0
        axes.annotate("", (x1 - 0.3, y1), (x0 + 0.3, y0), zorder=1,
                      arrowprops={"arrowstyle": "-", "color": "#888888", "linewidth": 0.6, "shrinkA": 0, "shrinkB": 0,
                                  "connectionstyle": f"arc3,rad={-bend}"})  # fmt: skip
    axes.text(-0.5, 0.0, "input", ha="center", va="center", fontsize=6, rotation=90)
    for box in layout.boxes:
        x, y = box.column + 0.5, box.row
        shade = _SERVER if not on_device[list(box.layers)].all() else _DEVICE
        axes.add_patch(FancyBboxPatch((x - 0.3, y - 0.4), 0.6, 0.8, boxstyle="round,pad=0,rounding_size=0.08",
                                      facecolor=shade, edgecolor=_colour(layout.network, box), linewidth=1.4,
                                      zorder=2))  # fmt: skip
        axes.text(x, y, _label(layout.network, box), ha="center", va="center", fontsize=4.6, rotation=90, zorder=3)
    for gap in range(1, layout.columns):
        axes.axvline(gap, color="#CCCCCC", linewidth=0.4, linestyle=(0, (2, 2)), zorder=0)
    axes.set_ylim(-deepest - 0.9, deepest + 0.6)
    axes.axis("off")
    _add_legend(axes, layout)


def _label(network: Dnn, box: Box) -> str:
    """What a box is; the number of layers for a block."""
    return network.kind[box.layers[0]] if len(box.layers) == 1 else f"{len(box.layers)} layers"


def _colour(network: Dnn, box: Box) -> str:
    """Colour of the kind that computes most in the box."""
    leader = max(box.layers, key=lambda layer: (network.gflop[layer], network.output_mbit[layer]))
    kind = network.kind[leader]
    return COLOURS[_KINDS.index(kind)] if kind in _KINDS else "#777777"


def _add_legend(axes: Any, layout: Layout) -> None:
    from matplotlib.patches import Patch

    used = [kind for kind in _KINDS if kind in layout.network.kind]
    marks = [Patch(facecolor="white", edgecolor=COLOURS[_KINDS.index(kind)], label=kind) for kind in used]
    marks += (
        [Patch(facecolor="white", edgecolor="#777777", label="other")] if set(layout.network.kind) - set(used) else []
    )
    marks += [
        Patch(facecolor=_DEVICE, label="on the device when fastest"),
        Patch(facecolor=_SERVER, label="on the server"),
    ]
    axes.legend(
        handles=marks, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=len(marks), frameon=False, fontsize=6
    )


def _draw_costs(axes: Any, layout: Layout, setting: Setting) -> None:
    gaps = np.arange(layout.columns + 1)
    costs = cut_costs(layout.gaps, setting)
    sent = layout.gaps.upload_mbit / 8
    axes[0].bar(gaps, sent, width=0.6, color="#888888")
    for gap, megabytes in zip(gaps, sent, strict=True):
        axes[0].annotate(f"{megabytes:.3g}", (gap, megabytes), (0, 2), textcoords="offset points", ha="center",
                         va="bottom", fontsize=5, rotation=90)  # fmt: skip
    axes[0].set_ylabel("sent, MB")
    axes[0].margins(y=0.3)
    below = np.zeros(len(gaps))
    for k, (name, label) in enumerate((("device_s", "device"), ("upload_s", "upload"), ("server_s", "server"))):
        axes[1].bar(gaps, 1e3 * costs[name], width=0.6, bottom=below, color=COLOURS[k], label=label)
        below = below + 1e3 * costs[name]
    for panel, name, scale in ((axes[1], "total_s", 1e3), (axes[2], "device_j", 1.0)):
        least = int(np.argmin(costs[name]))
        panel.plot(least, scale * costs[name][least], marker="v", color="black", markersize=5, linestyle="none",
                   label="least here")  # fmt: skip
    axes[1].set_ylabel("latency, ms")
    axes[1].legend(frameon=False, ncols=4, fontsize=6, loc="lower right", bbox_to_anchor=(1.0, 0.95))
    axes[2].bar(gaps, costs["device_j"], width=0.6, color=COLOURS[3], zorder=0)
    axes[2].set_ylabel("device energy, J")
    axes[0].set_xlim(-1, layout.columns + 0.7)


def _label_gaps(axes: Any, layout: Layout) -> None:
    """The layer behind which each gap lies."""
    names = ["(input)"]
    for column in range(layout.columns):
        layers = [layer for box in layout.boxes if box.column == column for layer in box.layers]
        last = layout.network.layers[max(layers)]
        names.append(last if len(last) <= 24 else f"…{last[-23:]}")
    axes.set_xticks(range(layout.columns + 1), names, rotation=90, fontsize=5)
    axes.set_xlabel("everything up to this layer on the device")
