"""The best split of the roadside unit's speed among the types (docs/theory.md, P27)."""

from __future__ import annotations

import numpy as np

from instances.columns import Bools, Floats, Ints
from instances.systems.mad2rl import ROADSIDE, Slot, SlotPlan

__all__ = ["gamma", "split_costs", "split_speed", "split_speeds", "with_best_split"]


def gamma(weight: float, work_gflop: Floats, count: Floats) -> Floats:
    """Γ_k = V A_k (n_k + 1)/2: what 1/f_k is multiplied by when n_k tasks of A_k GFLOP in all arrive (P27a)."""
    return np.asarray(weight * work_gflop * (count + 1) / 2)


def split_speed(slot: Slot, gammas: Floats) -> Floats:
    """[K] f_k = √(Γ_k/(η − Q_k τ)) with Σ f_k = f_max; η by bisection, then the sum met exactly.

    A type without arrivals gets speed only if its queue is the longest and the others need less than there is at
    η = Q_k τ: any more speed for the others would gain less than draining that queue.
    """
    return np.asarray(split_speeds(slot, gammas[None, :])[0])


def split_speeds(slot: Slot, gammas: Floats) -> Floats:
    """[M, K] the best splits for M rows of Γ at once."""
    queue, total = slot.roadside_queue_gflop * slot.slot_s, slot.roadside_gflops
    busy = gammas > 0
    least = np.where(busy, queue, -np.inf).max(axis=1)
    idle = np.where(busy, -np.inf, queue).max(axis=1)
    # At the lower price one type alone takes all the speed or more; at the higher one, all together no more.
    low = np.where(busy, queue + gammas / total**2, -np.inf).max(axis=1)
    high = np.maximum(least + (np.sqrt(gammas).sum(axis=1) / total) ** 2, low)
    drains: Bools = np.asarray(~busy.any(axis=1))
    waits = np.isfinite(idle) & (idle > least) & ~drains
    drains[waits] = _demand(gammas[waits], queue, idle[waits]).sum(axis=1) <= total
    low, high = np.where(drains, idle, low), np.where(drains, idle, high)
    for _ in range(200):
        middle = 0.5 * (low + high)
        if not ((low < middle) & (middle < high)).any():
            break
        above = _demand(gammas, queue, middle).sum(axis=1) > total
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    speed = _demand(gammas, queue, high)
    rest = np.where(drains, total - speed.sum(axis=1), 0.0)
    longest = np.where(busy, -np.inf, queue).argmax(axis=1)
    speed[np.arange(len(speed)), longest] += rest
    return np.asarray(speed * (total / speed.sum(axis=1))[:, None])


def _demand(gammas: Floats, queue: Floats, price: Floats) -> Floats:
    """[M, K] speed that each type wants at a price [M]; none without arrivals."""
    above = np.where(gammas > 0, price[:, None] - queue, 1.0)
    return np.asarray(np.sqrt(gammas / np.maximum(above, 1e-300)))


def split_costs(slot: Slot, gammas: Floats) -> Floats:
    """[M] least Σ Γ_k/f_k − Q_k τ f_k for M rows of Γ; without queues that is (Σ √Γ_k)²/f_max."""
    if not slot.roadside_queue_gflop.any():
        return np.asarray(np.sqrt(gammas).sum(axis=1) ** 2 / slot.roadside_gflops)
    speed = split_speeds(slot, gammas)
    waiting = np.divide(gammas, speed, out=np.zeros_like(gammas), where=gammas > 0).sum(axis=1)
    return np.asarray(waiting - slot.slot_s * speed @ slot.roadside_queue_gflop)


def with_best_split(slot: Slot, cut: Ints, target: Ints) -> SlotPlan:
    """The plan with the best split for these cuts and targets."""
    work, count = np.zeros(len(slot.chains)), np.zeros(len(slot.chains))
    for i in np.flatnonzero(target == ROADSIDE):
        work[slot.kind[i]] += slot.chains[slot.kind[i]].after_gflop[cut[i]]
        count[slot.kind[i]] += 1
    return SlotPlan(cut, target, split_speed(slot, gamma(slot.weight, work, count)))
