"""How long branch and price takes to a gap of 1e-6, with what certificate, and how long that takes to check."""

from __future__ import annotations

import json
import time
from typing import Any

from benchmarks.measure import store
from instances.generate import generate
from solvers import Limits, solve
from solvers.result_file import result_to_json

CASES = (("campus", 20, 3, "J-E"), ("campus", 60, 5, "J-E"), ("campus", 60, 5, "J-L"), ("campus", 100, 5, "J-E"),
         ("campus", 300, 8, "J-E"), ("metro", 300, 15, "J-E"), ("factory", 40, 4, "J-E"),
         ("roadside", 40, 8, "J-E"))  # fmt: skip
SEEDS = (1,)
GAP, LIMIT_S = 1e-6, 30.0
SECOND_W = 1.0
"""J that a second of latency counts as under J-L."""


def measure(kind: str, users: int, servers: int, problem: str, allocation: str, seed: int) -> dict[str, Any]:
    """Figures of one run."""
    instance = generate(kind, users=users, servers=servers, seed=seed, allocation=allocation)
    if problem == "J-L":
        instance = instance.replace(problem=problem, latency_weight_w=SECOND_W)
    start = time.perf_counter()
    result = solve(instance, "branch", limits=Limits(gap=GAP, time_s=LIMIT_S))
    certificate = json.dumps(result_to_json(result)["certificate"])

    def reached(gap: float) -> float | None:
        return next((round(p.time_s, 3) for p in result.trace if p.gap <= gap), None)

    return {
        "instance": f"{kind} {users} x {servers}", "problem": problem, "allocation": allocation, "seed": seed,
        "wall_s": round(time.perf_counter() - start, 3), "to_1e-2_s": reached(1e-2), "to_1e-4_s": reached(1e-4),
        "gap": result.gap, "certified_gap": result.certified_gap, "verdict": result.verdict.value,
        "certify_s": round(result.certify_s, 3), "certificate_bytes": len(certificate),
        "nodes": result.detail["nodes"], "objective_j": result.objective_j,
    }  # fmt: skip


def main() -> None:
    """Measure, print and store."""
    rows = [measure(*case, rule, seed) for case in CASES for rule in ("continuous", "units") for seed in SEEDS]
    store("branch", {"gap": GAP, "limit_s": LIMIT_S, "runs": rows})


if __name__ == "__main__":
    main()
