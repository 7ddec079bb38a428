"""Cuts ↔ shares: the best option of everybody at given prices, then the best shares for these options, and again."""

from __future__ import annotations

import numpy as np

from instances.columns import Floats, Ints
from instances.options import OptionTable
from solvers.answer import Answer, Clock, Limits, Stop
from solvers.heuristics.greedy import NOTHING_FITS, first_fit
from solvers.heuristics.incumbent import Incumbent, Outcome, run
from solvers.heuristics.market import amortised_static, first_prices
from solvers.heuristics.repair import repair
from solvers.heuristics.situation import Situation
from solvers.registry import Kind, method

__all__ = ["Alternating"]

_STARTS = 4
_MOST_TURNS = 30
_SPREAD = 0.7


@method
class Alternating:
    """From a plan that fits, the convex problem of the shares yields prices of uplink and compute; at these everybody
    takes the cheapest option, what does not fit is repaired, and the shares are settled anew. Prices are averaged over
    the turns, so that not all users run to the same server at once. Repeated from randomly disturbed prices.

    ``limits.rounds``: starts (4 by default).
    """

    name = "alternating"
    title = "cuts and shares in turn"
    kind: Kind = "heuristic"
    guarantee = None
    reference = ("alternation of Tang et al. (IAO), arXiv:2007.09072, and Tran & Pompili (JTORA), arXiv:1705.00704, "
                 "over convex shares")  # fmt: skip

    def supports(self, table: OptionTable) -> str | None:
        """Any instance."""
        return None

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        """Several descents."""
        starts = _STARTS if limits.rounds is None else limits.rounds
        return run(table, clock, lambda situation, incumbent: _search(situation, incumbent, rng, starts))


def _search(situation: Situation, incumbent: Incumbent, rng: np.random.Generator, starts: int) -> Outcome:
    first = first_fit(situation, rng, incumbent.clock)
    if first is None:
        late = incumbent.out_of_time
        return (Stop.TIME, "the time ran out before a plan was found") if late else (Stop.FINISHED, NOTHING_FITS)
    incumbent.offer(first)
    prices = first_prices(situation, first)
    for start in range(starts):
        spread = np.exp(_SPREAD * min(start, 1) * rng.standard_normal((2, situation.table.n_servers)))
        _alternate(situation, incumbent, prices * spread, rng)
        if incumbent.out_of_time:
            return Stop.TIME, ""
    return Stop.FINISHED, ""


def _alternate(situation: Situation, incumbent: Incumbent, prices: Floats, rng: np.random.Generator) -> None:
    """One descent; every choice that fits is offered."""
    previous: Ints | None = None
    for turn in range(_MOST_TURNS):
        value = situation.pricing.values(prices[0], prices[1]) + amortised_static(situation)
        chosen = situation.best_of_each(value)
        fitting = repair(situation, chosen, value, rng=rng, clock=incumbent.clock)
        if fitting is None or incumbent.out_of_time:
            return
        incumbent.offer(fitting)
        if previous is not None and (fitting == previous).all():
            return
        previous = fitting
        step = 1 / (1 + turn / 2) if turn else 1.0
        prices = prices + 0.7 * step * (np.stack(situation.prices(fitting)) - prices)
