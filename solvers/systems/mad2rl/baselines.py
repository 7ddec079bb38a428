"""Baselines of a slot. All of them split the roadside unit's speed in the best way, as the paper's do."""

from __future__ import annotations

import numpy as np

from instances.systems.mad2rl import LOCAL, ROADSIDE, Slot, SlotPlan
from solvers.systems.mad2rl.split import with_best_split
from solvers.systems.registry import system_method

__all__ = ["all_local", "best_own", "greedy"]


@system_method("mad2rl_local", system="MAD2RL", kind="heuristic", reference="recurring baseline")
def all_local(slot: Slot) -> SlotPlan:
    """Every client on its own."""
    last = np.array([len(slot.chains[k].gflop) for k in slot.kind], dtype=np.int64)
    return with_best_split(slot, last, np.full(slot.n_clients, LOCAL))


@system_method("mad2rl_greedy", system="MAD2RL", kind="heuristic", reference="Liu et al., TMC 2024")
def greedy(slot: Slot) -> SlotPlan:
    """Cut where least is sent, then the shortest queue in reach (Liu et al., TMC 2024).

    Queues are measured in seconds, backlog and what earlier clients of this slot have brought over speed; the queue of
    the roadside unit is that of the client's type, at an equal split. The last of several equal cuts is taken.
    """
    cut, target = np.zeros(slot.n_clients, dtype=np.int64), np.full(slot.n_clients, LOCAL)
    unit, helpers = slot.roadside_queue_gflop.copy(), slot.helper_queue_gflop.copy()
    for i in range(slot.n_clients):
        chain = slot.chains[slot.kind[i]]
        sent = chain.output_mbit[:-1]
        cut[i] = int(np.flatnonzero(sent == sent.min())[-1])
        waits = np.concatenate(
            [[unit[slot.kind[i]] * len(slot.chains) / slot.roadside_gflops], helpers / slot.helper_gflops]
        )
        waits = np.where(slot.rate_mbps[i] > 0, waits, np.inf)
        if np.isinf(waits).all():
            cut[i] = len(chain.gflop)
            continue
        target[i] = int(np.argmin(waits))
        if target[i] == ROADSIDE:
            unit[slot.kind[i]] += chain.after_gflop[cut[i]]
        else:
            helpers[target[i] - 1] += chain.after_gflop[cut[i]]
    return with_best_split(slot, cut, target)


@system_method("mad2rl_best_own", system="MAD2RL", kind="heuristic", reference="the idea of Neurosurgeon")
def best_own(slot: Slot) -> SlotPlan:
    """Every client's best cut and target as if it were alone, with a third of the roadside unit (one type's share)."""
    cut, target = np.zeros(slot.n_clients, dtype=np.int64), np.full(slot.n_clients, LOCAL)
    speeds = np.concatenate([[slot.roadside_gflops / len(slot.chains)], slot.helper_gflops])
    for i in range(slot.n_clients):
        chain = slot.chains[slot.kind[i]]
        own = chain.before_gflop / slot.client_gflops[i]
        cut[i], best = len(chain.gflop), own[-1]
        for t in np.flatnonzero(slot.rate_mbps[i] > 0):
            times = (own + chain.output_mbit / slot.rate_mbps[i, t] + chain.after_gflop / speeds[t])[:-1]
            if times.min() < best:
                cut[i], target[i], best = int(np.argmin(times)), int(t), times.min()
    return with_best_split(slot, cut, target)
