"""Prices of limits along a path: a Lagrangian bound, and feasible paths met on the way (docs/theory.md, P23)."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from formulations.split.layered import LayeredStructure
from instances.columns import Floats, Ints
from solvers.split.paths import shortest_path
from solvers.split.resources import ROOM, Resource

__all__ = ["Priced", "price_limits"]

_SWEEPS, _STEPS = 3, 30


@dataclasses.dataclass(frozen=True, eq=False)
class Priced:
    """``prices`` [r] ≥ 0 give ``bound``; ``value`` and ``path`` are the best feasible path met (inf and None: none).

    ``feasible`` is False when one limit alone cannot be kept.
    """

    prices: Floats
    bound: float
    value: float
    path: Ints | None
    feasible: bool = True


class _Search:
    def __init__(self, structure: LayeredStructure, cost: Floats, resources: list[Resource]) -> None:
        self.structure, self.cost, self.resources = structure, cost, resources
        self.value, self.bound = math.inf, -math.inf
        self.path: Ints | None = None

    def priced(self, prices: Floats) -> tuple[Ints, Floats]:
        """Shortest path at some prices, and what it takes of each limit."""
        total = self.cost + sum(p * r.amount for p, r in zip(prices, self.resources, strict=True) if p > 0)
        length, path = shortest_path(self.structure, np.asarray(total))
        caps = np.array([r.cap for r in self.resources])
        self.bound = max(self.bound, length - float(prices @ caps))
        return path, self.takes(path)

    def takes(self, path: Ints) -> Floats:
        """[r] amounts of a path, which is noted if it is feasible and the best so far."""
        amounts = np.array([r.amount[path].sum() for r in self.resources])
        value = float(self.cost[path].sum())
        if value < self.value and all(a <= r.cap * ROOM for a, r in zip(amounts, self.resources, strict=True)):
            self.value, self.path = value, path
        return amounts


def price_limits(structure: LayeredStructure, cost: Floats, resources: list[Resource]) -> Priced:
    """Prices found limit by limit, a few sweeps; each in the way of Jüttner et al. (LARAC), INFOCOM 2001.

    Any prices ≥ 0 give a bound: the length of the shortest path at cost + Σ price · amount, less Σ price · cap.
    """
    search = _Search(structure, cost, resources)
    least = [shortest_path(structure, r.amount) for r in resources]
    if any(amount > r.cap * ROOM for (amount, _), r in zip(least, resources, strict=True)):
        return Priced(np.zeros(len(resources)), math.inf, math.inf, None, feasible=False)
    for _, path in least:
        search.takes(path)
    prices = np.zeros(len(resources))
    for _ in range(_SWEEPS if len(resources) > 1 else 1):
        for j, (_, frugal) in enumerate(least):
            prices[j] = _price(search, prices, j, frugal)
    search.priced(prices)
    return Priced(prices, search.bound, search.value, search.path)


def _price(search: _Search, prices: Floats, j: int, frugal: Ints) -> float:
    """Best price of limit j at given others: where the path that keeps it and the one that does not cost the same."""
    others, cap = prices.copy(), search.resources[j].cap
    others[j] = 0.0
    cost = search.cost + sum(p * r.amount for p, r in zip(others, search.resources, strict=True) if p > 0)

    def figures(path: Ints) -> tuple[float, float]:
        return float(np.asarray(cost)[path].sum()), float(search.resources[j].amount[path].sum())

    loose, amounts = search.priced(others)
    if amounts[j] <= cap * ROOM:
        return 0.0
    (low, much), (high, little) = figures(loose), figures(frugal)
    price = 0.0
    for _ in range(_STEPS):
        if much - little <= 0:
            break
        price = max((high - low) / (much - little), 0.0)
        others[j] = price
        path, _ = search.priced(others)
        here, amount = figures(path)
        if here + price * amount >= low + price * much - 1e-12 * (abs(low) + price * much):
            break
        if amount <= cap * ROOM:
            high, little = here, amount
        else:
            low, much = here, amount
    return price
