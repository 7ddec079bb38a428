"""Time and gap of the price method against users, metro, from 1,000 to a million."""

from __future__ import annotations

import time
from typing import Any

from instances.expand import expand
from instances.generate import generate
from results.experiment import experiment
from solvers import Limits, solve
from solvers.answer import relative_gap
from solvers.result import weigh

SEEDS, ONCE = (1, 2, 3), 30_000
"""Instances of this size and larger ones are solved for the first seed only."""
SIZES = [
    *((n, n // 100) for n in (1_000, 3_000, 10_000, 30_000)),
    *((n, n // 1_000) for n in (10_000, 30_000, 100_000, 1_000_000)),
]
"""Users and servers: crowds of 100 and of 1,000 a server."""
LIMITS = Limits(gap=1e-4)


def cases(quick: bool) -> list[dict[str, Any]]:
    """Sizes × seeds, small ones first."""
    sizes = sorted(SIZES)[:4] if quick else sorted(SIZES)
    return [{"users": n, "servers": m, "seed": s} for n, m in sizes
            for s in (SEEDS[:1] if quick or n >= ONCE else SEEDS)]  # fmt: skip


@experiment("scale", cases)
def run(case: dict[str, Any]) -> dict[str, Any]:
    """Processor seconds of listing options, of the price method and of its certificate; the gap that this certifies.

    Processor seconds count all threads and hardly depend on what else runs; the method's wall seconds are there too.
    """
    instance = generate("metro", users=case["users"], servers=case["servers"], seed=case["seed"])
    begin = time.process_time()
    table = expand(instance)
    listed = time.process_time()
    result = solve(instance, "prices", limits=LIMITS, seed=case["seed"], table=table, certify=False)
    solved = time.process_time()
    proof, faults = weigh(instance, result.certificate)
    assert proof is not None and not faults, faults
    return {
        "options": len(table), "options_cpu_s": listed - begin, "solve_cpu_s": solved - listed,
        "certify_cpu_s": time.process_time() - solved, "solve_wall_s": result.solve_s,
        "objective_j": result.objective_j, "certified_j": proof.bound_j, "stop": result.stop.value,
        "certified_gap": relative_gap(result.objective_j, proof.bound_j), "evaluations": result.detail["rounds"],
    }  # fmt: skip
