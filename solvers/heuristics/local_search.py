"""Local search over options with exact shares, guided by the prices of uplink and compute."""

from __future__ import annotations

import numpy as np

from formulations.program import Decision
from instances.columns import Ints
from instances.options import OptionTable
from solvers.answer import Answer, Clock, Limits, Stop
from solvers.heuristics.greedy import greedy_search
from solvers.heuristics.incumbent import Incumbent, Outcome, run
from solvers.heuristics.moves import pairs, server_moves, shifts
from solvers.heuristics.repair import repair
from solvers.heuristics.situation import Situation
from solvers.heuristics.state import Move, State
from solvers.registry import Kind, method

__all__ = ["LocalSearch", "quick_start"]

_KICKS = 10
_BATCH = 24
_MOST_SHIFTS = 480
_MOST_PAIRS = 960
_NEAR = 6


@method
class LocalSearch:
    """From the greedy plan: changes of one user's option or server, of two users' at once (swaps, ejections), closing
    and opening servers; ranked by a dual bound on what they can gain, then settled exactly, first improvement. From
    a local optimum a few users are sent elsewhere at random and the search goes on (iterated local search).

    ``limits.rounds``: how often (10 by default; 0: the first local optimum).
    """

    name = "local_search"
    title = "price-guided local search with exact shares"
    kind: Kind = "heuristic"
    guarantee = None
    reference = "outer local search of Tran & Pompili (JTORA), arXiv:1705.00704; Lourenço et al., Iterated local search, 2003"

    def supports(self, table: OptionTable) -> str | None:
        """Any instance."""
        return None

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        """Descents and kicks until the rounds or the time are used up."""
        kicks = _KICKS if limits.rounds is None else limits.rounds
        return run(table, clock, lambda situation, incumbent: _search(situation, incumbent, rng, kicks))


def quick_start(table: OptionTable, *, rng: np.random.Generator, clock: Clock) -> Decision | None:
    """A good decision within a few passes, for exact methods to start from; None when none was found.

    An interrupt keeps the best so far too: pass it on by looking at the clock, or interrupt again.
    """
    return run(table, clock, lambda situation, incumbent: _search(situation, incumbent, rng, 2)).decision


def _search(situation: Situation, incumbent: Incumbent, rng: np.random.Generator, kicks: int) -> Outcome:
    outcome = greedy_search(situation, incumbent, rng)
    if incumbent.decision is None:
        return outcome
    state = State(situation, incumbent.decision.chosen)
    incumbent.detail["moves"] = 0
    descend(state, incumbent)
    best, best_j = state.chosen.copy(), state.cost_j
    for _ in range(kicks):
        if incumbent.out_of_time:
            break
        kicked = _kick(state, rng, incumbent.clock)
        if kicked is not None:
            state.reset(kicked)
            descend(state, incumbent)
        if state.cost_j < best_j * (1 - 1e-12):
            best, best_j = state.chosen.copy(), state.cost_j
        elif state.cost_j > best_j:
            state.reset(best)
    return (Stop.TIME if incumbent.out_of_time else Stop.FINISHED), ""


def descend(state: State, incumbent: Incumbent) -> None:
    """Improve until no candidate move does, or the time is up."""
    while not incumbent.out_of_time:
        estimate = state.estimates()
        made = _improve(state, shifts(state, estimate, _MOST_SHIFTS), incumbent)
        made = made or _improve(state, pairs(state, estimate, _MOST_PAIRS), incumbent)
        if not (made or _improve(state, list(server_moves(state)), incumbent)):
            return
        incumbent.detail["moves"] += made
        incumbent.offer(state.chosen)


def _improve(state: State, moves: list[Move], incumbent: Incumbent) -> int:
    """Make the best moves of the first batch that holds an improvement; how many."""
    for start in range(0, len(moves), _BATCH):
        if incumbent.out_of_time:
            return 0
        batch = moves[start : start + _BATCH]
        change = state.changes(batch)
        made: list[Move] = []
        touched: set[int] = set()
        users: set[int] = set()
        for k in np.argsort(change, kind="stable").tolist():
            if not change[k] < -1e-10 * abs(state.cost_j):
                break
            servers = state.touched(batch[k])
            who = set(state.situation.table.user[list(batch[k])].tolist())
            if not (touched & servers or users & who):
                made.append(batch[k])
                touched |= servers
                users |= who
        if made:
            state.apply(made)
            return len(made)
    return 0


def _kick(state: State, rng: np.random.Generator, clock: Clock) -> Ints | None:
    """Some users go to one of their better other options; what does not fit is repaired."""
    situation, chosen = state.situation, state.chosen.copy()
    count = min(len(chosen), int(rng.integers(2, 4 + len(chosen) // 10)))
    for user in rng.choice(len(chosen), size=count, replace=False).tolist():
        rows = situation.rows_of(np.array([user]))
        rows = rows[rows != chosen[user]]
        if len(rows):
            near = rows[np.argsort(state.value[rows], kind="stable")[:_NEAR]]
            chosen[user] = int(rng.choice(near))
    return repair(situation, chosen, state.value, rng=rng, clock=clock)
