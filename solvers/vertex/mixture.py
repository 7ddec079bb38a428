"""A vertex of the linear relaxation over columns: nearly every user has one column, a few have a mixture.

The relaxation is that of docs/theory.md, P6, without the rows x ≤ y, made column by column: prices ask every user for
what is cheapest there, and the master mixes what has come up. HiGHS' simplex ends at a vertex of the master.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from instances.columns import Bools, Floats, Ints
from instances.options import LOCAL, OptionTable
from solvers.answer import Clock
from solvers.branch.bound import lagrangian
from solvers.branch.cases import OPEN, Case, Record
from solvers.branch.master import Master, Relaxed
from solvers.branch.offers import Offers, Shares
from solvers.branch.pieces import Pieces
from solvers.branch.rates import Rates

__all__ = ["Mixture", "mix", "offers_of"]

ROUNDS = 200
_NEAR = 1e-9
_INWARD = 0.2
_PATIENCE = 20
"""Rounds after which λ is no longer trusted to be exact enough."""
_WHOLE = 1e-7


@dataclasses.dataclass(frozen=True, eq=False)
class Mixture:
    """A vertex of the relaxation over the columns of some offers.

    ``value_j``: its cost over the columns that came up, at least that of the relaxation. ``bound_j``: the Lagrangian
    bound at the best prices, at most that of the relaxation. ``weight`` [offers]; ``on`` [n_servers]: part of each
    server that is on. ``lacking``: part of users' demand that no column serves. ``rates``: the best prices.
    """

    offers: Offers
    value_j: float
    bound_j: float
    weight: Floats
    on: Floats
    lacking: float
    rates: Rates

    @property
    def favourite(self) -> Ints:
        """[n_users] the offer of most weight of each user."""
        order = np.lexsort((self.weight, self.offers.user))
        last = np.searchsorted(self.offers.user[order], np.arange(self.offers.table.n_users), side="right") - 1
        return np.asarray(order[last])

    @property
    def torn(self) -> Bools:
        """[n_users] whether a user has more than one offer in the mixture."""
        return np.asarray(self.weight[self.favourite] < 1 - _WHOLE)

    @property
    def partly_on(self) -> Bools:
        """[n_servers] whether a server is on in part only."""
        return np.asarray((self.on > _WHOLE) & (self.on < 1 - _WHOLE))


def offers_of(table: OptionTable) -> Offers:
    """What users can choose from under the table's allocation rule; exact local options come first of all."""
    return Pieces(table) if table.allocation == "units" else Shares(table)


def mix(offers: Offers, prices: Floats, dear_j: float, clock: Clock, rounds: int = ROUNDS) -> Mixture | None:
    """A vertex of the relaxation; None where HiGHS has none to offer.

    Args:
        offers: what columns come from.
        prices: [kinds, n_servers] to start from, J for the whole.
        dear_j: more than any plan costs: what not serving a user counts as.
        clock: hears the bound; out of time, the mixture of what has come up is handed back.
        rounds: evaluations to make at most.
    """
    master, live = Master(offers, dear_j), np.ones(len(offers.user), dtype=bool)
    rates = best = Rates(prices)
    case = Case(np.full(offers.table.n_servers, OPEN), live, Record(rates, -math.inf))
    master.enter(case)
    master.add(offers.columns(_local(offers)))
    bound, relaxed = -math.inf, None
    for k in range(max(1, rounds)):
        priced = offers.price(rates, live, sharp=k >= _PATIENCE)
        value = lagrangian(offers.table, case, rates, priced)
        if value > bound:
            bound, best = value, rates
            clock.report(bound_j=bound)
        if relaxed is not None and (_settled(relaxed, bound) or clock.left_s <= 0):
            break
        wanted = np.isfinite(priced.value) & (priced.value <= priced.least[offers.user])
        master.add(offers.columns(np.flatnonzero(wanted)))
        relaxed = master.solve()
        if relaxed is None:
            return None
        rates = best.mixed(relaxed.rates, _INWARD if k % 3 else 0.0)
    if relaxed is None:
        return None
    return Mixture(offers, relaxed.value_j, bound, relaxed.weight, relaxed.on, relaxed.lacking, best)


def _settled(relaxed: Relaxed, bound: float) -> bool:
    return relaxed.value_j - bound <= _NEAR * max(abs(bound), 1e-12)


def _local(offers: Offers) -> Ints:
    return np.flatnonzero(offers.server == LOCAL)
