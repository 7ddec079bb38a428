"""Batches on one GPU: energy against devices and deadlines, with one batch or the best ones, GPU clock free or full."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from instances.systems.batching import Batching, BatchingPlan, draw_batching
from instances.systems.check_batching import evaluate
from results.experiment import experiment
from solvers.systems.batching import all_local, group_optimally, one_group

SEEDS, DEVICES, FIXED_DEVICES = (1, 2, 3, 4, 5), (2, 3, 4, 5, 6, 7, 8), 5
SPREAD_S, DEADLINES_S = (0.035, 0.065), (0.035, 0.04, 0.05, 0.07, 0.1, 0.15)
"""Deadlines while devices are added; equal ones while they grow."""


def cases(quick: bool) -> list[dict[str, Any]]:
    """Numbers of devices with deadlines in a span, then equal deadlines; × seeds."""
    seeds, devices, deadlines = (SEEDS[:1], (2, 4), DEADLINES_S[::3]) if quick else (SEEDS, DEVICES, DEADLINES_S)
    spans = [(n, *SPREAD_S) for n in devices] + [(FIXED_DEVICES, d, d) for d in deadlines]
    return [{"devices": n, "shortest_s": low, "longest_s": high, "seed": s} for n, low, high in spans for s in seeds]


@experiment("batching", cases)
def run(case: dict[str, Any]) -> dict[str, Any]:
    """By method: energy of devices and GPU a device, J; every plan checked."""
    span = (case["shortest_s"], case["longest_s"])
    problem = draw_batching(case["devices"], np.random.default_rng(case["seed"]), deadline_s=span)
    full = dataclasses.replace(problem, clocks=np.array([1.0]))
    plans = {
        "all_local": (problem, all_local(problem)),
        "one_group": (problem, one_group(problem)),
        "groups": (problem, group_optimally(problem)),
        "groups_full_clock": (full, group_optimally(full)),
    }
    figures = [_figures(of, plan) for of, plan in plans.values()]
    return {"method": list(plans), **{name: [f[name] for f in figures] for name in figures[0]}}


def _figures(problem: Batching, plan: BatchingPlan) -> dict[str, float]:
    report = evaluate(problem, plan)
    assert not report.violations, report.violations
    served = sum(len(group.devices) for group in plan.groups)
    return {"energy_j": report.total_j / problem.n_devices, "gpu_j": report.gpu_j / problem.n_devices,
            "batched": served / problem.n_devices,
            "mean_clock": float(np.mean([g.clock for g in plan.groups])) if plan.groups else 0.0}  # fmt: skip
