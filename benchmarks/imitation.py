"""How far the imitation of exact plans is from the optimum, on seeds and sizes that it was not trained on.

Gaps are to the bound of `branch`; mean with a bootstrap interval over seeds. Beside it: the greedy plan, and what the
untrained decoder makes of random scores and of options' costs at a fair share, so that it can be seen what was learned.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.gap_cells import gap_cell, gap_figures
from benchmarks.measure import store
from instances.columns import Floats
from instances.expand import expand
from instances.generate import generate
from instances.options import OptionTable
from solvers import METHODS, Limits, solve
from solvers.answer import Clock
from solvers.heuristics.incumbent import run
from solvers.heuristics.situation import Situation
from solvers.learned.imitation import decode

FAMILIES = ("campus", "factory", "metro", "roadside")
RULES = ("continuous", "units")
SIZES = ((20, 3), (60, 5), (100, 6))
SEEDS = range(11, 14)
BRANCH = Limits(gap=1e-4, time_s=2.0)
WAYS = ("imitation", "fair costs", "random scores", "greedy")


def decoded(table: OptionTable, score: Callable[[Situation], Floats], seed: int) -> float:
    """J of what the decoder makes of other scores; inf without a plan."""
    rng, clock = np.random.default_rng(seed), Clock(Limits())
    return run(table, clock, lambda situation, best: decode(situation, best, score(situation), rng)).objective_j


def measure(family: str, users: int, servers: int, allocation: str, seed: int) -> dict[str, float | None]:
    """Relative gap of each way to the bound; None without a plan."""
    instance = generate(family, users=users, servers=servers, seed=seed, allocation=allocation)
    table = expand(instance)
    bound = solve(instance, "branch", limits=BRANCH, table=table, certify=False).bound_j
    rng = np.random.default_rng(seed)
    found = {name: METHODS[name].solve(table, limits=Limits(), rng=rng, clock=Clock(Limits())).objective_j
             for name in ("imitation", "greedy")}  # fmt: skip
    found["random scores"] = decoded(table, lambda s: rng.random(len(s.table)), seed)
    found["fair costs"] = decoded(table, lambda s: -s.fair_j, seed)
    return {name: max(cost / bound - 1, 0.0) if np.isfinite(cost) else None for name, cost in found.items()}


def rows(cells: list[dict[str, Any]]) -> list[str]:
    """Lines of a Markdown table: a family and size a row, a way a column; mean gap in percent with its interval."""
    lines = ["| family | users × servers | " + " | ".join(WAYS) + " |", "|---" * (len(WAYS) + 2) + "|"]
    for cell in cells:
        shown = [gap_cell({**cell[way], "instances": cell["instances"]}) for way in WAYS]
        lines.append(f"| {cell['family']} | {cell['users']} × {cell['servers']} | " + " | ".join(shown) + " |")
    return lines


def main() -> None:
    """Measure, print and store."""
    cells: list[dict[str, Any]] = []
    for users, servers in SIZES:
        for family in FAMILIES:
            gaps = [measure(family, users, servers, rule, seed) for rule in RULES for seed in SEEDS]
            cell: dict[str, Any] = {"family": family, "users": users, "servers": servers, "instances": len(gaps)}
            for name in gaps[0]:
                mine = [gap for row in gaps if (gap := row[name]) is not None]
                cell[name] = {"plans": len(mine), **gap_figures(mine)}
            cells.append(cell)
    load = [round(value, 1) for value in os.getloadavg()]
    store("imitation", {"bound": f"branch, {BRANCH.time_s} s", "load": load, "cells": cells})


if __name__ == "__main__":
    main()
