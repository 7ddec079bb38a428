"""Admission (J-A) against load: the part of the certified bound that every method admits."""

from __future__ import annotations

from typing import Any

from instances.expand import expand
from instances.generate import generate
from results.experiment import experiment
from solvers import Limits, solve

SERVERS, SEEDS = 2, (1, 2, 3, 4, 5)
METHODS = ("branch", "admission_configuration", "admission_derandomised", "admission_rounding", "admission_greedy",
           "admission_online_moves", "admission_online_prices", "admission_online_myopic")  # fmt: skip
LIMITS = Limits(gap=1e-2, nodes=100, rounds=20, time_s=10.0)


def cases(quick: bool) -> list[dict[str, Any]]:
    """Loads × seeds; all methods share a row."""
    loads, seeds, users = ((0.5, 2.0), SEEDS[:2], 10) if quick else ((0.5, 1.0, 2.0, 4.0), SEEDS, 20)
    return [{"load": load, "seed": s, "users": users} for load in loads for s in seeds]


@experiment("admission_load", cases)
def run(case: dict[str, Any]) -> dict[str, Any]:
    """Weight of all users, the most that the certificate allows, and the weight that each method admits."""
    instance = generate("factory", users=case["users"], servers=SERVERS, seed=case["seed"], problem="J-A",
                        load=case["load"], energy_part=0.4, weight_ratio=20.0, allocation="units")  # fmt: skip
    table, everybody = expand(instance), float(instance.users.weight.sum())
    found = [solve(instance, name, limits=LIMITS, seed=case["seed"], table=table) for name in METHODS]
    best = found[0]
    return {
        "weight": everybody,
        "most": everybody - best.certified_j,
        "verdict": best.verdict.value,
        "method": list(METHODS),
        "admitted": [everybody - r.objective_j if r.plan is not None and r.valid else 0.0 for r in found],
        "guaranteed_ratio": [r.detail.get("guaranteed_ratio") for r in found],
        "solve_s": [r.solve_s for r in found],
    }
