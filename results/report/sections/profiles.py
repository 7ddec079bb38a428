"""Performance profiles: of times to a proven answer, and of objectives."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from results.metrics import Profile, performance_profile
from results.report.drawing import MOST_CURVES, draw, label_text, looks_of
from results.report.record import Record
from results.report.registry import Block, Material, section
from results.report.sections.methods import proves, time_to_proof

__all__ = ["profiles"]

CLOCK_S = 1e-3
"""Times are rounded up to it: ratios of less are noise."""

Run = tuple[str, int | None]
"""Instance and seed."""
Cells = dict[str, dict[Run, Record]]
Values = dict[str, list[float | None]]
Looks = dict[str, dict[str, Any]]


@section("Performance profiles", order=25)
def profiles(material: Material, rng: np.random.Generator) -> list[Block]:
    """Pictures, where two methods or more were run on the same instances."""
    cells: Cells = {}
    for record in material.records:
        cells.setdefault(record.method, {})[record.instance, record.seed] = record
    cells = {name: cells[name] for name in material.methods}
    looks = looks_of(material.methods)
    blocks: list[Block] = []
    if len(cells) < 2:
        return []
    objectives = _values(cells, lambda r: r.objective if r.has_plan else None)
    if _drawable(objectives):
        blocks.append(_of_objectives(performance_profile(objectives), looks))
    exact = {name: mine for name, mine in cells.items() if proves(list(mine.values()))}
    times = _values(exact, lambda r: None if (t := time_to_proof(r)) is None else max(t, CLOCK_S))
    if _drawable(times):
        blocks.append(_of_times(performance_profile(times), looks))
    return blocks


def _values(cells: Cells, value: Any) -> Values:
    """Values of the methods that share most, on the instances (and seeds) that all of these were tried on.

    Methods are taken from those with most runs on, as many as make methods × shared runs largest.
    """
    ordered = sorted(cells, key=lambda name: -len(cells[name]))
    shared: list[list[Run]] = []
    for name in ordered:
        before = shared[-1] if shared else list(cells[name])
        shared.append([run for run in before if run in cells[name]])
    count = max(range(1, len(ordered)), key=lambda k: (k + 1) * len(shared[k]), default=0) + 1
    kept = [name for name in cells if name in ordered[:count]]
    return {name: [value(cells[name][run]) for run in shared[count - 1]] for name in kept}


def _drawable(values: Values) -> bool:
    known = [value for mine in values.values() for value in mine if value is not None]
    return len(values) > 1 and bool(known) and min(known) > 0


def _of_objectives(profile: Profile, looks: Looks) -> Block:
    names = sorted(profile.methods, key=lambda name: (-profile.at(1.01)[name], -profile.solved[name]))
    last = max(100 * (profile.last - 1), 0.1)

    def fill(plt: Any) -> Any:
        drawn, panel = _panel(plt, profile, names, looks, lambda ratio: 100 * (ratio - 1), 1.5 * last)
        panel.set_xscale("symlog", linthresh=0.01, linscale=0.3)
        panel.xaxis.set_major_formatter("{x:g}")
        panel.set(xlim=(0, 1.5 * last), xlabel="at most so many % above the best plan of any method")
        return drawn

    return draw("profile-of-objectives", fill, _caption("objectives", profile, len(looks)))


def _of_times(profile: Profile, looks: Looks) -> Block:
    names = sorted(profile.methods, key=lambda name: (-profile.at(2.0)[name], -profile.solved[name]))
    last = max(profile.last, 2.0)

    def fill(plt: Any) -> Any:
        drawn, panel = _panel(plt, profile, names, looks, lambda ratio: ratio, 1.2 * last)
        panel.set_xscale("log")
        panel.xaxis.set_major_formatter("{x:g}")
        panel.xaxis.set_minor_formatter("{x:g}" if last < 10 else "")
        panel.set(xlim=(1, 1.2 * last), xlabel="within so many times the least time to a proven answer")
        return drawn

    return draw("profile-of-times", fill, _caption("times to a proven answer", profile, len(looks)))


def _caption(what: str, profile: Profile, of: int) -> str:
    nobody = int((~np.isfinite(profile.ratios)).all(axis=0).sum())
    runs = profile.ratios.shape[1]
    return (
        f"Performance profile of {what} over the {runs} runs (instance and seed) that its methods share. Left: how "
        f"often best (ties count for all); right: how often there was an answer at all."
        + (f" On {nobody} no method has one; they are counted." if nobody else "")
        + (f" {shown} of the {of} methods." if (shown := min(len(profile.methods), MOST_CURVES)) < of else "")
    )


def _panel(plt: Any, profile: Profile, names: list[str], looks: Looks, place: Any, end: float) -> tuple[Any, Any]:
    shown = names[:MOST_CURVES]
    drawn, panel = plt.subplots(figsize=(4.9, 2.9 + 0.17 * math.ceil(len(shown) / 2)))
    for k, name in enumerate(shown):
        ratios, part = profile.steps(name)
        panel.step(np.append(place(ratios), end), 100 * np.append(part, part[-1]), where="post", label=label_text(name),
                   markevery=(0.05 + 0.02 * k, 0.25), **looks[name])  # fmt: skip
    panel.set(ylim=(-2, 102), ylabel="runs, %")
    drawn.legend(*panel.get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    return drawn, panel
