"""Energy of a batching plan and the rules it breaks; written apart from the methods that make plans."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from instances.columns import Floats
from instances.systems.batching import Batching, BatchingPlan, Group

__all__ = ["BatchingReport", "evaluate"]

HAIR = 1e-9
"""Relative time by which deadlines may be missed for rounding."""


@dataclasses.dataclass(frozen=True, eq=False)
class BatchingReport:
    """Args:
    total_j: device and GPU energy; inf when a rule is broken.
    device_j: [N]. gpu_j: of all groups.
    violations: rules that are broken, in words.
    """

    total_j: float
    device_j: Floats
    gpu_j: float
    violations: tuple[str, ...]


def evaluate(problem: Batching, plan: BatchingPlan) -> BatchingReport:
    """Follow every group through the GPU, part by part, and every device to the moment it has sent."""
    n, parts = problem.n_devices, len(problem.chain.gflop)
    broken, cut, due, gpu_j = [], [parts] * n, list(problem.deadline_s), 0.0
    named = [i for group in plan.groups for i in group.devices]
    if sorted(set(named)) != sorted(named) or any(not 0 <= i < n for i in named):
        return BatchingReport(math.inf, np.zeros(n), math.inf, ("a device in two groups, or none such",))
    if plan.speed_gflops.shape != (n,):
        return BatchingReport(math.inf, np.zeros(n), math.inf, ("a speed for every device",))
    free = 0.0
    for group in sorted(plan.groups, key=lambda g: g.start_s):
        if len(group.cuts) != len(group.devices) or not all(0 <= c < parts for c in group.cuts):
            return BatchingReport(math.inf, np.zeros(n), math.inf, ("cuts of a group",))
        if not any(math.isclose(group.clock, c) for c in problem.clocks):
            broken.append("clock of the GPU")
        if group.start_s < free * (1 - HAIR):
            broken.append("groups overlap")
        begins, free, busy = _run(problem, group)
        gpu_j += problem.gpu_w * group.clock**3 * busy
        for i, c in zip(group.devices, group.cuts, strict=True):
            cut[i], due[i] = c, begins[c]
            if free > problem.deadline_s[i] * (1 + HAIR):
                broken.append(f"device {i}: deadline")
    device_j = np.zeros(n)
    for i in range(n):
        work = float(sum(problem.chain.gflop[: cut[i]]))
        air = 0.0 if cut[i] == parts else problem.chain.output_mbit[cut[i]] / problem.rate_mbps[i]
        speed = plan.speed_gflops[i]
        within = problem.slowest_gflops[i] * (1 - HAIR) <= speed <= problem.fastest_gflops[i] * (1 + HAIR)
        if not within:
            broken.append(f"device {i}: speed")
        elif work / speed + air > due[i] * (1 + HAIR):
            broken.append(f"device {i}: late")
        device_j[i] = problem.kappa[i] * work * speed**2 + problem.transmit_w[i] * air
    total = math.inf if broken else math.fsum(device_j) + gpu_j
    return BatchingReport(total, device_j, gpu_j, tuple(broken))


def _run(problem: Batching, group: Group) -> tuple[dict[int, float], float, float]:
    """When the GPU begins with each part of a group, when it ends, and how long it is busy."""
    now, begins, busy = group.start_s, {}, 0.0
    for part in range(min(group.cuts, default=0), len(problem.chain.gflop)):
        batch = sum(1 for c in group.cuts if c <= part)
        begins[part] = now
        takes = (problem.fixed_s[part] + batch * problem.each_s[part]) / group.clock
        now, busy = now + takes, busy + takes
    return begins, now, busy
