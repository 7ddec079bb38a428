"""Energy against the number of users: branch and price and the usual baselines on the same campus instances."""

from __future__ import annotations

from typing import Any

from instances.generate import generate
from results.experiment import experiment, figures_of
from solvers import Limits, solve

SERVERS = 3
METHODS = ("branch", "all_local", "all_remote", "neurosurgeon", "smallest_output", "greedy", "alternating",
           "local_search")  # fmt: skip
"""The baselines that papers compare with; all methods: `python -m benchmarks heuristics`."""


def cases(quick: bool) -> list[dict[str, Any]]:
    """Users × seeds × methods."""
    users, seeds = ((5, 10), (1,)) if quick else ((5, 10, 15, 20, 25, 30), (1, 2, 3, 4, 5))
    return [{"users": n, "seed": s, "method": m} for n in users for s in seeds for m in METHODS]


@experiment("energy_against_users", cases)
def run(case: dict[str, Any]) -> dict[str, Any]:
    """One solve. Bandwidth and servers stay, so that more users mean more contention."""
    instance = generate("campus", users=case["users"], servers=SERVERS, seed=case["seed"], load=case["users"] / 20)
    return figures_of(solve(instance, case["method"], limits=Limits(time_s=120), seed=case["seed"]))
