"""How long the price method takes once the options exist, the gap that it leaves, and its peak memory.

From a metro of 100,000 users on, the method stops once its gap is below the limit (1e-4).
"""

from __future__ import annotations

import resource
import time
from typing import Any

import numpy as np

from benchmarks.measure import store
from instances.expand import expand
from instances.generate import generate
from solvers import METHODS, Limits
from solvers.answer import Clock, relative_gap

SIZES = (("campus", 100, 5, "continuous"), ("campus", 100, 5, "units"), ("metro", 2_000, 20, "continuous"),
         ("metro", 2_000, 20, "units"), ("metro", 100_000, 100, "continuous"),
         ("metro", 1_000_000, 1_000, "continuous"))  # fmt: skip
LIMIT_S = 120.0


def measure(kind: str, users: int, servers: int, allocation: str, seed: int = 1) -> dict[str, Any]:
    """Figures of one run; the peak memory (MiB) is that of the process so far, so sizes should grow."""
    table = expand(generate(kind, users=users, servers=servers, seed=seed, allocation=allocation))
    limits = Limits(time_s=LIMIT_S)
    start = time.perf_counter()
    answer = METHODS["prices"].solve(table, limits=limits, rng=np.random.default_rng(seed), clock=Clock(limits))
    return {
        "instance": f"{kind} {users} users x {servers} servers", "allocation": allocation, "options": len(table),
        "wall_s": round(time.perf_counter() - start, 3), "gap": relative_gap(answer.objective_j, answer.bound_j),
        "objective_j": answer.objective_j, "bound_j": answer.bound_j, "evaluations": answer.detail["rounds"],
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }  # fmt: skip


def main() -> None:
    """Measure, print and store."""
    store("prices", {"limit_s": LIMIT_S, "runs": [measure(*size) for size in SIZES]})


if __name__ == "__main__":
    main()
