"""Cut where the tensor that crosses is smallest."""

from __future__ import annotations

import numpy as np

from instances.columns import Floats
from instances.options import LOCAL, OptionTable
from solvers.answer import Answer, Clock, Limits, Stop
from solvers.heuristics.incumbent import Incumbent, Outcome, name_users, run
from solvers.heuristics.placement import place
from solvers.heuristics.situation import Situation
from solvers.registry import Kind, method

__all__ = ["SmallestOutput"]


@method
class SmallestOutput:
    """The cut that sends least, on the server whose load stays least; local where no server has room.

    This is the greedy that MAD2RL is compared with (smallest-output cut, shortest queue), with the best shares
    afterwards. No plan when somebody finds no room and cannot run locally.
    """

    name = "smallest_output"
    title = "smallest crossing tensor, shortest queue"
    kind: Kind = "heuristic"
    guarantee = None
    reference = "greedy baseline of Liu et al., IEEE TMC 2025, doi 10.1109/TMC.2024.3486728"

    def supports(self, table: OptionTable) -> str | None:
        """Any instance."""
        return None

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        """One pass over the users."""
        return run(table, clock, _search, all_options=True)


def _search(situation: Situation, incumbent: Incumbent) -> Outcome:
    score = _least_sent(situation)
    chosen, left_out = place(situation, score, shortest_queue=True)
    if len(left_out):
        local = situation.best_of_each(np.where(situation.table.is_local, situation.local_j, np.inf))
        chosen[left_out] = local[left_out]
    late = np.flatnonzero(chosen < 0)
    if len(late):
        return Stop.FINISHED, f"no server has room for the smallest-output cut of {name_users(late)}"
    if not incumbent.offer(chosen):
        return Stop.FINISHED, "the servers cannot hand out enough whole pieces for the smallest-output cuts"
    return Stop.FINISHED, ""


def _least_sent(situation: Situation) -> Floats:
    """[n_options] 0 for the smallest upload of each user and server (local: only without any), inf for all else."""
    table = situation.table
    score = np.full(len(table), np.inf)
    rows = np.flatnonzero(situation.usable)
    order = rows[np.lexsort((situation.fair_j[rows], table.uplink_mhz_s[rows], table.server[rows], table.user[rows]))]
    pair = np.column_stack([table.user[order], table.server[order]])
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(pair, axis=0) != 0).any(axis=1)
    score[order[first]] = 0.0
    served = np.bincount(table.user[order[first & (pair[:, 1] != LOCAL)]], minlength=table.n_users) > 0
    score[table.is_local & served[table.user]] = np.inf
    return score
