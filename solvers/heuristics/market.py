"""Prices at which about as much uplink and compute is asked for as there is: a start for large crowds.

Prices rise where more than all of a resource is asked for at the cheapest options and fall where less is. That climbs
the Lagrangian dual (docs/theory.md, P4); with many users the choices at its top nearly fit, and cost little more than
the optimum.
"""

from __future__ import annotations

import numpy as np

from instances.columns import Floats, Ints
from instances.options import LOCAL
from solvers.answer import Clock
from solvers.heuristics.repair import repair
from solvers.heuristics.situation import Situation

__all__ = ["amortised_static", "first_prices", "market_choice", "market_prices"]

_STEPS = 50
_LONGEST = 1.5
_LEAST = 1e-9


def market_choice(situation: Situation, prices: Floats, rng: np.random.Generator, clock: Clock) -> Ints | None:
    """A choice that fits, from everybody's cheapest options at market prices; None when it cannot be repaired.

    Args:
        situation: the options.
        prices: [2, n_servers] positive prices to start from.
        rng, clock: for the repair.
    """
    settled = market_prices(situation, prices, clock)
    value = situation.pricing.values(settled[0], settled[1]) + amortised_static(situation)
    chosen = situation.best_of_each(value)
    return None if (chosen < 0).any() else repair(situation, chosen, value, rng=rng, clock=clock)


def market_prices(situation: Situation, prices: Floats, clock: Clock) -> Floats:
    """[2, n_servers] prices after some steps from ``prices``."""
    log = np.log(np.maximum(prices, _LEAST))
    static, total = amortised_static(situation), np.zeros_like(log)
    for step in range(_STEPS):
        if clock.left_s <= 0:
            break
        chosen = situation.best_of_each(situation.pricing.values(*np.exp(log)) + static)
        asked = situation.pricing.shares(chosen[chosen >= 0])
        # Shares behave like μ^−½, so 2 ln(asked) would be the step if nobody changed option.
        length = 1.2 / (1 + step / 5)
        log = log + np.clip(length * np.log(np.maximum(asked, 1e-3)), -_LONGEST, _LONGEST)
        log = np.maximum(log, np.log(_LEAST))
        if step >= _STEPS // 2:
            total += log
    else:
        return np.exp(total / (_STEPS - _STEPS // 2))
    return np.exp(log)


def first_prices(situation: Situation, chosen: Ints) -> Floats:
    """[2, n_servers] prices under a choice; a server that is not in use gets the middle price of those that are."""
    prices = np.stack(situation.prices(chosen))
    for row in prices:
        row[row <= 0] = np.median(row[row > 0]) if (row > 0).any() else 0.0
    return prices


def amortised_static(situation: Situation) -> Floats:
    """[n_options] static energy of a server, shared by as many users as there are for each server, J."""
    table = situation.table
    if not table.n_servers:
        return np.zeros(len(table))
    crowd = max(1.0, table.n_users / table.n_servers)
    return np.where(table.server == LOCAL, 0.0, situation.static_j[table.server] / crowd)
