"""The frame of every admission method: columns in, an answer out; turning everybody away is always a plan."""

from __future__ import annotations

import math
from collections.abc import Callable

from instances.columns import Ints
from instances.options import OptionTable
from instances.prune import prune
from solvers.admission.columns import AdmissionColumns, list_admission
from solvers.admission.packing import Packing
from solvers.answer import Answer, Clock, Stop
from solvers.objective import decision_cost

__all__ = ["Admitted", "run"]

HAIR = 1e-9
"""Part of all weight by which claimed bounds stay behind, for rounding."""


class Admitted:
    """The best choice so far, an upper bound on the value of all, and the ratio that is guaranteed for this instance.

    Args:
        columns: of what. clock: hears of improvements.
    """

    def __init__(self, columns: AdmissionColumns, clock: Clock) -> None:
        self.columns, self.clock = columns, clock
        self.taken: Ints = columns.packing.nobody
        self.ratio: float | None = None
        self.stop, self.detail = Stop.FINISHED, dict[str, float]()
        self._all = float(columns.rejection_cost.sum())
        self._bound_j = -math.inf
        self.offer(self.taken)

    @property
    def packing(self) -> Packing:
        """What is packed."""
        return self.columns.packing

    @property
    def value(self) -> float:
        """Of the best choice."""
        return self.packing.value(self.taken)

    @property
    def out_of_time(self) -> bool:
        """Whether the time limit is reached."""
        return self.clock.left_s <= 0

    def offer(self, taken: Ints) -> None:
        """Keep a choice that holds if it is better."""
        if self.packing.holds(taken) and self.packing.value(taken) >= self.value:
            self.taken = taken
            self.clock.found(self.columns.table, self.columns.decision(taken))
            self.clock.report(self._all - self.columns.home_weight - self.value)

    def bound(self, most: float) -> None:
        """No packing of these columns is worth more than ``most``: a bound on what must be turned away."""
        at_least = self._all - self.columns.home_weight - self.packing.stretch * most - HAIR * self._all
        self._bound_j = max(self._bound_j, at_least, 0.0)
        self.clock.report(bound_j=min(self._bound_j, self.clock.best_j))

    def answer(self) -> Answer:
        """As a method hands it back."""
        decision = self.columns.decision(self.taken)
        detail = {**self.detail, "columns": float(len(self.packing))}
        if self.ratio is not None:
            detail["guaranteed_ratio"] = self.ratio
        return Answer(decision, self.stop, self._bound_j, decision_cost(self.columns.table, decision),
                      tuple(self.clock.trace), detail=detail, table=self.columns.table)  # fmt: skip


def run(table: OptionTable, clock: Clock, search: Callable[[Admitted], None]) -> Answer:
    """Answer of a search for columns; an interrupt keeps the best so far, without a guarantee."""
    admitted = Admitted(list_admission(prune(table)), clock)
    try:
        search(admitted)
    except KeyboardInterrupt:
        admitted.stop, admitted.ratio = Stop.INTERRUPTED, None
    return admitted.answer()
