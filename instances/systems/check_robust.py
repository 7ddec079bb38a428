"""Whether a plan's deadlines hold with the probability asked for; written apart from the methods that make plans."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from instances.check import TOLERANCE, check
from instances.columns import Floats
from instances.plan import Plan
from instances.systems.robust import RobustProblem

__all__ = ["RobustReport", "evaluate"]


@dataclasses.dataclass(frozen=True, eq=False)
class RobustReport:
    """``energy_j``: the objective, inf when a rule is broken. ``mean_s``, ``deviation_s`` [users] of the latency.
    ``violations``: rules that are broken, in words."""

    energy_j: float
    mean_s: Floats
    deviation_s: Floats
    violations: tuple[str, ...]


def evaluate(problem: RobustProblem, plan: Plan) -> RobustReport:
    """Recompute means by the plain checker, variances layer by layer, and hold them to the deadlines."""
    instance, n = problem.instance, problem.instance.n_users
    plain = check(instance, plan)
    broken = [str(v) for v in plain.violations]
    if any(v.rule == "structure" for v in plain.violations):
        return RobustReport(math.inf, np.full(n, math.nan), np.full(n, math.nan), tuple(broken))
    deviation = np.zeros(n)
    for i in range(n):
        network = instance.networks[instance.users.network[i]]
        kept = plan.cuts[plan.cut[i]].on_device
        device, server = int(instance.users.device[i]), int(plan.server[i])
        own = _layer_s(network, instance.devices, device)[kept] / plan.clock[i]
        variance = problem.device_cv**2 * math.fsum(t * t for t in own)
        if server >= 0 and plan.compute_share[i] > 0:
            away = _layer_s(network, instance.servers, server)[~kept] / plan.compute_share[i]
            variance += problem.server_cv**2 * math.fsum(t * t for t in away)
        deviation[i] = math.sqrt(variance)
    factor = math.sqrt((1 - problem.risk) / problem.risk)
    deadline = instance.users.deadline_s
    for late in np.flatnonzero(plain.latency_s + factor * deviation > deadline * (1 + TOLERANCE)).tolist():
        broken.append(f"{instance.users.name[late]}: the deadline may be missed with more than {problem.risk:g}")
    return RobustReport(math.inf if broken else plain.objective_j, plain.latency_s, deviation, tuple(broken))


def _layer_s(network, machines, row: int) -> Floats:  # type: ignore[no-untyped-def]
    """[layers] mean time of each layer, s: roofline and launch."""
    busy = np.maximum(network.gflop / machines.gflops[row], network.traffic_mb / (1e3 * machines.memory_gb_s[row]))
    return np.asarray(busy + machines.launch_s[row])
