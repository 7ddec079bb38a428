"""Slots one after another: queues carried over, the same arrivals for every method."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from instances.systems.check_mad2rl import evaluate
from instances.systems.mad2rl import Slot, SlotPlan

__all__ = ["Drive", "simulate"]


@dataclasses.dataclass(frozen=True)
class Drive:
    """Means over the slots: total completion time of the clients, s, and backlog at the slot's end, GFLOP."""

    completion_s: float
    backlog_gflop: float


def simulate(slots: Sequence[Slot], method: Callable[[Slot], SlotPlan], *, queues: bool) -> Drive:
    """Run a method over the slots of a drive; without ``queues`` every slot begins with its own ones.

    Queues follow Q ← max(Q − f τ, 0) + A.
    """
    unit, helpers = slots[0].roadside_queue_gflop, slots[0].helper_queue_gflop
    times, backlog = [], []
    for slot in slots:
        if queues:
            slot = dataclasses.replace(slot, roadside_queue_gflop=unit, helper_queue_gflop=helpers)
        plan = method(slot)
        report = evaluate(slot, plan)
        if report.violations:
            raise ValueError(f"a method broke: {report.violations}")
        unit = np.maximum(slot.roadside_queue_gflop - plan.split_gflops * slot.slot_s, 0) + report.roadside_gflop
        helpers = np.maximum(slot.helper_queue_gflop - slot.helper_gflops * slot.slot_s, 0) + report.helper_gflop
        times.append(float(report.completion_s.sum()))
        backlog.append(float(unit.sum() + helpers.sum()))
    return Drive(float(np.mean(times)), float(np.mean(backlog)))
