"""A slot as a game: client by client a cut and a target are chosen, paid by what the objective grows.

MAD2RL lets vehicles act at once, each by its own network; here they act in turn, the longest task first, and share one
network. What is paid adds up to the objective with the best split, so nothing is lost by taking turns.
"""

from __future__ import annotations

import numpy as np

from instances.columns import Bools, Floats, Ints
from instances.systems.mad2rl import LOCAL, ROADSIDE, Slot, SlotPlan
from solvers.systems.mad2rl.ways import Ways

__all__ = ["FEATURES", "SlotGame"]

FEATURES = (
    "clients left", "their own time", "targets",
    "pays now", "below the best now", "alone", "roadside unit", "time before the target", "time at the target",
    "clients there", "work there", "price of the queue",
)  # fmt: skip
"""Of the moment (first three), then of a way; times in the mean time of a client alone."""


class SlotGame:
    """The state of one slot: ``chosen`` [N] ways, of the clients ``order[:turn]`` only."""

    def __init__(self, slot: Slot, ways: Ways | None = None) -> None:
        self.slot, self.ways = slot, ways or Ways.of(slot, hull=True)
        alone = self.ways.fixed_s[:, 0]
        self.order: Ints = np.argsort(-alone, kind="stable")
        self.turn = 0
        self.chosen: Ints = np.zeros(slot.n_clients, dtype=np.int64)
        self.unit_s = max(float(alone.mean()), 1e-9) if len(alone) else 1.0
        self._ahead = np.append(np.cumsum(alone[self.order][::-1])[::-1], 0.0)
        self._cost = float(self.ways.cost(np.zeros((1, 0), dtype=np.int64))[0])
        self._speed = np.concatenate([[slot.roadside_gflops / len(slot.chains)], slot.helper_gflops])
        self._queue = slot.helper_queue_gflop

    @property
    def done(self) -> bool:
        """Whether everybody has chosen."""
        return self.turn >= len(self.order)

    def _costs(self) -> Floats:
        """[ways] objective of those who have chosen and of the next client going each way."""
        who = self.order[: self.turn + 1]
        table = np.tile(self.chosen[who], (int(self.ways.count[who[-1]]), 1))
        table[:, -1] = np.arange(len(table))
        return self.ways.cost(table, who)

    def pays(self) -> Floats:
        """[ways] what each of the next client's ways pays, in units: the less the objective grows, the more."""
        return (self._cost - self._costs()) / (self.slot.weight * self.unit_s)

    def see(self) -> tuple[Floats, Bools]:
        """[ways, features] as named in `FEATURES`; every way is allowed."""
        slot, i = self.slot, int(self.order[self.turn])
        n, before = int(self.ways.count[i]), self.order[: self.turn]
        target, left = self.ways.target[i, :n], self.ways.left_gflop[i, :n]
        pays, at = self.pays(), np.maximum(target, 0)
        theirs, work = self.ways.target[before, self.chosen[before]], self.ways.left_gflop[before, self.chosen[before]]
        same = (theirs[None, :] == target[:, None]) & (target[:, None] != LOCAL)
        same &= (target[:, None] != ROADSIDE) | (slot.kind[before] == slot.kind[i])[None, :]
        queue = np.concatenate([[slot.roadside_queue_gflop[slot.kind[i]]], self._queue])[at] * (target != LOCAL)
        time = self.unit_s * self._speed[at]
        moment = (len(self.order) - self.turn) / 8, self._ahead[self.turn] / self.unit_s / 8, slot.n_targets / 8
        way = np.column_stack([
            pays, pays.max() - pays, target == LOCAL, target == ROADSIDE, self.ways.fixed_s[i, :n] / self.unit_s,
            left / time, same.sum(axis=1) / 4, (same @ work) / time, queue * left / (slot.weight * self.unit_s),
        ])  # fmt: skip
        return np.concatenate([np.tile(moment, (n, 1)), way], axis=1), np.ones(n, dtype=bool)

    def take(self, action: int) -> float:
        """Choose a way; what that pays."""
        cost = float(self._costs()[action])
        paid = (self._cost - cost) / (self.slot.weight * self.unit_s)
        self.chosen[self.order[self.turn]] = action
        self._cost, self.turn = cost, self.turn + 1
        return paid

    def plan(self) -> SlotPlan:
        """The plan of what was chosen."""
        return self.ways.plan(self.chosen)
