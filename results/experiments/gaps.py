"""Every method that promises no optimum beside the bound that branch and price certifies, on four families."""

from __future__ import annotations

import dataclasses
from typing import Any

from instances.expand import expand
from instances.generate import generate
from instances.options import OptionTable
from results.experiment import experiment
from solvers import METHODS, Limits, solve

__all__ = ["KINDS"]

FAMILIES = ("campus", "factory", "metro", "roadside")
USERS, SERVERS, SEEDS = 20, 3, (1, 2, 3, 4, 5)
QUICK_USERS, QUICK_SERVERS = 8, 2
LIMITS = Limits(gap=1e-4, time_s=30.0)
META, EVALUATIONS = ("genetic", "particle_swarm", "simulated_annealing", "whale"), 1000
KINDS = ("approximation", "heuristic", "learned")
"""Kinds of methods that are held against the bound."""


def cases(quick: bool) -> list[dict[str, Any]]:
    """Families × seeds; all methods share a row."""
    families, seeds = (FAMILIES[:2], SEEDS[:2]) if quick else (FAMILIES, SEEDS)
    users, servers = (QUICK_USERS, QUICK_SERVERS) if quick else (USERS, SERVERS)
    return [{"family": f, "seed": s, "users": users, "servers": servers} for f in families for s in seeds]


def compared(table: OptionTable) -> list[str]:
    """Branch and price, and what may miss the optimum and can run on these options."""
    able = [n for n, entry in METHODS.items() if entry.kind in KINDS and entry.supports(table) is None]
    return ["branch", *able]


@experiment("gaps", cases)
def run(case: dict[str, Any]) -> dict[str, Any]:
    """By method: the plan's energy over the certified bound (None without a plan), less 1; seconds."""
    instance = generate(case["family"], users=case["users"], servers=case["servers"], seed=case["seed"])
    table = expand(instance)
    names, above, seconds, bound_j = compared(table), [], [], float("nan")
    for name in names:
        limits = dataclasses.replace(LIMITS, rounds=EVALUATIONS) if name in META else LIMITS
        result = solve(instance, name, limits=limits, seed=case["seed"], table=table, certify=name == "branch")
        bound_j = result.certified_j if name == "branch" else bound_j
        above.append(max(result.objective_j / bound_j - 1, 0.0) if result.plan is not None and result.valid else None)
        seconds.append(result.solve_s)
    kinds = [METHODS[name].kind for name in names]
    return {"certified_j": bound_j, "method": names, "kind": kinds, "above_bound": above, "solve_s": seconds}
