"""Local search from the plans that prices give: worth its time for small crowds, where rounding costs most."""

from __future__ import annotations

import numpy as np

from instances.columns import Floats, Ints
from instances.options import OptionTable
from solvers.answer import Answer, Clock, Stop
from solvers.heuristics.descent import descend
from solvers.heuristics.incumbent import Incumbent, Outcome, run
from solvers.heuristics.repair import repair
from solvers.heuristics.situation import Situation
from solvers.heuristics.state import State
from solvers.heuristics.switching import switch_servers
from solvers.heuristics.thinning import thin

__all__ = ["polish"]


def polish(
    table: OptionTable, choices: list[Ints], values: Floats, *, rng: np.random.Generator, clock: Clock
) -> Answer:
    """Best local optimum below some choices, with exact shares; servers are opened and closed too.

    Args:
        table: all options.
        choices: rows of the table, one a user in each; they need not fit.
        values: [n_options] what options cost at the prices (inf: not looked at), for repair.
        rng, clock: as everywhere.
    """
    kept = np.unique(np.concatenate([thin(table), *choices]))
    answer = run(table.take(kept), clock, lambda situation, incumbent: _search(
        situation, incumbent, [np.searchsorted(kept, chosen) for chosen in choices], values[kept], rng
    ), all_options=True)  # fmt: skip
    if answer.decision is None:
        return answer
    decision = answer.decision
    chosen = kept[decision.chosen]
    return Answer(type(decision)(chosen, decision.uplink_share, decision.compute_share), answer.stop,
                  objective_j=answer.objective_j)  # fmt: skip


def _search(situation: Situation, incumbent: Incumbent, choices: list[Ints], values: Floats,
            rng: np.random.Generator) -> Outcome:  # fmt: skip
    for chosen in choices:
        fitting = repair(situation, chosen, _finite(situation, values), rng=rng, clock=incumbent.clock)
        if fitting is None:
            continue
        incumbent.offer(fitting)
        state = State(situation, fitting)
        descend(state, incumbent)
        switch_servers(state, incumbent, rng)
    return (Stop.TIME if incumbent.out_of_time else Stop.FINISHED), "no choice near the prices could be repaired"


def _finite(situation: Situation, values: Floats) -> Floats:
    """Values for the repair: options that the dual function leaves out cost what they do at a fair share."""
    return np.where(np.isfinite(values), values, situation.fair_j)
