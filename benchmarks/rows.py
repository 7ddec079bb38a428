"""One network on several devices: what methods reach, how long they take, and how much of P21's bound rounding uses.

Devices are the catalogue's boards of the CoEdge kind, a Raspberry Pi 3 as the source, on links of 100 Mbit/s. Energy is
minimised within 1.5 times the latency of rows in proportion to speed.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from benchmarks.measure import store
from instances.row_family import draw_rows, draw_spatial
from instances.rows import RowProblem, catalogue_device
from instances.spatial import GEOMETRIES, spatial_network
from solvers.answer import Limits
from solvers.rows import ROW_METHODS, divide_network
from solvers.rows.rounding import possible_sets, round_rows, value_of

BOARDS = ("raspberry_pi_3b", "raspberry_pi_3b", "raspberry_pi_4", "jetson_tx2_cpu")
RATE_MBPS = 100.0
PATIENCE = 1.5
LIMITS = Limits(gap=1e-3, nodes=200)
DRAWN = 60


def boards(name: str) -> RowProblem:
    """A network on the boards, for latency."""
    devices = tuple(catalogue_device(model, rate_mbps=RATE_MBPS) for model in BOARDS)
    return RowProblem(spatial_network(name), devices, goal="latency")


def try_methods(problem: RowProblem) -> dict[str, Any]:
    """Value, latency, energy, bound and seconds of every method that can run."""
    found = {}
    for name, method in ROW_METHODS.items():
        if method.supports(problem) is None:
            start = time.perf_counter()
            result = divide_network(problem, name, limits=LIMITS)
            wall = time.perf_counter() - start
            report = result.report
            found[name] = {
                "verdict": result.verdict.value,
                "latency_s": None if report is None else round(report.latency_s, 6),
                "energy_j": None if report is None else round(report.energy_j, 6),
                "bound": round(result.bound, 6) if np.isfinite(result.bound) else None,
                "wall_s": round(wall, 4),
            }
    return found


def rounding_use() -> dict[str, Any]:
    """How much of P21's bound the rounding of an LP uses, over drawn problems and all sets of two or more devices."""
    used = []
    for seed in range(DRAWN):
        rng = np.random.default_rng(seed)
        network = draw_spatial(rng, layers=4, side=16, branch=seed % 2 == 1)
        problem = draw_rows(rng, network, goal="latency" if seed // 2 % 2 == 0 else "energy")
        for taking in possible_sets(problem):
            if len(taking) > 1:
                rounded = round_rows(problem, taking)
                slack = rounded.guarantee - rounded.bound
                used.append((value_of(problem, rounded.plan) - rounded.bound) / slack)
    parts = np.array(used)
    return {"roundings": len(parts), "mean": round(float(parts.mean()), 4), "largest": round(float(parts.max()), 4),
            "below_a_tenth": round(float((parts < 0.1).mean()), 4)}  # fmt: skip


def main() -> None:
    """Measure, print and store."""
    runs = []
    for name in GEOMETRIES:
        problem = boards(name)
        runs.append({"network": name, "goal": "latency", **try_methods(problem)})
        report = divide_network(problem, "proportional").report
        assert report is not None
        timed = problem.replace(goal="energy", deadline_s=PATIENCE * report.latency_s)
        runs.append({"network": name, "goal": "energy", "deadline_s": timed.deadline_s, **try_methods(timed)})
    store("rows", {"boards": BOARDS, "rate_mbps": RATE_MBPS, "runs": runs, "rounding_over_bound": rounding_use()})


if __name__ == "__main__":
    main()
