"""Requests admitted online against prices that grow exponentially with how full the servers are."""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Floats
from instances.options import OptionTable
from solvers.admission.arrivals import Arrivals, Moves, Outlook, Request, admit
from solvers.admission.columns import why_not_admission
from solvers.admission.frame import Admitted, run
from solvers.admission.relaxation import dual_value
from solvers.answer import Answer, Clock, Limits
from solvers.registry import Kind, method

__all__ = ["AdmissionOnlinePrices", "ExponentialPrices", "Tariff"]

LARGEST_PART = 0.5
"""α up to which prices alone keep room for every column. Above it they grow as if parts were small, what does not fit
is turned away, and nothing is proven."""
STARTS = 2.0 ** -np.arange(0, 13)
"""η: prices start to grow from η times the least weight per part taken."""


@dataclasses.dataclass(frozen=True, eq=False)
class Tariff:
    """p_r(load) = c (exp(γ_r load) − 1), and κ: a price of κ w covers what admitting w adds (docs/theory.md P25f).

    Args:
        base: c. growth: [n_servers, resources] γ_r. factor: κ, the competitive ratio's inverse; inf: none is proven.
    """

    base: float
    growth: Floats
    factor: float

    @classmethod
    def of(cls, outlook: Outlook) -> Tariff:
        """The tariff with the best proven ratio."""
        return min((cls._starting_at(outlook, float(eta)) for eta in STARTS), key=lambda tariff: tariff.factor)

    @classmethod
    def _starting_at(cls, outlook: Outlook, eta: float) -> Tariff:
        base = eta * outlook.flattest if np.isfinite(outlook.flattest) else 1.0
        alpha = outlook.part
        small = alpha <= LARGEST_PART
        growth = np.log1p(outlook.steepest / base) / np.where(small, 1 - alpha, 1.0)
        slope = np.where(alpha > 0, np.expm1(growth * alpha) / np.where(alpha > 0, alpha, 1.0), 0.0)
        steepest = float(slope.max(initial=0.0))
        factor = max(steepest, 1.0) + steepest * eta if small.all() else float("inf")
        return cls(base, growth, factor)

    def price(self, level: Floats) -> Floats:
        """[n_servers, resources] of a whole row at these loads."""
        return np.asarray(self.base * np.expm1(np.minimum(self.growth * level, 700.0)))


class ExponentialPrices:
    """A user takes its cheapest column of those that fit (all do, where κ is finite) if it weighs more."""

    def __init__(self, outlook: Outlook) -> None:
        self.tariff = Tariff.of(outlook)
        self.level = np.zeros((outlook.n_servers, outlook.n_resources))

    def decide(self, request: Request) -> Moves:
        """See the class."""
        fits = request.fitting(self.level)
        if not len(fits):
            return Moves(-1)
        price = self.tariff.price(self.level)
        cost = (request.demand[fits] * price[request.server[fits]]).sum(axis=1)
        k = int(fits[np.argmin(cost)])
        if cost.min() >= request.weight:
            return Moves(-1)
        self.level[request.server[k]] += request.demand[k]
        return Moves(k)


@method
class AdmissionOnlinePrices:
    """Users come in their order, and each is decided before the next one is seen. Known beforehand: the largest parts
    that columns take, and the least and the most weight per part."""

    name = "admission_online_prices"
    title = "online admission by exponential prices"
    kind: Kind = "online"
    guarantee = "admits ≥ 1/κ of the most in hindsight, κ = O(log(U/L)); U, L: most and least weight per part"
    reference = "docs/theory.md P25f; Awerbuch, Azar and Plotkin, FOCS 1993; Buchbinder and Naor, Found. Trends 2009"

    def supports(self, table: OptionTable) -> str | None:
        """J-A only."""
        return why_not_admission(table)

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        """One pass over the users; limits are not needed."""
        return run(table, clock, _search)


def _search(admitted: Admitted) -> None:
    packing = admitted.packing
    arrivals = Arrivals(packing)
    rule = ExponentialPrices(arrivals.outlook)
    taken, _ = admit(packing, arrivals, rule)
    admitted.offer(taken)
    admitted.bound(dual_value(packing, rule.tariff.price(rule.level)))
    if not len(packing):
        admitted.ratio = 1.0
    elif np.isfinite(rule.tariff.factor):
        admitted.ratio = 1 / (rule.tariff.factor * packing.stretch)
