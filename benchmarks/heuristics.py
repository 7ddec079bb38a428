"""Every method that promises no optimum, beside the bound of branch and price: gap and seconds over seeds.

`python -m benchmarks heuristics [NAME ...]` measures the families, sizes and rules named (all of a sort where none is)
and keeps the stored rows of the others. Gaps are of a plan to the best bound that `branch` proves in its time; their
intervals are of the mean over seeds, by bootstrap. A method that finds no plan is counted apart. Meta-heuristics get
2,000 evaluations; nothing runs longer than 8 s.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import os
import sys
import time
from typing import Any

import numpy as np

from benchmarks.gap_cells import gap_cell, gap_figures
from benchmarks.measure import RESULTS, store
from instances.expand import expand
from instances.generate import generate
from solvers import METHODS, Limits, solve

FAMILIES = ("campus", "factory", "metro", "roadside")
SIZES = {"small": (20, 3), "medium": (60, 5)}
SEEDS = {"small": range(1, 6), "medium": range(1, 4)}
RULES = ("continuous", "units")
KINDS = ("approximation", "heuristic", "learned")
BRANCH = Limits(gap=1e-4, time_s=5.0)
OTHERS = Limits(time_s=8.0)
EVALUATIONS = 2000
META = ("genetic", "particle_swarm", "simulated_annealing", "whale")


def methods() -> list[str]:
    """What is compared: everything that may miss the optimum."""
    return [name for name, entry in METHODS.items() if entry.kind in KINDS]


def measure(family: str, size: str, allocation: str, seed: int) -> list[dict[str, Any]]:
    """One row a method that can run: gap to the bound of `branch` (None: no plan), seconds."""
    users, servers = SIZES[size]
    instance = generate(family, users=users, servers=servers, seed=seed, allocation=allocation)
    table = expand(instance)
    bound = solve(instance, "branch", limits=BRANCH, table=table)
    rows = []
    for name in ["branch", *methods()]:
        if METHODS[name].supports(table) is not None:
            continue
        limits = dataclasses.replace(OTHERS, rounds=EVALUATIONS) if name in META else OTHERS
        start = time.perf_counter()
        result = bound if name == "branch" else solve(instance, name, limits=limits, table=table, certify=False)
        wall = bound.solve_s if name == "branch" else time.perf_counter() - start
        gap = result.objective_j / bound.bound_j - 1 if result.plan is not None else None
        rows.append({"family": family, "size": size, "allocation": allocation, "seed": seed, "method": name,
                     "gap": gap if gap is None else max(gap, 0.0), "wall_s": round(wall, 4)})  # fmt: skip
    return rows


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """By family, size, rule and method: mean gap with its interval, its largest, plans found, median seconds."""
    keys = list(dict.fromkeys((r["family"], r["size"], r["allocation"], r["method"]) for r in rows))
    found = []
    for key in keys:
        mine = [r for r in rows if (r["family"], r["size"], r["allocation"], r["method"]) == key]
        gaps = [r["gap"] for r in mine if r["gap"] is not None]
        found.append({
            **dict(zip(("family", "size", "allocation", "method"), key, strict=True)),
            "instances": len(mine), "plans": len(gaps),
            **{name: _rounded(figure) for name, figure in gap_figures(gaps).items()},
            "largest_gap": _rounded(max(gaps, default=None)),
            "median_wall_s": round(float(np.median([r["wall_s"] for r in mine])), 4),
        })  # fmt: skip
    return found


def table(found: list[dict[str, Any]], size: str, allocation: str) -> list[str]:
    """Lines of a Markdown table of a summary: a method a row, a family a column, then the longest of the medians, s."""
    lines = ["| method | " + " | ".join(FAMILIES) + " | s |", "|---" * (len(FAMILIES) + 2) + "|"]
    mine = [row for row in found if (row["size"], row["allocation"]) == (size, allocation)]
    for name in dict.fromkeys(row["method"] for row in mine):
        rows = {row["family"]: row for row in mine if row["method"] == name}
        if any(row["plans"] for row in rows.values()):
            cells = [gap_cell(rows.get(family)) for family in FAMILIES]
            longest = max(row["median_wall_s"] for row in rows.values())
            lines.append(f"| `{name}` | " + " | ".join(cells) + f" | {longest:.2g} |")
    return lines


def _rounded(value: Any) -> float | None:
    return None if value is None or not math.isfinite(value) else float(f"{value:.4g}")


def main() -> None:
    """Measure, print and store."""
    named = [[name for name in sys.argv[1:] if name in all_of_it] or list(all_of_it)
             for all_of_it in (FAMILIES, SIZES, RULES)]  # fmt: skip
    cells = list(itertools.product(*named))
    rows: list[dict[str, Any]] = []
    for family, size, allocation in cells:
        for seed in SEEDS[size]:
            rows += measure(family, size, allocation, seed)
    path = RESULTS / "heuristics.json"
    stored = json.loads(path.read_text())["runs"] if path.exists() else []
    rows += [row for row in stored if (row["family"], row["size"], row["allocation"]) not in cells]
    order = (FAMILIES, tuple(SIZES), RULES)
    rows.sort(key=lambda row: [known.index(row[key]) for known, key in
                               zip(order, ("family", "size", "allocation"), strict=True)])  # fmt: skip
    store("heuristics", {
        "bound": f"branch, gap {BRANCH.gap}, {BRANCH.time_s} s", "evaluations": EVALUATIONS, "sizes": SIZES,
        "load": [round(value, 1) for value in os.getloadavg()], "summary": summary(rows), "runs": rows,
    })  # fmt: skip


if __name__ == "__main__":
    main()
