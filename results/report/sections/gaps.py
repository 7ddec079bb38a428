"""Gaps of methods in groups of instances: table and picture."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np

from results.metrics import interval
from results.report.drawing import MOST_CURVES, draw, label_text, looks_of
from results.report.known import gap_of
from results.report.registry import Block, Material, Paragraph, section
from results.report.sections.summary import counted
from results.tables import Measurement, comparison

__all__ = ["gaps"]

LEAST_PERCENT = 1e-3
"""Below it gaps are drawn as if on a straight axis, so that 0 has a place."""


@section("Gaps", order=30)
def gaps(material: Material, rng: np.random.Generator) -> list[Block]:
    """Gap to the best bound known, by method and group of instances."""
    found = []
    for record in material.tried:
        known = material.known[record.instance]
        gap = gap_of(record, known)
        if math.isfinite(known.bound) and (gap is None or math.isfinite(gap)):
            percent = None if gap is None else 100 * gap
            found.append(
                Measurement(record.method, record.group or "all", record.instance, percent, known.rests_on_claim)
            )
    if not any(one.value is not None for one in found):
        return []
    blocks: list[Block] = []
    bare = sum(not math.isfinite(known.bound) for known in material.known.values())
    if bare:
        blocks.append(
            Paragraph(f"{bare} of {counted(len(material.known), 'instance')} without a bound: not counted here.")
        )
    title = "Gap to the best bound known, by method and group of instances"
    blocks.append(comparison(found, rng, title=title, unit="%", label="tab:gaps"))
    return [*blocks, _picture(found, looks_of(material.methods), rng)]


def _picture(found: list[Measurement], looks: dict[str, dict[str, Any]], rng: np.random.Generator) -> Block:
    values: dict[str, list[float]] = {}
    for one in found:
        if one.value is not None:
            values.setdefault(one.method, []).append(one.value)
    tried = Counter(one.method for one in found)
    # By how often there is a plan first: a mean over the easy instances is not a better one.
    names = sorted(values, key=lambda name: (-len(values[name]) / tried[name], float(np.mean(values[name]))))
    names = names[:MOST_CURVES]
    counts = {name: "" if len(values[name]) == tried[name] else f" ({len(values[name])} of {tried[name]})"
              for name in names}  # fmt: skip
    jitter = {name: rng.uniform(-0.16, 0.16, len(values[name])) for name in names}
    means = {name: interval(values[name], rng) for name in names}

    def fill(plt: Any) -> Any:
        drawn, panel = plt.subplots(figsize=(4.9, 0.8 + 0.3 * len(names)))
        for k, name in enumerate(names):
            panel.plot(values[name], k + jitter[name], linestyle="none", marker="o", markersize=3, alpha=0.35,
                       color=looks[name]["color"])  # fmt: skip
            panel.plot([means[name].low, means[name].high], [k, k], color="#000000", linewidth=1.4)
            panel.plot([means[name].estimate], [k], color="#000000", marker="D", markersize=5, linestyle="none")
        largest = max(map(max, values.values()))
        panel.set_xscale("symlog", linthresh=LEAST_PERCENT, linscale=0.4)
        panel.xaxis.set_major_formatter("{x:g}")
        panel.set(xlim=(-LEAST_PERCENT / 3, max(2 * largest, 2 * LEAST_PERCENT)), xlabel="gap, %",
                  ylim=(len(names) - 0.5, -0.5))  # fmt: skip
        panel.set_yticks(range(len(names)), [label_text(name) + counts[name] for name in names])
        return drawn

    more = "" if len(names) == len(values) else f" The {len(names)} best of {len(values)} methods."
    caption = (
        "Gap of every run (dots), and mean with 95 % interval (diamond and line). The axis is logarithmic above "
        f"{LEAST_PERCENT:g} %. In brackets: runs with a plan, where not all.{more}"
    )
    return draw("gaps", fill, caption)
