"""Price of integrality: what whole blocks and compute units cost beside continuous shares."""

from __future__ import annotations

from typing import Any

from instances.generate import generate
from results.experiment import experiment, figures_of
from solvers import Limits, solve

USERS, SERVERS = 12, 3


def cases(quick: bool) -> list[dict[str, Any]]:
    """Pieces (0 stands for continuous) × seeds."""
    pieces, seeds = ((0, 12, 24), (1,)) if quick else ((0, 8, 10, 12, 16, 24, 32, 48), (1, 2, 3, 4, 5))
    return [{"pieces": p, "seed": s} for p in pieces for s in seeds]


@experiment("integrality", cases)
def run(case: dict[str, Any]) -> dict[str, Any]:
    """Optimum, its bound certified, with every resource in this many pieces."""
    instance = generate("campus", users=USERS, servers=SERVERS, seed=case["seed"])
    pieces = case["pieces"]
    if pieces:
        whole = [pieces] * SERVERS
        servers = instance.servers.replace(blocks=whole, units=whole)
        instance = instance.replace(servers=servers, allocation="units")
    return figures_of(solve(instance, "branch", limits=Limits(time_s=120), seed=case["seed"]))
