"""Groups with a common cut: the best ones along sorted deadlines, from the last group to the first (P30)."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from instances.columns import Floats, Ints
from instances.errors import InputError
from instances.systems.batching import Batching, BatchingPlan, Group
from solvers.systems.batching.costs import device_j, gpu_j, gpu_s, local_j, speed_gflops
from solvers.systems.registry import system_method

__all__ = ["all_local", "group_optimally", "one_group", "plan_of"]


@dataclasses.dataclass(frozen=True)
class Label:
    """A way to serve the last devices: energy, and when its first group starts (inf without one)."""

    energy_j: float
    start_s: float
    groups: tuple[Group, ...]


def plan_of(problem: Batching, groups: tuple[Group, ...]) -> BatchingPlan:
    """The plan of groups with common cuts, every device as slow as it may.

    Raises:
        InputError: a device cannot meet its deadline.
    """
    speed = speed_gflops(problem, len(problem.chain.gflop), problem.deadline_s)
    for group in groups:
        here = speed_gflops(problem, group.cuts[0], np.full(problem.n_devices, group.start_s))
        speed[list(group.devices)] = here[list(group.devices)]
    if np.isinf(speed).any():
        late = int(np.flatnonzero(np.isinf(speed))[0])
        raise InputError("batching", f"device {late} cannot meet its deadline", "neither alone nor with the GPU")
    return BatchingPlan(groups, speed)


@system_method(
    "batching_local", system="J-DOB", kind="heuristic", reference="the baseline of Xu, Zhou and Niu, arXiv 2504.14611"
)
def all_local(problem: Batching) -> BatchingPlan:
    """Nobody offloads."""
    return plan_of(problem, ())


@system_method(
    "batching_groups",
    system="J-DOB",
    kind="exact",
    guarantee="optimal for devices that differ in deadlines only",
    reference="after Xu, Zhou and Niu, arXiv 2504.14611; docs/theory.md P30",
)
def group_optimally(problem: Batching) -> BatchingPlan:
    """The best groups that are blocks of the sorted deadlines, with cuts and GPU clocks; some devices stay home."""
    order = np.argsort(problem.deadline_s, kind="stable")
    n = problem.n_devices
    labels: list[list[Label]] = [[] for _ in range(n + 1)]
    labels[n] = [Label(0.0, math.inf, ())]
    alone = local_j(problem)
    for first in range(n - 1, -1, -1):
        stays = [dataclasses.replace(k, energy_j=k.energy_j + float(alone[order[first]])) for k in labels[first + 1]]
        found = [label for label in stays if math.isfinite(label.energy_j)]
        for after in range(first + 1, n + 1):
            for label in labels[after]:
                found += _groups(problem, order[first:after], alone, label)
        labels[first] = _undominated(found)
    if not labels[0]:
        raise InputError("batching", "has no plan", "some device can meet its deadline in no block of the deadlines")
    return plan_of(problem, min(labels[0], key=lambda k: k.energy_j).groups)


def _groups(problem: Batching, block: Ints, alone: Floats, after: Label) -> list[Label]:
    """Groups of the block's first device and the others that gain most, for every cut, clock and size."""
    end = min(float(problem.deadline_s[block[0]]), after.start_s)
    found = []
    for cut in range(len(problem.chain.gflop)):
        for clock in problem.clocks:
            for size in range(1, len(block) + 1):
                start = end - gpu_s(problem, cut, size, clock)
                if start < 0:
                    break
                remote = device_j(problem, cut, np.full(problem.n_devices, start))[block]
                if np.isinf(remote[0]):
                    break  # a larger batch starts earlier still
                picked = _pick(remote, alone[block], size)
                if picked is None:
                    continue
                energy = after.energy_j + gpu_j(problem, cut, size, clock) + float(remote[picked].sum())
                energy += float(np.delete(alone[block], picked).sum())
                if math.isfinite(energy):
                    members = tuple(int(i) for i in block[picked])
                    group = Group(members, (cut,) * size, float(clock), start)
                    found.append(Label(energy, start, (group, *after.groups)))
    return _undominated(found)


def _pick(remote: Floats, alone: Floats, size: int) -> list[int] | None:
    """The first device and the ``size`` − 1 others that save most; None if those cannot be had."""
    with np.errstate(invalid="ignore"):
        saved = np.where(np.isinf(remote), -np.inf, np.where(np.isinf(alone), np.inf, alone - remote))
    others = 1 + np.argsort(-saved[1:], kind="stable")[: size - 1]
    picked = [0, *(int(k) for k in others)]
    return None if np.isinf(remote[picked]).any() else picked


def _undominated(labels: list[Label]) -> list[Label]:
    """Labels that no other beats in energy and in start."""
    kept: list[Label] = []
    for label in sorted(labels, key=lambda k: (k.energy_j, -k.start_s)):
        if not kept or label.start_s > kept[-1].start_s:
            kept.append(label)
    return kept


@system_method("batching_one_group", system="J-DOB", kind="heuristic", reference="recurring baseline")
def one_group(problem: Batching) -> BatchingPlan:
    """At most one group, due at the earliest deadline, of whoever saves most; the rest stay home."""
    order, alone = np.argsort(problem.deadline_s, kind="stable"), local_j(problem)
    labels = _groups(problem, order, alone, Label(0.0, math.inf, ()))
    labels += [Label(float(alone.sum()), math.inf, ())]
    return plan_of(problem, min(labels, key=lambda k: k.energy_j).groups)
