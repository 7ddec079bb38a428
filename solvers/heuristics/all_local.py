"""Everybody computes on the device."""

from __future__ import annotations

import numpy as np

from instances.options import OptionTable
from solvers.answer import Answer, Clock, Limits, Stop
from solvers.heuristics.incumbent import Incumbent, Outcome, name_users, run
from solvers.heuristics.situation import Situation
from solvers.registry import Kind, method

__all__ = ["AllLocal"]


@method
class AllLocal:
    """The whole network on the device; no plan when somebody misses a deadline that way."""

    name = "all_local"
    title = "everything on the device"
    kind: Kind = "heuristic"
    guarantee = None
    reference = "baseline of nearly every paper, e.g. Tran & Pompili, arXiv:1705.00704"

    def supports(self, table: OptionTable) -> str | None:
        """Any instance."""
        return None

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        """One look."""
        return run(table, clock, _search, all_options=True)


def _search(situation: Situation, incumbent: Incumbent) -> Outcome:
    chosen = situation.best_of_each(np.where(situation.table.is_local, situation.local_j, np.inf))
    late = np.flatnonzero(chosen < 0)
    if len(late):
        return Stop.FINISHED, f"{name_users(late)} cannot meet the deadline on the device alone"
    incumbent.offer(chosen)
    return Stop.FINISHED, ""
