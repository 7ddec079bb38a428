"""How good the best plan was over time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from instances.columns import Floats
from results.metrics import primal_gap
from results.report.drawing import MOST_CURVES, draw, label_text, looks_of
from results.report.record import Record
from results.report.registry import Block, Material, section

__all__ = ["gap_over_time", "progress"]

TIMES = 160
LEAST_PERCENT = 1e-3


@section("Over time", order=35)
def progress(material: Material, rng: np.random.Generator) -> list[Block]:
    """Mean primal gap against time, where runs have traces."""
    runs = [r for r in material.tried if math.isfinite(material.known[r.instance].best)]
    traced = [r for r in runs if any(math.isfinite(best) for _, best, _ in r.trace)]
    if not traced:
        return []
    ends = [r.trace[-1][0] for r in traced] + [r.time_s for r in runs if r.time_s is not None]
    first = min(t for r in traced for t, best, _ in r.trace if math.isfinite(best))
    begin = max(min(first, max(ends) / 10), 1e-3)
    times = np.geomspace(begin, max(*ends, 2 * begin), TIMES)
    names = [name for name in material.methods if any(r.method == name for r in traced)]
    means = {
        name: np.mean([gap_over_time(r, material.known[r.instance].best, times) for r in runs if r.method == name],
                      axis=0)
        for name in names
    }  # fmt: skip
    names = sorted(names, key=lambda name: float(means[name].mean()))
    shown, looks = names[:MOST_CURVES], looks_of(material.methods)

    def fill(plt: Any) -> Any:
        drawn, panel = plt.subplots(figsize=(4.9, 2.9 + 0.17 * math.ceil(len(shown) / 2)))
        for k, name in enumerate(shown):
            panel.step(times, 100 * means[name], where="post", label=label_text(name),
                       markevery=(5 + 3 * k, TIMES // 5), **looks[name])  # fmt: skip
        panel.set_xscale("log")
        panel.set_yscale("symlog", linthresh=LEAST_PERCENT, linscale=0.4)
        panel.xaxis.set_major_formatter("{x:g}")
        panel.xaxis.set_minor_formatter("{x:g}" if times[-1] < 10 * times[0] else "")
        panel.yaxis.set_major_formatter("{x:g}")
        panel.set(xlim=(times[0], times[-1]), ylim=(0, 130), xlabel="time, s", ylabel="mean primal gap, %")
        drawn.legend(*panel.get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
        return drawn

    more = f" The {len(shown)} best of {len(names)} methods." if len(shown) < len(names) else ""
    caption = (
        "Distance of the best plan so far from the best plan of any run, mean over runs; 100 % while a run has no "
        f"plan, and for runs that never have one.{more}"
    )
    return [draw("over-time", fill, caption)]


def gap_over_time(record: Record, best: float, times: Sequence[float] | Floats) -> Floats:
    """[times] primal gap of a run's best plan so far; a run without a trace has its plan at its end."""
    events: list[tuple[float, float]] = [(t, value) for t, value, _ in record.trace if math.isfinite(value)]
    if not record.has_plan:
        events = []
    elif not events:
        events = [(record.time_s or 0.0, record.objective)]
    gaps = np.ones(len(times))
    so_far = math.inf
    for time_s, value in events:
        so_far = min(so_far, value)
        gaps[np.asarray(times) >= time_s] = primal_gap(so_far, best)
    return gaps
