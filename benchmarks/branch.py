"""How long branch and price takes to a gap of 1e-6, with what certificate, and how long that takes to check."""

from __future__ import annotations

import json
import time
from typing import Any

from benchmarks.measure import store
from instances.generate import generate
from solvers import Limits, solve
from solvers.result_file import result_to_json

CASES = (("campus", 20, 3), ("campus", 60, 5), ("campus", 100, 5), ("campus", 300, 8), ("metro", 300, 15),
         ("factory", 40, 4), ("roadside", 40, 8))  # fmt: skip
SEEDS = (1,)
GAP, LIMIT_S = 1e-6, 60.0


def measure(kind: str, users: int, servers: int, allocation: str, seed: int) -> dict[str, Any]:
    """Figures of one run."""
    instance = generate(kind, users=users, servers=servers, seed=seed, allocation=allocation)
    start = time.perf_counter()
    result = solve(instance, "branch", limits=Limits(gap=GAP, time_s=LIMIT_S))
    certificate = json.dumps(result_to_json(result)["certificate"])

    def reached(gap: float) -> float | None:
        return next((round(p.time_s, 3) for p in result.trace if p.gap <= gap), None)

    return {
        "instance": f"{kind} {users} x {servers}", "allocation": allocation, "seed": seed,
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
