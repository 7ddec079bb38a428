"""Figures about exact methods beside HiGHS, SCIP and CP-SAT."""

from __future__ import annotations

from typing import Any

import numpy as np

from results.drawings.looks import look
from results.figures import Rows, figure
from results.metrics import performance_profile
from results.style import TWO_COLUMNS_IN

__all__ = ["gap_over_time", "profiles_against_solvers"]

TITLES = {
    "branch": "branch and price",
    "exact": "our MILP (HiGHS)",
    "highs_units": "HiGHS",
    "cpsat_units": "CP-SAT",
    "scip_units": "SCIP",
    "scip_cones_pruned": "SCIP, cones",
}
PANELS = (
    ("small", "units", "proven to 1e-6, whole units"),
    ("large", "units", "gap ≤ 1 %, whole units"),
    ("small", "continuous", "proven to 1e-6, continuous shares"),
)
LEAST_GAP = 1e-4
"""%: what is asked for on small instances; lower gaps are drawn there."""
SHORTEST_S = 1e-3
"""What the clock of a run can tell apart."""


def _instances(rows: Rows, bar: str, allocation: str) -> dict[str, dict[str, dict[str, Any]]]:
    """Instance → method → row, of the instances that all methods drawn in the panel have a row for."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows:
        if (row["bar"], row["allocation"]) == (bar, allocation) and row["method"] in TITLES:
            found.setdefault(row["instance"], {})[row["method"]] = row
    names = {name for group in found.values() for name in group}
    return {instance: group for instance, group in found.items() if set(group) == names}


def _about(groups: dict[str, dict[str, dict[str, Any]]]) -> str:
    """Users and number of instances."""
    users = sorted({row["users"] for group in groups.values() for row in group.values()})
    return f"{' and '.join(f'{n:,}' for n in users)} users ({len(groups)} instances)"


@figure("peers")
def profiles_against_solvers(plt: Any, rows: Rows) -> Any:
    """Performance profiles (Dolan and Moré, 2002) of exact methods beside HiGHS, SCIP and CP-SAT."""
    panels = [panel for panel in PANELS if _instances(rows, *panel[:2])]
    drawn, axes = plt.subplots(1, len(panels), figsize=(TWO_COLUMNS_IN, 2.7), sharey=True, squeeze=False)
    handles: dict[str, Any] = {}
    for panel, (bar, allocation, title) in zip(axes[0], panels, strict=True):
        groups = _instances(rows, bar, allocation)
        names = [name for name in TITLES if any(name in group for group in groups.values())]
        profile = performance_profile({name: [_seconds(g[name]) for g in groups.values()] for name in names})
        right = 2 * profile.last
        for name in names:
            ratios, part = profile.steps(name)
            looks = look(list(TITLES).index(name))
            (handles[name],) = panel.step(
                [*ratios, right], [*part, part[-1]], where="post", markevery=slice(0, -1), **looks
            )
        panel.set(xscale="log", xlabel="time over that of the best", xlim=(0.9, right), ylim=(-0.03, 1.03))
        panel.set_title(f"{title},\n{_about(groups)}")
    axes[0][0].set_ylabel("part of instances solved")
    ordered = [name for name in TITLES if name in handles]
    drawn.legend([handles[n] for n in ordered], [TITLES[n] for n in ordered], frameon=False,
                 loc="outside lower center", ncols=len(ordered))  # fmt: skip
    return drawn


def _seconds(row: dict[str, Any]) -> float | None:
    """Time to the target, None where it was not reached."""
    return None if row["target_s"] is None else max(row["target_s"], SHORTEST_S)


@figure("peers")
def gap_over_time(plt: Any, rows: Rows) -> Any:
    """Median gap between best plan and bound while exact methods run, beside HiGHS, SCIP and CP-SAT."""
    panels = [panel for panel in PANELS if _instances(rows, *panel[:2])]
    drawn, axes = plt.subplots(1, len(panels), figsize=(TWO_COLUMNS_IN, 2.7), sharey=True, squeeze=False)
    handles: dict[str, Any] = {}
    for panel, (bar, allocation, title) in zip(axes[0], panels, strict=True):
        groups, without = _instances(rows, bar, allocation), list[str]()
        for name in (n for n in TITLES if any(n in group for group in groups.values())):
            runs = [group[name] for group in groups.values()]
            times = np.array(runs[0]["time_s"])
            gaps = [[np.inf if gap is None else 100 * gap for gap in run["gap_then"]] for run in runs]
            middle = np.maximum(np.median(gaps, axis=0), LEAST_GAP)
            shown = np.isfinite(middle) & (times <= min(run["limit_s"] for run in runs))
            if not shown.any():
                without.append(TITLES[name])
                continue
            (handles[name],) = panel.plot(times[shown], middle[shown], markevery=3, **look(list(TITLES).index(name)))
        if without:
            told = "half of the instances\nwithout plan or bound:\n" + ", ".join(without)
            panel.annotate(told, (0.04, 0.04), xycoords="axes fraction", fontsize=6, va="bottom")
        panel.set(xscale="log", yscale="log", xlabel="wall-clock time, s")
        panel.set_title(f"{title.partition(', ')[2]},\n{_about(groups)}")
    axes[0][0].set_ylabel("median gap, %")
    ordered = [name for name in TITLES if name in handles]
    drawn.legend([handles[n] for n in ordered], [TITLES[n] for n in ordered], frameon=False,
                 loc="outside lower center", ncols=len(ordered))  # fmt: skip
    return drawn
