"""Energy against the deadline: all deadlines of a campus instance scaled together."""

from __future__ import annotations

from typing import Any

from instances.generate import generate
from results.experiment import experiment, figures_of
from solvers import Limits, solve

USERS, SERVERS = 12, 3
METHODS = ("branch", "local_search", "alternating", "greedy", "neurosurgeon", "all_local")


def cases(quick: bool) -> list[dict[str, Any]]:
    """Scales × seeds × methods."""
    scales, seeds = ((1.0, 2.0), (1,)) if quick else ((1.0, 1.25, 1.5, 2.0, 3.0, 5.0), (1, 2, 3))
    return [{"deadline_scale": d, "seed": s, "method": m} for d in scales for s in seeds for m in METHODS]


@experiment("energy_against_deadline", cases)
def run(case: dict[str, Any]) -> dict[str, Any]:
    """One solve; the deadlines of one and the same instance are stretched."""
    instance = generate("campus", users=USERS, servers=SERVERS, seed=case["seed"])
    users = instance.users.replace(deadline_s=instance.users.deadline_s * case["deadline_scale"])
    result = solve(instance.replace(users=users), case["method"], limits=Limits(time_s=120), seed=case["seed"])
    return figures_of(result)
