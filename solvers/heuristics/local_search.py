"""Local search over options with exact shares, guided by the prices of uplink and compute."""

from __future__ import annotations

import numpy as np

from instances.options import OptionTable
from solvers.answer import Answer, Clock, Limits, Stop
from solvers.heuristics.descent import descend
from solvers.heuristics.greedy import greedy_search
from solvers.heuristics.incumbent import Incumbent, Outcome, run
from solvers.heuristics.kicks import kick
from solvers.heuristics.market import first_prices, market_choice
from solvers.heuristics.repair import repair
from solvers.heuristics.situation import Situation
from solvers.heuristics.state import State
from solvers.heuristics.switching import switch_servers
from solvers.registry import Kind, method

__all__ = ["LocalSearch", "quick_start"]

_KICKS = 20
_QUICK_KICKS = 2
_SMALL = 60
"""Users up to which whole pieces are settled in every neighbourhood; beyond, that takes long and gains little."""


@method
class LocalSearch:
    """From the greedy plan: changes of one user's option or server and of two users' at once (swaps, ejections),
    ranked by a dual bound on what they can gain, then settled exactly, first improvement; and closing or opening a
    whole server. From a local optimum the search goes on after random disturbances (iterated local search).

    ``limits.rounds``: disturbances (20 by default; 0: the first local optimum).
    """

    name = "local_search"
    title = "price-guided local search with exact shares"
    kind: Kind = "heuristic"
    guarantee = None
    reference = (
        "outer local search of Tran & Pompili (JTORA), arXiv:1705.00704; iterated: Lourenço, Martin, Stützle, "
        "Handbook of Metaheuristics, 2003"
    )

    def supports(self, table: OptionTable) -> str | None:
        """Any instance."""
        return None

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        """Descents and disturbances until the rounds or the time are used up."""
        rounds = _KICKS if limits.rounds is None else limits.rounds
        return run(table, clock, lambda situation, incumbent: _search(situation, incumbent, rng, rounds))


def quick_start(table: OptionTable, *, rng: np.random.Generator, clock: Clock) -> Answer:
    """A short local search, for exact methods to start from; its stop tells whether it was interrupted."""
    return run(table, clock, lambda situation, incumbent: _search(situation, incumbent, rng, _QUICK_KICKS))


def _search(situation: Situation, incumbent: Incumbent, rng: np.random.Generator, rounds: int) -> Outcome:
    outcome = greedy_search(situation, incumbent, rng)
    if incumbent.decision is None:
        return outcome
    units = situation.table.allocation == "units"
    if units:
        _guide(situation, incumbent, rng)
    state = State(situation, incumbent.decision.chosen)
    thorough = not units or situation.table.n_users <= _SMALL
    if thorough:
        _search_basin(state, incumbent, rng)
    else:
        descend(state, incumbent)
    best, best_j = state.chosen.copy(), state.cost_j
    for number in range(rounds):
        if incumbent.out_of_time:
            break
        kicked = kick(state, number, rng, incumbent.clock)
        if kicked is None:
            continue
        state.reset(kicked)
        descend(state, incumbent)
        if state.cost_j < best_j * (1 - 1e-12):
            if thorough:
                switch_servers(state, incumbent, rng)
            best, best_j = state.chosen.copy(), state.cost_j
        else:
            state.reset(best)
    incumbent.detail["rounds"] = rounds
    return (Stop.TIME if incumbent.out_of_time else Stop.FINISHED), ""


def _guide(situation: Situation, incumbent: Incumbent, rng: np.random.Generator) -> None:
    """Offer the best choice for continuous shares, repaired for whole pieces: fast, and nearly as good a choice."""
    assert incumbent.decision is not None  # the caller has a plan
    guide = State(situation.relaxed(), incumbent.decision.chosen)
    _search_basin(guide, incumbent.silent(), rng)
    fitting = repair(situation, guide.chosen, guide.value, rng=rng, clock=incumbent.clock)
    if fitting is not None:
        incumbent.offer(fitting)


def _search_basin(state: State, incumbent: Incumbent, rng: np.random.Generator) -> None:
    """Descend, also from the market's choice, and switch servers."""
    descend(state, incumbent)
    _try_market(state, incumbent, rng)
    switch_servers(state, incumbent, rng)


def _try_market(state: State, incumbent: Incumbent, rng: np.random.Generator) -> None:
    """Go to the local optimum below the market's choice if that is better."""
    before, before_j = state.chosen.copy(), state.cost_j
    chosen = market_choice(state.situation, first_prices(state.situation, before), rng, incumbent.clock)
    if chosen is not None:
        state.reset(chosen)
        descend(state, incumbent)
    if state.cost_j > before_j:
        state.reset(before)
