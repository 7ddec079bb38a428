"""Utility against users on four sub-channels, with both readings of the task's size: optimum and HODA."""

from __future__ import annotations

from typing import Any

import numpy as np

from instances.systems.check_hoda import evaluate
from instances.systems.hoda import draw_cell
from results.experiment import experiment
from solvers.systems.hoda import enumerate_sets, heuristic


def cases(quick: bool) -> list[dict[str, Any]]:
    """Users × size of the task; the same users for both sizes."""
    users, cells = ((2, 5), 3) if quick else (range(2, 11), 100)
    return [{"users": n, "task_mbit": d, "cells": cells} for n in users for d in (0.42, 3.36)]


@experiment("hoda_utility", cases)
def run(case: dict[str, Any]) -> dict[str, Any]:
    """Mean utility, and part of the users that hand over, by method."""
    rng = np.random.default_rng(case["users"])
    cells = [draw_cell(case["users"], rng, task_mbit=case["task_mbit"]) for _ in range(case["cells"])]
    row = {}
    for name, method in (("exact", enumerate_sets), ("hoda", heuristic)):
        plans = [method(cell) for cell in cells]
        row[name] = float(np.mean([evaluate(cell, plan).utility for cell, plan in zip(cells, plans, strict=True)]))
        row[f"{name}_remote"] = float(np.mean([len(plan.remote) for plan in plans])) / case["users"]
    return row
