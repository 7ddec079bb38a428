"""Every figure, one decorated function each. Draws from committed rows; `--rerun` solves what is missing first.

python paper_figures.py                      draw all from results/runs
python paper_figures.py NAME ...             draw some
python paper_figures.py --list               name them
python paper_figures.py --quick --rerun      reduced cases, solved now, in out/quick_runs
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import results.network_figures
import results.online_figures  # noqa: F401  likewise
from instances.errors import InputError
from results.figures import FIGURES, Rows, draw_figure, figure
from results.store import RUNS
from results.style import COLOURS, DASHES, MARKERS, ONE_COLUMN_IN, TWO_COLUMNS_IN

TITLES = {
    "exact": "optimum",
    "local_search": "local search",
    "alternating": "alternating",
    "greedy": "greedy",
    "neurosurgeon": "Neurosurgeon",
    "smallest_output": "smallest output",
    "all_remote": "all remote",
    "all_local": "all local",
}


def _look(k: int) -> dict[str, Any]:
    """Colour, marker and dash of the k-th curve: distinct in all three."""
    return {
        "color": COLOURS[k % len(COLOURS)],
        "marker": MARKERS[k % len(MARKERS)],
        "linestyle": DASHES[k % len(DASHES)],
    }


def _look_of(name: str) -> dict[str, Any]:
    """The look of a method, the same in every figure; the optimum is drawn large and hollow, around what reaches it."""
    look = _look(list(TITLES).index(name))
    return {**look, "markersize": 6.5, "markerfacecolor": "none"} if name == "exact" else look


def _means(rows: Rows, x: str, group: str, value: str) -> dict[Any, dict[float, tuple[float, int, int]]]:
    """group → x → (mean over seeds that have a value, how many have one, how many there are)."""
    cells: dict[Any, dict[float, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        cells[row[group]][row[x]].append(row[value])
    found: dict[Any, dict[float, tuple[float, int, int]]] = {}
    for name, by_x in cells.items():
        found[name] = {}
        for at, values in by_x.items():
            known = [v for v in values if v is not None]
            found[name][at] = (statistics.fmean(known) if known else float("nan"), len(known), len(values))
    return found


def _in_order(names: Iterable[str]) -> list[str]:
    return sorted(names, key=list(TITLES).index)


@figure("cut_against_rate")
def cut_against_bandwidth(plt: Any, rows: Rows) -> Any:
    """Where networks are cut as bandwidth grows: part of the FLOPs kept on the device, for least energy and latency."""
    drawn, axes = plt.subplots(1, 2, figsize=(TWO_COLUMNS_IN, 2.4), sharey=True)
    networks = list(dict.fromkeys(row["network"] for row in rows))
    for panel, aim in zip(axes, ("energy", "latency"), strict=True):
        for row in (r for r in rows if r["aim"] == aim):
            k = networks.index(row["network"])
            look = {**_look(k), "markevery": (3 * k, 24)}
            # A hair apart, so that curves on top of one another stay visible.
            kept = [part + 0.008 * (k - len(networks) / 2) for part in row["kept"]]
            panel.step(row["rate_mbps"], kept, where="post", label=row["network"], **look)
        panel.set_xscale("log")
        panel.set_xlabel("uplink rate, Mbit/s")
        panel.set_title(f"least {aim}")
    axes[0].set_ylabel("FLOPs kept on the device")
    drawn.legend(*axes[0].get_legend_handles_labels(), frameon=False, loc="outside lower center", ncols=6)
    return drawn


@figure("energy_against_users")
def energy_against_users(plt: Any, rows: Rows) -> Any:
    """Energy a user, where all seeds have a plan, and gap over those that have (at least 0.001 %), against users."""
    drawn, (left, right) = plt.subplots(1, 2, figsize=(TWO_COLUMNS_IN, 2.7))
    best = {(r["users"], r["seed"]): r["bound_j"] for r in rows if r["method"] == "exact"}
    for row in rows:
        known = row["objective_j"] is not None
        bound = best[row["users"], row["seed"]]
        row["per_user_j"] = row["objective_j"] / row["users"] if known else None
        row["gap_percent"] = 100 * (row["objective_j"] - bound) / row["objective_j"] if known and bound else None
    energy, gap = (_means(rows, "users", "method", value) for value in ("per_user_j", "gap_percent"))
    for name in _in_order(energy):
        full = {x: mean for x, (mean, known, all_) in sorted(energy[name].items()) if known == all_}
        label = TITLES[name] if full else f"{TITLES[name]} (misses deadlines)"
        left.plot(list(full), list(full.values()), label=label, **_look_of(name))
        part = {x: mean for x, (mean, known, _) in sorted(gap[name].items()) if known}
        if name != "exact":
            right.plot(list(part), [max(v, 1e-3) for v in part.values()], label=TITLES[name], **_look_of(name))
    left.set_ylabel("energy a user, J")
    right.set_ylabel("gap to the bound, %")
    right.set_yscale("log")
    for panel in (left, right):
        panel.set_xlabel("users")
    drawn.legend(*left.get_legend_handles_labels(), frameon=False, loc="outside lower center", ncols=4)
    return drawn


@figure("energy_against_deadline")
def energy_against_deadline(plt: Any, rows: Rows) -> Any:
    """Energy a user as all deadlines are stretched."""
    drawn, panel = plt.subplots(figsize=(ONE_COLUMN_IN, 2.5))
    energy = _means(rows, "deadline_scale", "method", "objective_j")
    for name in _in_order(energy):
        full = {x: mean for x, (mean, known, all_) in sorted(energy[name].items()) if known == all_}
        if full:
            panel.plot(list(full), list(full.values()), label=TITLES[name], **_look_of(name))
    panel.set_xlabel("deadlines, multiple of those drawn")
    panel.set_ylabel("total energy, J")
    panel.legend(frameon=False)
    return drawn


@figure("integrality")
def price_of_integrality(plt: Any, rows: Rows) -> Any:
    """Extra energy of whole pieces over continuous shares, with the spread over seeds."""
    drawn, panel = plt.subplots(figsize=(ONE_COLUMN_IN, 2.4))
    free = {row["seed"]: row["objective_j"] for row in rows if row["pieces"] == 0}
    extra: dict[int, list[float]] = defaultdict(list)
    lost: dict[int, int] = defaultdict(int)
    for row in rows:
        if row["pieces"] and free[row["seed"]] is not None:
            if row["objective_j"] is None:
                lost[row["pieces"]] += 1
            else:
                extra[row["pieces"]].append(100 * (row["objective_j"] / free[row["seed"]] - 1))
    pieces = sorted(extra)
    panel.plot(pieces, [statistics.fmean(extra[p]) for p in pieces], label="mean", **_look(0))
    for p in pieces:
        panel.plot(
            [p] * len(extra[p]),
            extra[p],
            ".",
            color=COLOURS[1],
            markersize=2.5,
            label="a seed" if p == pieces[0] else None,
        )
    for p, count in lost.items():
        panel.annotate(f"{count} infeasible", (p, 0), fontsize=6, rotation=90, ha="center", va="bottom")
    panel.set_xlabel("pieces of every uplink and server")
    panel.set_ylabel("extra energy, %")
    panel.legend(frameon=False)
    return drawn


@figure("pareto_fronts")
def pareto_fronts(plt: Any, rows: Rows) -> Any:
    """Whole fronts of latency and device energy of one request: cuts filled, any number of switches hollow."""
    drawn, axes = plt.subplots(1, 4, figsize=(TWO_COLUMNS_IN, 2.2))
    networks, radios = (list(dict.fromkeys(row[key] for row in rows)) for key in ("network", "radio"))
    for panel, network in zip(axes, networks, strict=False):
        for row in (r for r in rows if r["network"] == network):
            look, cuts = _look(radios.index(row["radio"])), row["placements"] == "cuts"
            hollow = {"markerfacecolor": "none", "markersize": 6.5, "markeredgewidth": 0.5, "linewidth": 0.5}
            look |= {"linestyle": "none", "zorder": 3} if cuts else hollow
            x, y = ([1e3 * value for value in row[key]] for key in ("latency_s", "energy_j"))
            panel.plot(x, y, drawstyle="steps-post", label=row["radio"] if cuts else None, **look)
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
            panel.plot(x, y, label=network, **_look(k))
    axes[0].set_ylabel("hypervolume lost, %")
    axes[1].set_ylabel("worst excess, %")
    for panel in axes:
        panel.set_xlabel("median error of a layer's time and energy, %")
    drawn.legend(*axes[0].get_legend_handles_labels(), frameon=False, loc="outside lower center", ncols=5)
    return drawn


@figure("mad2rl_slots")
def completion_on_a_road(plt: Any, rows: Rows) -> Any:
    """Total completion time of a slot against clients and service vehicles: optimum, greedy, everyone's own best."""
    titles = {"exact": "optimum", "greedy": "greedy", "best_own": "own best"}
    drawn, axes = plt.subplots(1, 2, figsize=(TWO_COLUMNS_IN, 2.5), sharey=True)
    fixed = min(row["helpers"] for row in rows)
    usual = max(row["clients"] for row in rows if row["helpers"] != fixed)
    panels = (("clients", "helpers", fixed, "client vehicles"), ("helpers", "clients", usual, "service vehicles"))
    for panel, (along, other, at, label) in zip(axes, panels, strict=True):
        for k, (mix, method) in enumerate((m, t) for m in ("in turn", "random") for t in titles):
            here = [r for r in rows if r[other] == at and r["mix"] == mix and not r["queues"]]
            means = _means(here, along, "mix", f"{method}_s")[mix]
            at_x = sorted(means)
            panel.plot(at_x, [means[x][0] for x in at_x], label=f"{titles[method]}, networks {mix}", **_look(k))
        panel.set_xticks(sorted({row[along] for row in rows if row[other] == at}))
        panel.set_xlabel(label)
    axes[0].set_ylabel("total completion time, s")
    drawn.legend(*axes[0].get_legend_handles_labels(), frameon=False, loc="outside lower center", ncols=3)
    return drawn


@figure("hoda_utility")
def utility_on_few_channels(plt: Any, rows: Rows) -> Any:
    """Mean utility against users on four sub-channels: optimum and HODA, tasks of 420e3 bits and of 420 KB."""
    drawn, panel = plt.subplots(figsize=(ONE_COLUMN_IN, 2.4))
    sizes = {0.42: "420e3 bits", 3.36: "420 KB"}
    for k, (size, method) in enumerate((size, method) for size in sizes for method in ("exact", "hoda")):
        here = sorted((r["users"], r[method]) for r in rows if r["task_mbit"] == size)
        look = {**_look(k), **({"markersize": 6.5, "markerfacecolor": "none"} if method == "exact" else {})}
        title = {"exact": "optimum", "hoda": "HODA"}[method]
        panel.plot([x for x, _ in here], [y for _, y in here], label=f"{title}, {sizes[size]}", **look)
    panel.set_xlabel("users")
    panel.set_ylabel("system utility")
    panel.legend(frameon=False)
    return drawn


def main(arguments: list[str] | None = None) -> int:
    """Command line; 0 when all was drawn, 2 for an unknown name or missing rows."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help="figures to draw (default: all)")
    parser.add_argument("--list", action="store_true", help="name the figures and stop")
    parser.add_argument("--quick", action="store_true", help="reduced cases, kept apart from the committed runs")
    parser.add_argument("--rerun", action="store_true", help="solve cases that have no row yet; resumable")
    parser.add_argument("--output", type=Path, default=Path("out/figures"), help="folder to draw into")
    parsed = parser.parse_args(arguments)
    if parsed.list:
        for name, (experiment, draw) in FIGURES.items():
            print(f"{name:28} {(draw.__doc__ or '').splitlines()[0]} [{experiment}]")
        return 0
    folder = Path("out/quick_runs") if parsed.quick else RUNS
    try:
        for name in parsed.names or FIGURES:
            for path in draw_figure(name, parsed.output, quick=parsed.quick, rerun=parsed.rerun, folder=folder):
                print(path)
    except InputError as error:
        print(f"paper_figures: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
