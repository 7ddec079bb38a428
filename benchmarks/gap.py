"""How the gap of the price method shrinks when users become many on a fixed number of servers.

docs/theory.md, P6, proves optimum − relaxation ≤ 2|S|·max(spread, static energy) where everybody can run locally. This
measures plan − bound, which is what a user of the method gets; servers of a metro grow with the users per server.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from benchmarks.measure import store
from instances.expand import expand
from instances.generate import generate
from instances.options import OptionTable
from solvers import METHODS, Limits
from solvers.answer import Clock

SERVERS = 5
USERS = (50, 100, 200, 400, 1600, 6400)
SEEDS = range(1, 4)
RULES = ("continuous", "units")


def measure(users: int, seed: int, allocation: str) -> dict[str, Any]:
    """Plan, bound and what P6(b) allows between optimum and relaxation (None: somebody cannot run locally)."""
    table = expand(generate("metro", users=users, servers=SERVERS, seed=seed, allocation=allocation))
    limits = Limits(gap=0.0)
    clock = Clock(limits)
    answer = METHODS["prices"].solve(table, limits=limits, rng=np.random.default_rng(seed), clock=clock)
    gap_j, limit_j = answer.objective_j - answer.bound_j, _limit(table)
    return {
        "users": users, "seed": seed, "allocation": allocation, "objective_j": _finite(answer.objective_j),
        "bound_j": answer.bound_j, "gap_j": _finite(gap_j), "gap": _finite(gap_j / answer.objective_j),
        "limit_j": _finite(limit_j), "limit": _finite(limit_j / answer.bound_j),
    }  # fmt: skip


def _limit(table: OptionTable) -> float:
    """2|S|·max(max Δ_i, max f_s) of P6(b), J (memory is ample in a metro)."""
    cost = table.cost_j()
    least = np.minimum.reduceat(cost, table.start[:-1])
    local = np.full(table.n_users, math.inf)
    np.minimum.at(local, table.user[table.is_local], cost[table.is_local])
    return 2 * table.n_servers * max(float((local - least).max()), float(table.static_j.max()))


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def summary(rows: list[dict[str, Any]], allocation: str) -> dict[str, Any]:
    """Median gaps by users, and the exponent of a power of the users fitted to the relative gaps."""
    mine = [row for row in rows if row["allocation"] == allocation and row["gap"]]
    medians = {n: float(np.median([r["gap"] for r in mine if r["users"] == n])) for n in USERS}
    x, y = np.log([r["users"] for r in mine]), np.log([r["gap"] for r in mine])
    limits = [r["gap_j"] / r["limit_j"] for r in mine if r["limit_j"] is not None]
    return {
        "median_gap": medians,
        "exponent": float(np.polyfit(x, y, 1)[0]),
        "largest_gap_over_limit": max(limits, default=None),
        "without_limit": sum(r["limit_j"] is None for r in mine),
        "without_plan": sum(r["gap"] is None for r in rows if r["allocation"] == allocation),
    }


def main() -> None:
    """Measure, print and store."""
    rows = [measure(users, seed, rule) for rule in RULES for users in USERS for seed in SEEDS]
    found = {rule: summary(rows, rule) for rule in RULES}
    store("gap", {"instances": f"metro, {SERVERS} servers, method prices", **found, "runs": rows})


if __name__ == "__main__":
    main()
