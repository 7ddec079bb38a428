"""How long the exact method takes for campus 20 × 3 to a gap of 1e-4, both allocation rules, several seeds."""

from __future__ import annotations

import statistics
import time
from typing import Any

from benchmarks.measure import store
from instances.generate import generate
from solvers import Limits, solve

SEEDS = (7, 1, 2, 3, 4)
GAP, LIMIT_S = 1e-4, 60.0


def main() -> None:
    """Measure, print and store."""
    rows: list[dict[str, Any]] = []
    for allocation in ("continuous", "units"):
        for seed in SEEDS:
            instance = generate("campus", users=20, servers=3, seed=seed, allocation=allocation)
            start = time.perf_counter()
            result = solve(instance, "exact", limits=Limits(gap=GAP, time_s=LIMIT_S))
            rows.append({
                "allocation": allocation, "seed": seed, "wall_s": round(time.perf_counter() - start, 3),
                "verdict": result.verdict.value, "gap": result.gap, "objective_j": result.objective_j,
            })  # fmt: skip
    medians = {a: statistics.median(r["wall_s"] for r in rows if r["allocation"] == a) for a in ("continuous", "units")}
    store("campus", {"instance": "campus 20 users x 3 servers", "gap": GAP, "median_wall_s": medians, "runs": rows})


if __name__ == "__main__":
    main()
