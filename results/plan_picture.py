"""Picture of one plan: where each network is cut, latency against deadline, energy, and how full the servers are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from instances.errors import InputError
from instances.options import REJECTED
from instances.storage import write_atomically
from results.style import COLOURS, TWO_COLUMNS_IN, picture_style
from solvers.result import Result

__all__ = ["draw_plan"]

_SUFFIXES = (".png", ".pdf", ".svg")
_MOST_USERS = 60
SERVER_COLOURS = ("#332288", "#117733", "#882255", "#44AA99", "#AA4499", "#999933", "#661100", "#6699CC")
"""Tol's muted palette (2021): servers must not be mistaken for the parts of latency and energy."""

_PARTS = {
    "latency": (("device_s", "device"), ("uplink_s", "uplink"), ("server_s", "server"), ("fixed_s", "fixed")),
    "energy": (("compute_j", "compute"), ("radio_j", "radio"), ("served_j", "server")),
}


def draw_plan(result: Result, path: str | os.PathLike[str]) -> None:
    """Draw a plan into a file.

    Args:
        result: a result with a valid plan.
        path: file to write; png, pdf or svg by its suffix. Of larger plans the first 60 users are shown.

    Raises:
        InputError: no valid plan, or an unknown suffix.
    """
    if result.plan is None or not result.valid:
        raise InputError("result", "has no valid plan to draw", result.message or result.verdict.value)
    if Path(path).suffix.lower() not in _SUFFIXES:
        raise InputError(str(path), "is no kind of picture known here", fix="one of " + ", ".join(_SUFFIXES))
    shown = _order(result)[:_MOST_USERS]
    height = max(4.2, 0.16 * len(shown) + 1.2)  # lower, and legends lie over labels
    with picture_style() as plt:
        figure = plt.figure(figsize=(1.5 * TWO_COLUMNS_IN, height))
        grid = figure.add_gridspec(1, 4, width_ratios=(3.0, 3.0, 3.0, 1.8))
        axes = [figure.add_subplot(grid[0, k]) for k in range(4)]
        _draw_cuts(axes[0], result, shown)
        _draw_latency(axes[1], result, shown)
        _draw_energy(axes[2], result, shown)
        _draw_servers(axes[3], result)
        hidden = "" if len(shown) == len(result.plan) else f", first {len(shown)} of {len(result.plan)} users"
        gap = f", gap {100 * result.gap:.3f} %" if np.isfinite(result.gap) else ""
        found = f"{result.objective_j:.5g} {result.instance.unit} · {result.verdict.value}{gap}"
        figure.suptitle(f"{result.instance.name} · {result.method} · {found}{hidden}")
        write_atomically(path, lambda stream: figure.savefig(stream, format=Path(path).suffix[1:].lower()))


def _order(result: Result) -> np.ndarray:
    """Users grouped by server (local ones last), then by how much of the network stays on the device."""
    plan = result.plan
    assert plan is not None
    kept = _kept(result)
    # Those on their devices after the servers, those turned away last.
    server = np.where(plan.server < 0, result.instance.n_servers - 1 - plan.server, plan.server)
    return np.lexsort((kept, server))


def _kept(result: Result) -> np.ndarray:
    """[users] part of the network's FLOPs that stays on the device; 0 for users that are turned away."""
    return _part_of_work(result, "on_device")


def _part_of_work(result: Result, field: str) -> np.ndarray:
    """[users] part of the FLOPs of what each runs that a cut's set of layers has; 0 for users that are turned away."""
    plan = result.plan
    assert plan is not None
    part = np.zeros(len(plan.cuts))
    for k, cut in enumerate(plan.cuts):
        gflop, layers = result.instance.runs(cut.network, cut.variant).gflop, getattr(cut, field)
        part[k] = 0.0 if layers is None else float(gflop[layers].sum() / max(gflop.sum(), 1e-12))
    of_user = np.zeros(len(plan))
    admitted = plan.server != REJECTED
    of_user[admitted] = part[plan.cut[admitted]]
    return of_user


def _server_colour(server: int) -> str:
    return "#555555" if server < 0 else SERVER_COLOURS[server % len(SERVER_COLOURS)]


def _label_users(axes: Any, result: Result, shown: Any, *, names: bool) -> None:
    users, nets = result.instance.users, result.instance.networks
    axes.set_yticks(range(len(shown)))
    labels = (
        [f"{users.name[i]} {nets[int(users.network[i])].name}{_variant(result, i)}" for i in shown] if names else []
    )
    axes.set_yticklabels(labels if names else [""] * len(shown))
    axes.set_ylim(len(shown) - 0.4, -0.6)


def _variant(result: Result, user: int) -> str:
    plan = result.plan
    assert plan is not None
    if plan.server[user] == REJECTED or (v := plan.cuts[int(plan.cut[user])].variant) < 0:
        return ""
    return f" [{result.instance.variants.name[v]}]"


def _draw_cuts(axes: Any, result: Result, shown: Any) -> None:
    plan = result.plan
    assert plan is not None
    kept, passed_on = _kept(result), _part_of_work(result, "passed_on")
    for row, i in enumerate(shown):
        server = int(plan.server[i])
        if server == REJECTED:
            axes.text(0.02, row, "turned away", va="center", fontsize="x-small", color="#777777")
            continue
        axes.barh(row, kept[i], color="#BBBBBB", height=0.75, edgecolor="white", linewidth=0.4)
        axes.barh(
            row, 1 - kept[i], left=kept[i], color=_server_colour(server), height=0.75, edgecolor="white", linewidth=0.4
        )
        if passed_on[i]:
            axes.barh(row, passed_on[i], left=1 - passed_on[i], color="none", height=0.75, hatch="////",
                      edgecolor="white", linewidth=0.0)  # fmt: skip
    _label_users(axes, result, shown, names=True)
    axes.set_xlim(0, 1)
    clouds = ", hatched: in the cloud" if passed_on.any() else ""
    axes.set_xlabel(f"part of the FLOPs (grey: on the device{clouds})")
    axes.set_title("cut")


def _stack(axes: Any, result: Result, shown: Any, kind: str, unit: float) -> None:
    left = np.zeros(len(shown))
    for k, (field, label) in enumerate(_PARTS[kind]):
        values = np.asarray(getattr(result.report, field))[shown] * unit
        axes.barh(
            range(len(shown)),
            values,
            left=left,
            color=COLOURS[k],
            height=0.75,
            label=label,
            edgecolor="white",
            linewidth=0.4,
        )
        left += values
    _label_users(axes, result, shown, names=False)


def _draw_latency(axes: Any, result: Result, shown: Any) -> None:
    _stack(axes, result, shown, "latency", 1e3)
    deadlines = result.instance.users.deadline_s[shown] * 1e3
    axes.plot(deadlines, range(len(shown)), "|", color="black", markersize=7, markeredgewidth=1.2, label="deadline")
    axes.set_xlabel("latency, ms")
    axes.set_title("latency against deadline")
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=3)


def _draw_energy(axes: Any, result: Result, shown: Any) -> None:
    _stack(axes, result, shown, "energy", 1.0)
    axes.set_xlabel("energy, J")
    axes.set_title("energy")
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=3)


def _draw_servers(axes: Any, result: Result) -> None:
    report, servers = result.report, result.instance.servers
    assert report is not None
    count = min(len(servers), 20)
    if not count:
        axes.set_axis_off()
        return
    place = np.arange(count)
    memory = report.memory_mb / servers.memory_mb
    loads = (("uplink", report.uplink_load, ""), ("compute", report.compute_load, "///"), ("memory", memory, "..."))
    for k, (label, load, hatch) in enumerate(loads):
        colours = [_server_colour(s) for s in range(count)]
        axes.bar(
            place + 0.27 * (k - 1),
            100 * load[:count],
            width=0.25,
            color=colours,
            hatch=hatch,
            edgecolor="white",
            linewidth=0.3,
        )
        axes.bar(0, 0, color="#777777", hatch=hatch, edgecolor="white", label=label)
    axes.axhline(100, color="black", linewidth=0.6, linestyle=":")
    axes.set_xticks(place)
    axes.set_xticklabels([str(n) for n in servers.name[:count]], rotation=30, ha="right")
    axes.set_ylabel("load, %")
    axes.set_title("servers")
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=3)
