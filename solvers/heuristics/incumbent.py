"""The frame of every heuristic: keeps the best choice, minds the clock and turns it into an answer."""

from __future__ import annotations

import copy
import dataclasses
import math
from collections.abc import Callable

import numpy as np

from formulations.program import Decision
from instances.columns import Ints
from instances.options import OptionTable
from solvers.answer import Answer, Clock, Stop
from solvers.heuristics.situation import Situation
from solvers.heuristics.thinning import thin
from solvers.objective import decision_cost

__all__ = ["Incumbent", "Outcome", "name_users", "run"]

Outcome = tuple[Stop, str]
"""Why a search stopped, and what to tell when it found nothing."""


class Incumbent:
    """The best decision so far; only decisions that pass `decision_cost` are kept."""

    def __init__(self, situation: Situation, clock: Clock) -> None:
        self.situation, self.clock = situation, clock
        self.decision: Decision | None = None
        self.cost_j = math.inf
        self.detail: dict[str, float] = {}

    def offer(self, chosen: Ints) -> bool:
        """Settle the shares of a choice and keep it if it is the best; whether it was."""
        if self.cost_j == -math.inf or not self.situation.cost(chosen) < self.cost_j:
            return False
        return self.offer_decision(self.situation.decision(np.array(chosen)))

    def offer_decision(self, decision: Decision) -> bool:
        """Keep a decision as it is, with its own shares, if it is the best; whether it was."""
        cost = decision_cost(self.situation.table, decision)
        if not cost < self.cost_j:
            return False
        # Kept before it is reported: the callback may interrupt.
        self.decision, self.cost_j = decision, cost
        self.clock.found(self.situation.table, decision)
        self.clock.report(best_j=cost)
        return True

    def silent(self) -> Incumbent:
        """One that minds the same clock and keeps nothing: for searches on another problem."""
        other = copy.copy(self)
        other.cost_j = -math.inf
        return other

    @property
    def out_of_time(self) -> bool:
        """Whether the time limit is reached."""
        return self.clock.left_s <= 0


def run(
    table: OptionTable, clock: Clock, search: Callable[[Situation, Incumbent], Outcome], *, all_options: bool = False
) -> Answer:
    """Answer of a search on a table; an interrupt keeps the best decision so far.

    Args:
        table: the options.
        clock: of the time limit; hears of every new best.
        search: looks for decisions and offers them to the incumbent.
        all_options: hand over all options, also those that can hardly matter (`thinning`).
    """
    incumbent: Incumbent | None = None
    stop, message, kept = Stop.FINISHED, "", np.arange(len(table))
    try:
        kept = kept if all_options else thin(table)
        situation = Situation(table.take(kept))
        incumbent = Incumbent(situation, clock)
        if len(situation.stuck):
            message = f"{name_users(situation.stuck)} cannot meet the deadline in any way, even alone with whole shares"
        else:
            stop, message = search(situation, incumbent)
    except KeyboardInterrupt:
        stop, message = Stop.INTERRUPTED, "interrupted before a plan was found"
    if incumbent is None or incumbent.decision is None:
        return Answer(None, stop, trace=tuple(clock.trace), message=message)
    decision = dataclasses.replace(incumbent.decision, chosen=kept[incumbent.decision.chosen])
    return Answer(decision, stop, objective_j=incumbent.cost_j, trace=tuple(clock.trace), detail=incumbent.detail)


def name_users(users: Ints) -> str:
    """``user #3``, or ``user #3 and 4 more users``: an option table has no names."""
    more = len(users) - 1
    return f"user #{int(users[0])}" + (f" and {more} more user{'s' if more > 1 else ''}" if more else "")
