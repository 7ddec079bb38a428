"""Time and gap of the price method against users, metro, from 1,000 to a million."""

from __future__ import annotations

import gc
import time
from typing import Any

from instances.expand import expand
from instances.generate import generate
from results.experiment import experiment, figures_of
from solvers import Limits, solve

SEEDS, ONCE = (1, 2, 3), 300_000
"""Larger instances are solved for the first seed only."""
SIZES = [(n, n // crowd) for crowd, users in ((100, (1_000, 3_000, 10_000, 30_000)),
                                              (1_000, (10_000, 30_000, 100_000, 300_000, 1_000_000))) for n in users]  # fmt: skip
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
    table = expand(instance)
    before = time.process_time()
    result = solve(instance, "prices", limits=LIMITS, seed=case["seed"], table=table)
    spent = time.process_time() - before - result.certify_s
    row = {**figures_of(result), "certify_s": result.certify_s, "solve_cpu_s": spent, "options": len(table),
           "certified_gap": result.certified_gap, "servers_on": int((result.report.uplink_load > 0).sum())
           if result.report is not None else None}  # fmt: skip
    del result, table, instance
    gc.collect()
    return row
