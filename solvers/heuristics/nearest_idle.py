"""Whole networks on the nearest machine that still has room."""

from __future__ import annotations

import numpy as np

from instances.options import LOCAL, OptionTable
from solvers.answer import Answer, Clock, Limits, Stop
from solvers.heuristics.all_remote import nothing_on_device
from solvers.heuristics.incumbent import Incumbent, Outcome, name_users, run
from solvers.heuristics.situation import ROOM, Situation
from solvers.registry import Kind, method

__all__ = ["NearestIdle"]


@method
class NearestIdle:
    """Users in their order; each sends its input to the nearest server with room, and nothing is cut.

    Near is what takes least time to reach on a whole uplink (transfer, round trip, wide-area hop), so a cloud comes
    last of the servers; whoever finds no room runs on its own device, or is turned away (J-A). Best shares afterwards.
    """

    name = "nearest_idle"
    title = "whole networks on the nearest server with room"
    kind: Kind = "heuristic"
    guarantee = None
    reference = "the idea of Makaya et al., 2020, arXiv:2012.04063; the rule is ours"

    def supports(self, table: OptionTable) -> str | None:
        """Any instance."""
        return None

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        """One pass over the users."""
        return run(table, clock, _search, all_options=True)


def _search(situation: Situation, incumbent: Incumbent) -> Outcome:
    table = situation.table
    whole = nothing_on_device(table) | (table.is_local & ~table.is_rejection)
    reach_s = np.where(table.is_local, np.inf, table.uplink_s + table.fixed_s)  # the own device comes last
    chosen = np.full(table.n_users, -1, dtype=np.int64)
    sums = np.zeros((table.n_servers + 1, situation.terms.shape[1]))
    for user in range(table.n_users):
        rows = situation.rows_of(np.array([user]))
        rows = rows[whole[rows]]
        for option in rows[np.lexsort((situation.fair_j[rows], reach_s[rows]))].tolist():
            server = int(table.server[option])
            after = sums[server] + situation.terms[option]
            if server == LOCAL or situation.levels(after[None, :])[0] <= ROOM:
                chosen[user] = option
                if server != LOCAL:
                    sums[server] = after
                break
    chosen = situation.reject(chosen)
    left_out = np.flatnonzero(chosen < 0)
    if len(left_out):
        return Stop.FINISHED, f"no machine has room for {name_users(left_out)}"
    if not incumbent.offer(chosen):
        return Stop.FINISHED, "the servers cannot hand out enough whole pieces with networks left whole"
    return Stop.FINISHED, ""
