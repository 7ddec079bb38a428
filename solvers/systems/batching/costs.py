"""What devices spend when the GPU starts at a given time: the slowest speed in time is the best one (P30a)."""

from __future__ import annotations

import numpy as np

from instances.columns import Floats
from instances.systems.batching import Batching

__all__ = ["device_j", "gpu_j", "gpu_s", "local_j", "speed_gflops"]


def speed_gflops(problem: Batching, cut: int, due_s: Floats) -> Floats:
    """[N] slowest speed at which each device has run ``cut`` parts and sent the rest by ``due_s``; inf if none."""
    work = problem.chain.before_gflop[cut]
    parts = len(problem.chain.gflop)
    air = 0.0 * problem.rate_mbps if cut == parts else problem.chain.output_mbit[cut] / problem.rate_mbps
    left = due_s - air
    with np.errstate(divide="ignore", invalid="ignore"):
        need = np.where(left > 0, work / left, np.inf if work > 0 else np.where(left == 0, 0.0, np.inf))
    speed = np.maximum(need, problem.slowest_gflops)
    return np.where(speed <= problem.fastest_gflops * (1 + 1e-12), speed, np.inf)


def device_j(problem: Batching, cut: int, due_s: Floats) -> Floats:
    """[N] least energy for that; inf where it cannot be done."""
    parts, work = len(problem.chain.gflop), problem.chain.before_gflop[cut]
    air = 0.0 * problem.rate_mbps if cut == parts else problem.chain.output_mbit[cut] / problem.rate_mbps
    speed = speed_gflops(problem, cut, due_s)
    compute = np.where(np.isinf(speed), np.inf, problem.kappa * work * np.where(np.isinf(speed), 0.0, speed) ** 2)
    return np.asarray(compute + problem.transmit_w * air)


def local_j(problem: Batching) -> Floats:
    """[N] least energy of running everything on the device."""
    return device_j(problem, len(problem.chain.gflop), problem.deadline_s)


def gpu_s(problem: Batching, cut: int, batch: int, clock: float) -> float:
    """Time of a batch from ``cut`` to the end."""
    return float((problem.fixed_s[cut:] + batch * problem.each_s[cut:]).sum() / clock)


def gpu_j(problem: Batching, cut: int, batch: int, clock: float) -> float:
    """Energy of that."""
    return problem.gpu_w * clock**3 * gpu_s(problem, cut, batch, clock)
