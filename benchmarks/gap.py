"""How the gap of the price method shrinks when users become many on a fixed number of servers.

docs/theory.md, P6, proves that optimum − relaxation does not grow with the users where everybody can run locally (in a
metro some cannot). This measures plan − bound, which is what a user of the method gets: it also holds what the plan
falls short of the optimum, and the bound of the relaxation. Servers of a metro grow with the users per server.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from benchmarks.measure import store
from instances.expand import expand
from instances.generate import generate
from solvers import METHODS, Limits
from solvers.answer import Clock

SERVERS = 5
USERS = (50, 100, 200, 400, 1600, 6400)
SEEDS = range(1, 4)
RULES = ("continuous", "units")


def measure(users: int, seed: int, allocation: str) -> dict[str, Any]:
    """Plan and bound of one instance."""
    table = expand(generate("metro", users=users, servers=SERVERS, seed=seed, allocation=allocation))
    limits = Limits(gap=0.0)
    clock = Clock(limits)
    answer = METHODS["prices"].solve(table, limits=limits, rng=np.random.default_rng(seed), clock=clock)
    gap_j = answer.objective_j - answer.bound_j
    return {
        "users": users, "seed": seed, "allocation": allocation, "objective_j": _finite(answer.objective_j),
        "bound_j": answer.bound_j, "gap_j": _finite(gap_j), "gap": _finite(gap_j / answer.objective_j),
    }  # fmt: skip


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def summary(rows: list[dict[str, Any]], allocation: str) -> dict[str, Any]:
    """Median gaps by users, and the exponent of a power of the users fitted to the relative gaps."""
    mine = [row for row in rows if row["allocation"] == allocation and row["gap"]]
    medians = {n: float(np.median([r["gap"] for r in mine if r["users"] == n])) for n in USERS}
    x, y = np.log([r["users"] for r in mine]), np.log([r["gap"] for r in mine])
    return {
        "median_gap": medians,
        "exponent": float(np.polyfit(x, y, 1)[0]),
        "without_plan": sum(r["gap"] is None for r in rows if r["allocation"] == allocation),
    }


def main() -> None:
    """Measure, print and store."""
    rows = [measure(users, seed, rule) for rule in RULES for users in USERS for seed in SEEDS]
    found = {rule: summary(rows, rule) for rule in RULES}
    store("gap", {"instances": f"metro, {SERVERS} servers, method prices", **found, "runs": rows})


if __name__ == "__main__":
    main()
