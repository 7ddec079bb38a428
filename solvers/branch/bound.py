"""The bound of one case: prices from the master, evaluated by Lagrangian relaxation, until they tell enough."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from instances.columns import Bools, Ints
from instances.options import OptionTable
from solvers.branch.cases import ON, OPEN, Case
from solvers.branch.master import Master, Relaxed
from solvers.branch.offers import Priced
from solvers.branch.rates import Rates

__all__ = ["Bounded", "bound_case", "lagrangian"]

_NEAR = 0.05
"""Part of what is missing to rule the case out: a bound this close to the master's value is close enough."""
_TIGHT = 1e-9
_INWARD = 0.2
_PATIENCE = 20
"""Rounds after which λ is no longer trusted to be exact enough."""
_LACKING = 1e-7
_ROUNDING = 1e-12


@dataclasses.dataclass(frozen=True, eq=False)
class Bounded:
    """``priced`` at ``rates``, which give the best bound found, ``bound_j``; ``relaxed``: the last master optimum."""

    bound_j: float
    rates: Rates
    priced: Priced
    relaxed: Relaxed | None
    settled: bool


def lagrangian(table: OptionTable, case: Case, rates: Rates, priced: Priced) -> float:
    """Σ least + Σ_{on} (f − paid) + Σ_{open} min(0, f − paid), J, rounded down (docs/theory.md, P5 and P15)."""
    if not np.isfinite(priced.least).all():
        return math.inf
    paid = rates.paid_j
    rest = table.static_j - paid
    terms = np.concatenate([priced.least, rest[case.state == ON], np.minimum(0.0, rest[case.state == OPEN])])
    return math.fsum(terms) - _ROUNDING * float(np.abs(terms).sum() + paid.sum())


def bound_case(master: Master, case: Case, enough: float, rounds: int, tolerance: float = _TIGHT) -> Bounded:
    """Bound of a case, from the prices of its record on; the best so far where the master's clock runs out.

    Args:
        master: over the same offers; gets the columns that come up.
        case: what to bound.
        enough: J; a bound this high rules the case out, and nothing more is wanted.
        rounds: evaluations to make at most.
        tolerance: relative distance of the bound from the master's value at which they count as equal.
    """
    offers, table = master.offers, master.offers.table
    master.enter(case)
    best: Bounded | None = None
    relaxed: Relaxed | None = None
    rates = case.record.rates
    for k in range(max(1, rounds)):
        priced = offers.price(rates, case.live, sharp=k >= _PATIENCE)
        value = lagrangian(table, case, rates, priced)
        if best is None or value > best.bound_j:
            best = Bounded(value, rates, priced, relaxed, False)
        if best.bound_j >= enough:
            return best
        if relaxed is not None:
            missing = relaxed.value_j - best.bound_j
            close = missing <= max(_NEAR * (enough - best.bound_j), tolerance * abs(best.bound_j))
            # What the master lacks it would rather pay for than have: let it cost more.
            if close and not master.link(relaxed) and (relaxed.lacking <= _LACKING or not master.dearer()):
                return dataclasses.replace(best, relaxed=relaxed, settled=True)
        if master.clock.left_s <= 0:
            break
        master.add(offers.columns(_wanted(offers.user, priced, relaxed)))
        relaxed = master.solve()
        if relaxed is None:
            break
        inward = _INWARD if k % 3 else 0.0
        rates = best.rates.mixed(relaxed.rates, inward)
    assert best is not None  # there is at least one round
    return dataclasses.replace(best, relaxed=relaxed)


def _wanted(user: Ints, priced: Priced, relaxed: Relaxed | None) -> Ints:
    """Offers that are a user's cheapest and, where the master has spoken, cheaper than what it pays."""
    least = priced.least[user]
    wanted: Bools = (priced.value <= least) & np.isfinite(priced.value)
    if relaxed is not None:
        paid = relaxed.paid_j[user]
        wanted &= priced.value < paid - 1e-10 * np.abs(paid)
    return np.flatnonzero(wanted)
