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
LIMITS = Limits(gap=1e-4, time_s=120.0)


def cases(quick: bool) -> list[dict[str, Any]]:
    """Sizes × seeds, small ones first."""
    sizes = sorted(SIZES)[:4] if quick else sorted(SIZES)
    return [{"users": n, "servers": m, "seed": s} for n, m in sizes
            for s in (SEEDS[:1] if quick or n >= ONCE else SEEDS)]  # fmt: skip


@experiment("scale", cases)
def run(case: dict[str, Any]) -> dict[str, Any]:
    """Seconds on the wall of options, price method and certificate; processor seconds of the method; certified gap."""
    instance = generate("metro", users=case["users"], servers=case["servers"], seed=case["seed"])
    begin = time.perf_counter()
    table = expand(instance)
    options_s, spent = time.perf_counter() - begin, time.process_time()
    result = solve(instance, "prices", limits=LIMITS, seed=case["seed"], table=table, certify=False)
    spent, begin = time.process_time() - spent, time.perf_counter()
    proof, faults = weigh(instance, result.certificate)
    assert proof is not None and not faults, faults
    return {
        "options": len(table), "options_s": options_s, "solve_s": result.solve_s, "solve_cpu_s": spent,
        "certify_s": time.perf_counter() - begin, "objective_j": result.objective_j, "certified_j": proof.bound_j,
        "certified_gap": max(relative_gap(result.objective_j, proof.bound_j), 0.0), "stop": result.stop.value,
        "evaluations": result.detail["rounds"],
    }  # fmt: skip
