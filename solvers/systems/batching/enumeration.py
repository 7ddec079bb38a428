"""Every way to form groups, for tests: all partitions, cuts, clocks and orders, groups as late as they can be."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np

from instances.errors import InputError
from instances.systems.batching import Batching, BatchingPlan, Group
from solvers.systems.batching.costs import device_j, gpu_j, gpu_s, local_j
from solvers.systems.batching.grouping import plan_of
from solvers.systems.registry import system_method

__all__ = ["enumerate_groups"]


@system_method(
    "batching_enumeration", system="J-DOB", kind="exact", guarantee="optimal", reference="docs/theory.md P30a"
)
def enumerate_groups(problem: Batching) -> BatchingPlan:
    """The best plan with common cuts; about four devices and three parts.

    Raises:
        InputError: no plan at all.
    """
    best, found = math.inf, None
    alone = local_j(problem)
    for sets in _partitions(list(range(problem.n_devices))):
        # The last set stays home; the others run in this order.
        home, *groups = sets
        base = float(alone[home].sum())
        for order in itertools.permutations(groups):
            for modes in itertools.product(range(len(problem.chain.gflop)), problem.clocks, repeat=len(order)):
                energy, placed = _place(problem, order, modes)
                if base + energy < best:
                    best, found = base + energy, placed
    if found is None:
        raise InputError("batching", "has no plan")
    return plan_of(problem, found)


def _place(
    problem: Batching, order: tuple[list[int], ...], modes: tuple[float, ...]
) -> tuple[float, tuple[Group, ...]]:
    """Groups in this order, from the last one backwards, each as late as it can be."""
    energy, later, placed = 0.0, math.inf, tuple[Group, ...]()
    for k in range(len(order) - 1, -1, -1):
        members, cut, clock = order[k], int(modes[2 * k]), modes[2 * k + 1]
        end = min(later, float(problem.deadline_s[members].min()))
        later = end - gpu_s(problem, cut, len(members), clock)
        if later < 0:
            return math.inf, ()
        energy += gpu_j(problem, cut, len(members), clock)
        energy += float(device_j(problem, cut, np.full(problem.n_devices, later))[members].sum())
        placed = (Group(tuple(members), (cut,) * len(members), float(clock), later), *placed)
    return energy, placed


def _partitions(devices: list[int]) -> Iterator[list[list[int]]]:
    """All partitions into a first set, which may be empty, and others, which are not."""
    if not devices:
        yield [[]]
        return
    head, *tail = devices
    for sets in _partitions(tail):
        for k in range(len(sets)):
            yield [*sets[:k], [head, *sets[k]], *sets[k + 1 :]]
        yield [*sets, [head]]
