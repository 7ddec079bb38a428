"""Layouts chosen by a learned policy beside simple divisions, against the exact optimum among candidate layouts.

A case is one network and seed, which draws three devices; the goal is latency. ``regret`` is a method's value over the
bound of `pieces`, less 1. The policy was trained and chosen on other seeds (`solvers.rows.train`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from instances.row_family import draw_rows
from instances.spatial import GEOMETRIES, spatial_network
from results.experiment import experiment
from solvers import Limits
from solvers.rows import divide_network

METHODS = ("alone", "equal", "proportional", "single_cut", "coedge", "pieces_greedy", "pieces_learned")
SEEDS, QUICK_SEEDS, DEVICES = range(100, 106), range(100, 101), 3
LIMITS = Limits(gap=1e-6, nodes=200)


def cases(quick: bool) -> list[dict[str, Any]]:
    """Networks × seeds."""
    names = ["alexnet"] if quick else list(GEOMETRIES)
    return [{"network": name, "seed": s} for name in names for s in (QUICK_SEEDS if quick else SEEDS)]


@experiment("learned_pieces", cases)
def run(case: dict[str, Any]) -> dict[str, Any]:
    """The best pieces, and every method's division; all plans checked."""
    problem = draw_rows(np.random.default_rng(case["seed"]), spatial_network(case["network"]), devices=DEVICES)
    best = divide_network(problem, "pieces", limits=LIMITS)
    found = [divide_network(problem, name, limits=LIMITS).value for name in METHODS]
    return {
        "best_s": best.value, "bound_s": best.bound, "method": list(METHODS), "latency_s": found,
        "regret": [value / best.bound - 1 for value in found],
    }  # fmt: skip
