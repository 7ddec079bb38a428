"""Every plan of a slot, for tests: all cuts, all targets, the best split for each."""

from __future__ import annotations

import itertools
import math

import numpy as np

from instances.systems.check_mad2rl import evaluate
from instances.systems.mad2rl import LOCAL, Slot, SlotPlan
from solvers.systems.mad2rl.split import with_best_split
from solvers.systems.registry import system_method

__all__ = ["enumerate_plans"]


@system_method(
    "mad2rl_enumeration", system="MAD2RL", kind="exact", guarantee="optimal", reference="docs/theory.md P27a"
)
def enumerate_plans(slot: Slot) -> SlotPlan:
    """The best of all plans, each evaluated from scratch; tiny slots only."""
    choices = []
    for i in range(slot.n_clients):
        links = len(slot.chains[slot.kind[i]].gflop)
        reach = [t for t in range(slot.n_targets) if slot.rate_mbps[i, t] > 0]
        choices.append([(links, LOCAL), *itertools.product(range(links), reach)])
    best, value = None, math.inf
    for choice in itertools.product(*choices):
        plan = with_best_split(slot, np.array([c for c, _ in choice]), np.array([t for _, t in choice]))
        cost = evaluate(slot, plan).objective
        if cost < value:
            best, value = plan, cost
    assert best is not None  # everything local is always a plan
    return best
