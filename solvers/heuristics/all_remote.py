"""Everybody sends the input and computes everything on a server."""

from __future__ import annotations

import numpy as np

from instances.columns import Bools
from instances.options import OptionTable
from solvers.answer import Answer, Clock, Limits, Stop
from solvers.heuristics.incumbent import Incumbent, Outcome, name_users, run
from solvers.heuristics.placement import place
from solvers.heuristics.situation import Situation
from solvers.registry import Kind, method

__all__ = ["AllRemote"]


@method
class AllRemote:
    """The whole network on the server that is cheapest at a fair share and has room; best shares afterwards.

    Users are placed one by one, those that need most first. No plan when somebody finds no server (J-A: it is turned
    away).
    """

    name = "all_remote"
    title = "everything on the servers"
    kind: Kind = "heuristic"
    guarantee = None
    reference = "baseline of nearly every paper, e.g. Tran & Pompili, arXiv:1705.00704"

    def supports(self, table: OptionTable) -> str | None:
        """Any instance."""
        return None

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        """One pass over the users."""
        return run(table, clock, _search, all_options=True)


def _search(situation: Situation, incumbent: Incumbent) -> Outcome:
    score = np.where(nothing_on_device(situation.table), situation.fair_j, np.inf)
    late = np.flatnonzero(situation.reject(situation.best_of_each(score)) < 0)
    if len(late):
        return Stop.FINISHED, f"{name_users(late)} cannot meet the deadline with everything on a server"
    chosen = situation.reject(place(situation, score)[0])
    left_out = np.flatnonzero(chosen < 0)
    if len(left_out):
        return Stop.FINISHED, f"the servers have no room for {name_users(left_out)} with everything remote"
    if not incumbent.offer(chosen):
        return Stop.FINISHED, "the servers cannot hand out enough whole pieces with everything remote"
    return Stop.FINISHED, ""


def nothing_on_device(table: OptionTable) -> Bools:
    """[n_options] whether every layer is remote."""
    if not table.cut_sets:
        return np.asarray(~table.is_local & (table.device_s == 0))
    whole = np.concatenate([~cuts.on_device.any(axis=1) for cuts in table.cut_sets])
    return np.asarray(~table.is_local & whole[table.cut])
