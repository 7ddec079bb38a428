"""Energy that a plan of access points and servers saves, and the rules it breaks; apart from the methods."""

from __future__ import annotations

import dataclasses
import math

from instances.systems.gma import AccessPlan, AccessProblem

__all__ = ["AccessReport", "evaluate"]


@dataclasses.dataclass(frozen=True, eq=False)
class AccessReport:
    """``saved_j``: J saved over computing all on devices; −inf when a rule is broken. ``violations``: in words."""

    saved_j: float
    violations: tuple[str, ...]


def evaluate(problem: AccessProblem, plan: AccessPlan) -> AccessReport:
    """Recompute times, energies and capacities from the plan."""
    saved, broken = 0.0, []
    used_blocks = [0] * len(problem.uplink_mhz)
    used_units = [0] * len(problem.server_gflops)
    for t in range(problem.n_tasks):
        a, s, b, f, level = (int(c[t]) for c in (plan.point, plan.server, plan.blocks, plan.units, plan.level))
        if a < 0 and s < 0:
            continue
        if not (0 <= a < len(used_blocks) and 0 <= s < len(used_units) and 0 <= level < len(problem.powers_w)):
            broken.append(f"task {t}: no such point, server or power")
            continue
        if b < 1 or f < 1:
            broken.append(f"task {t}: work on no piece")
            continue
        if b > problem.part * problem.blocks or f > problem.part * problem.units:
            broken.append(f"task {t}: more than its part")
        used_blocks[a] += b
        used_units[s] += f
        watts = problem.powers_w[level]
        rate = b / problem.blocks * problem.uplink_mhz[a] * math.log2(1 + watts * problem.snr_per_w[t, a])
        air = problem.upload_mbit[t] / rate if rate > 0 else math.inf
        run = problem.work_gflop[t] / (f / problem.units * problem.server_gflops[s])
        if air + problem.upload_mbit[t] * problem.backhaul_s_per_mbit[a, s] + run > problem.deadline_s[t] * (1 + 1e-9):
            broken.append(f"task {t}: late")
        saved += problem.local_j[t] - watts * air
    broken += [f"point {a}: {u} blocks" for a, u in enumerate(used_blocks) if u > problem.blocks]
    broken += [f"server {s}: {u} units" for s, u in enumerate(used_units) if u > problem.units]
    return AccessReport(-math.inf if broken else saved, tuple(broken))
