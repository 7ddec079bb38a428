"""What a plan of a slot costs, and which rules it breaks; written apart from the methods that make plans."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from instances.columns import Floats
from instances.systems.mad2rl import LOCAL, ROADSIDE, Slot, SlotPlan

__all__ = ["SlotReport", "evaluate"]


@dataclasses.dataclass(frozen=True, eq=False)
class SlotReport:
    """Args:
    objective: V Σ T_i + Σ_k Q_k (A_k − f_k τ) + Σ_s Q_s (A_s − F_s τ); inf when a rule is broken.
    completion_s: [N] T_i, with waiting.
    roadside_gflop, helper_gflop: [K], [S] work that arrives in this slot.
    violations: rules that are broken, in words.
    """

    objective: float
    completion_s: Floats
    roadside_gflop: Floats
    helper_gflop: Floats
    violations: tuple[str, ...]


def evaluate(slot: Slot, plan: SlotPlan) -> SlotReport:
    """Recompute everything from the plan, client by client."""
    broken = _broken(slot, plan)
    times = np.full(slot.n_clients, math.inf)
    unit, helpers = np.zeros(len(slot.chains)), np.zeros(len(slot.helper_gflops))
    if broken:
        return SlotReport(math.inf, times, unit, helpers, broken)
    left = []
    for i in range(slot.n_clients):
        work = sum(float(g) for g in slot.chains[slot.kind[i]].gflop[plan.cut[i] :])
        left.append(work)
        if plan.target[i] == ROADSIDE:
            unit[slot.kind[i]] += work
        elif plan.target[i] > ROADSIDE:
            helpers[plan.target[i] - 1] += work
    for i in range(slot.n_clients):
        times[i] = _completion_s(slot, plan, i, left)
    drift = float(slot.roadside_queue_gflop @ (unit - plan.split_gflops * slot.slot_s))
    drift += float(slot.helper_queue_gflop @ (helpers - slot.helper_gflops * slot.slot_s))
    return SlotReport(slot.weight * math.fsum(times) + drift, times, unit, helpers, ())


def _completion_s(slot: Slot, plan: SlotPlan, i: int, left: list[float]) -> float:
    """Local work, sending, then own work and on average half of what else arrives in the same queue."""
    chain, target = slot.chains[slot.kind[i]], plan.target[i]
    seconds = sum(float(g) for g in chain.gflop[: plan.cut[i]]) / slot.client_gflops[i]
    if target == LOCAL:
        return float(seconds)
    seconds += chain.output_mbit[plan.cut[i]] / slot.rate_mbps[i, target]
    same = [
        j
        for j in range(slot.n_clients)
        if j != i and plan.target[j] == target and (target != ROADSIDE or slot.kind[j] == slot.kind[i])
    ]
    speed = plan.split_gflops[slot.kind[i]] if target == ROADSIDE else slot.helper_gflops[target - 1]
    return float(seconds + (left[i] + sum(left[j] for j in same) / 2) / speed)


def _broken(slot: Slot, plan: SlotPlan) -> tuple[str, ...]:
    found = []
    if plan.cut.shape != slot.kind.shape or plan.target.shape != slot.kind.shape:
        return ("a decision for every client",)
    if plan.split_gflops.shape != (len(slot.chains),):
        return ("a speed for every type",)
    if (plan.split_gflops < 0).any() or plan.split_gflops.sum() > slot.roadside_gflops * (1 + 1e-9):
        found.append("speed of the roadside unit")
    for i in range(slot.n_clients):
        links, cut, target = len(slot.chains[slot.kind[i]].gflop), plan.cut[i], plan.target[i]
        if not 0 <= cut <= links or (cut == links) != (target == LOCAL):
            found.append(f"client {i}: cut")
        elif not LOCAL <= target < slot.n_targets:
            found.append(f"client {i}: target")
        elif target != LOCAL and not slot.rate_mbps[i, target] > 0:
            found.append(f"client {i}: out of reach")
        elif target == ROADSIDE and not plan.split_gflops[slot.kind[i]] > 0:
            found.append(f"client {i}: no speed for its type")
    return tuple(found)
