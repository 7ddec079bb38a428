"""IP-SSA after Shi et al. 2022: everyone's own best cut, equal parts in one batch (docs/theory.md, P30d)."""

from __future__ import annotations

import numpy as np

from instances.errors import InputError
from instances.systems.batching import Batching, BatchingPlan, Group
from solvers.systems.batching.costs import device_j, speed_gflops
from solvers.systems.registry import system_method

__all__ = ["independent_cuts"]


@system_method(
    "ip_ssa",
    system="IP-SSA and OG",
    kind="exact",
    guarantee="least device energy if batches take constant time and deadlines are equal",
    reference="Shi et al. 2022, arXiv 2206.06304; docs/theory.md P30d",
)
def independent_cuts(problem: Batching) -> BatchingPlan:
    """The plan of least device energy at full GPU clock, all batches as late as the deadline lets them be.

    Raises:
        InputError: deadlines differ, batches take longer than a sample, no full clock, or somebody cannot be in time.
    """
    if np.ptp(problem.deadline_s) > 0:
        raise InputError("batching.deadline_s", "holds different deadlines", "IP-SSA is for equal ones")
    if (problem.each_s > 0).any():
        raise InputError("batching.each_s", "is above 0", "IP-SSA is for batches of constant time")
    if problem.clocks.max() < 1:
        raise InputError("batching.clocks", "has no full clock", "IP-SSA runs the GPU at it")
    parts, deadline = len(problem.chain.gflop), float(problem.deadline_s[0])
    # A part may begin no later than what is left of the network takes before the deadline.
    due = deadline - np.append(np.cumsum(problem.fixed_s[::-1])[::-1], 0.0)
    energies = np.array([device_j(problem, cut, np.full(problem.n_devices, due[cut])) for cut in range(parts + 1)])
    cuts = np.argmin(energies, axis=0)
    if np.isinf(energies.min(axis=0)).any():
        raise InputError("batching", "has a device that cannot meet its deadline")
    speeds = np.array([speed_gflops(problem, cut, np.full(problem.n_devices, due[cut])) for cut in range(parts + 1)])
    remote = np.flatnonzero(cuts < parts)
    groups: tuple[Group, ...] = ()
    if len(remote):
        members = tuple(int(i) for i in remote)
        groups = (Group(members, tuple(int(c) for c in cuts[remote]), 1.0, float(due[cuts[remote].min()])),)
    return BatchingPlan(groups, speeds[cuts, np.arange(problem.n_devices)])
