"""What clients of a slot can do, as numbers, and what it costs when all have chosen: many choices at once."""

from __future__ import annotations

import dataclasses
from typing import Self

import numpy as np

from instances.columns import Floats, Ints
from instances.systems.mad2rl import LOCAL, ROADSIDE, Slot, SlotPlan
from solvers.systems.mad2rl.cuts import hull_cuts, list_cuts, own_s
from solvers.systems.mad2rl.split import gamma, split_costs, with_best_split

__all__ = ["Ways"]


@dataclasses.dataclass(frozen=True, eq=False)
class Ways:
    """Ways of each client: alone, or a cut at a target; those beyond ``count`` repeat the first.

    Args:
        slot: what they belong to. count: [N].
        cut, target: [N, ways]. fixed_s: time that no queue changes. left_gflop: work left to the target.
    """

    slot: Slot
    count: Ints
    cut: Ints
    target: Ints
    fixed_s: Floats
    left_gflop: Floats

    @classmethod
    def of(cls, slot: Slot, *, hull: bool = False) -> Self:
        """All cuts that may be best (P27b), or with ``hull`` those that are best at some price of work."""
        rows: list[list[tuple[int, int, float, float]]] = []
        for i in range(slot.n_clients):
            mine = [(len(slot.chains[slot.kind[i]].gflop), LOCAL, own_s(slot, i), 0.0)]
            for target in range(slot.n_targets):
                cuts = list_cuts(slot, i, target)
                cuts = hull_cuts(cuts)[0] if hull and len(cuts.cut) else cuts
                mine += [(int(c), target, float(s), float(g)) for c, s, g in
                         zip(cuts.cut, cuts.fixed_s, cuts.left_gflop, strict=True)]  # fmt: skip
            rows.append(mine)
        count = np.array([len(mine) for mine in rows], dtype=np.int64)
        width = int(count.max(initial=1))
        table = np.array([mine + [mine[0]] * (width - len(mine)) for mine in rows]).reshape(-1, width, 4)
        cuts_of, targets_of = (table[:, :, k].astype(np.int64) for k in (0, 1))
        return cls(slot, count, cuts_of, targets_of, table[:, :, 2], table[:, :, 3])

    def cost(self, chosen: Ints, clients: Ints | None = None) -> Floats:
        """[M] objective of M choices [M, clients] with the best split; of the first clients only, where these are
        fewer than all (``clients``: which ones, all when None)."""
        slot = self.slot
        who = np.arange(chosen.shape[1]) if clients is None else clients
        target, fixed, left = (x[who, chosen] for x in (self.target, self.fixed_s, self.left_gflop))
        value = slot.weight * fixed.sum(axis=1)
        for s, (speed, queue) in enumerate(zip(slot.helper_gflops, slot.helper_queue_gflop, strict=True)):
            there = target == s + 1
            work = (left * there).sum(axis=1)
            value = value + work * (slot.weight * (there.sum(axis=1) + 1) / (2 * speed) + queue)
            value = value - queue * speed * slot.slot_s
        kinds = [(target == ROADSIDE) & (slot.kind[who] == k) for k in range(len(slot.chains))]
        work = np.column_stack([(left * there).sum(axis=1) for there in kinds])
        count = np.column_stack([there.sum(axis=1) for there in kinds])
        return np.asarray(value + work @ slot.roadside_queue_gflop
                          + split_costs(slot, gamma(slot.weight, work, count)))  # fmt: skip

    def plan(self, chosen: Ints) -> SlotPlan:
        """The plan of a choice [N]."""
        who = np.arange(self.slot.n_clients)
        return with_best_split(self.slot, self.cut[who, chosen], self.target[who, chosen])
