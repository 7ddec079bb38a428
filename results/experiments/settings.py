"""Energy and latency against one setting at a time: bandwidth, users, servers, deadlines, κ.

Everything else stays at the base: a campus of 12 users on 3 servers at 0.6 of the load that fills them. Energy is that
of least-energy plans (J-E), latency that of plans of least energy plus latency (J-L, 1 W a second).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from instances.expand import expand
from instances.generate import generate
from instances.instance import Instance
from results.experiment import experiment
from solvers import Limits, Result, solve

__all__ = ["SETTINGS", "instance_at"]

USERS, SERVERS, CROWD = 12, 3, 20
METHODS = ("branch", "local_search", "alternating", "greedy", "neurosurgeon")
LIMITS = Limits(gap=1e-4, time_s=20.0)
SETTINGS: dict[str, tuple[float, ...]] = {
    "bandwidth": (0.25, 0.5, 1.0, 2.0, 4.0),
    "users": (4, 8, 12, 16, 20, 24),
    "servers": (1, 2, 3, 4, 5, 6),
    "deadline": (1.0, 1.5, 2.0, 3.0, 5.0),
    "kappa": (0.25, 0.5, 1.0, 2.0, 4.0),
}
"""Values of each: users and servers as they are, the others as multiples of what is drawn."""
SEEDS = (1, 2, 3, 4, 5)


def cases(quick: bool) -> list[dict[str, Any]]:
    """Settings × values × problems × seeds; the methods share a row, as they share the options."""
    seeds = SEEDS[:1] if quick else SEEDS
    return [{"setting": name, "value": v, "problem": p, "seed": s}
            for name, values in SETTINGS.items() for v in (values[1::2] if quick else values)
            for p in ("J-E", "J-L") for s in seeds]  # fmt: skip


def _drawn(problem: str, seed: int, users: int = USERS, servers: int = SERVERS) -> Instance:
    """Servers of one size, whatever the number of users and of servers."""
    load = users / CROWD * SERVERS / servers
    return generate("campus", users=users, servers=servers, seed=seed, load=load, problem=problem)


def _stretched(instance: Instance, table: str, column: str, factor: float) -> Instance:
    """The instance with one column of one of its tables multiplied."""
    old = getattr(instance, table)
    return instance.replace(**{table: old.replace(**{column: getattr(old, column) * factor})})


_CHANGES: dict[str, Callable[[float, str, int], Instance]] = {
    "bandwidth": lambda v, problem, seed: _stretched(_drawn(problem, seed), "servers", "bandwidth_mhz", v),
    "users": lambda v, problem, seed: _drawn(problem, seed, users=int(v)),
    "servers": lambda v, problem, seed: _drawn(problem, seed, servers=int(v)),
    "deadline": lambda v, problem, seed: _stretched(_drawn(problem, seed), "users", "deadline_s", v),
    "kappa": lambda v, problem, seed: _stretched(_drawn(problem, seed), "devices", "kappa", v),
}


def instance_at(case: dict[str, Any]) -> Instance:
    """The instance of a case."""
    return _CHANGES[case["setting"]](case["value"], case["problem"], case["seed"])


@experiment("settings", cases)
def run(case: dict[str, Any]) -> dict[str, Any]:
    """By method: objective, energy and mean latency of a user (None without a plan); the bound that is certified."""
    instance = instance_at(case)
    table = expand(instance)
    found = [solve(instance, m, limits=LIMITS, seed=case["seed"], table=table) for m in METHODS]
    columns = [_figures(result) for result in found]
    best = found[METHODS.index("branch")]
    return {
        "users": instance.n_users,
        "certified_j": best.certified_j if np.isfinite(best.certified_j) else None,
        "verdict": best.verdict.value,
        "method": list(METHODS),
        **{name: [figures[name] for figures in columns] for name in columns[0]},
    }


def _figures(result: Result) -> dict[str, float | None]:
    report = result.report
    if report is None or not report.valid:
        return {"objective_j": None, "energy_per_user_j": None, "latency_s": None, "solve_s": result.solve_s}
    energy = (float(report.user_energy_j.sum()) + report.static_j) / len(report.latency_s)
    return {"objective_j": report.objective_j, "energy_per_user_j": energy,
            "latency_s": float(report.latency_s.mean()), "solve_s": result.solve_s}  # fmt: skip
