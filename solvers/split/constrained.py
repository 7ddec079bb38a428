"""Cheapest path within limits: exactly, and within a factor 1 + ε in polynomial time (docs/theory.md, P23)."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from formulations.split.layered import LayeredStructure
from instances.columns import Floats, Ints
from instances.scalars import refuse
from solvers.split.labels import CLOSE, Labels, Sieve, set_labels
from solvers.split.multipliers import Priced, price_limits
from solvers.split.paths import shortest_path
from solvers.split.resources import ROOM, Resource

__all__ = ["Found", "approximate_path", "exact_path", "threshold"]


@dataclasses.dataclass(frozen=True, eq=False)
class Found:
    """A path ([stages] arcs, None: there is none within the limits), its cost, a bound, and labels at the end."""

    path: Ints | None
    value: float
    bound: float
    labels: int

    @classmethod
    def nothing(cls, labels: int = 0) -> Found:
        """No path keeps the limits."""
        return cls(None, math.inf, math.inf, labels)


def exact_path(structure: LayeredStructure, cost: Floats, resources: list[Resource]) -> Found:
    """The cheapest path that keeps all limits: label setting with dominance, bounds and Lagrangian prices.

    Worst-case exponential in the layers: the problem contains the knapsack problem.
    """
    if not resources:
        value, path = shortest_path(structure, cost)
        return Found(path, value, value, 1) if math.isfinite(value) else Found.nothing()
    priced = price_limits(structure, cost, resources)
    if not priced.feasible:
        return Found.nothing()
    if priced.path is not None and priced.value <= priced.bound * (1 + CLOSE):
        return Found(priced.path, priced.value, min(priced.bound, priced.value), 0)
    labels = set_labels(structure, _rows(cost, resources), _sieves(priced, resources, priced.value * ROOM))
    best = _cheapest(labels, priced)
    return dataclasses.replace(best, bound=best.value)


def approximate_path(structure: LayeredStructure, cost: Floats, resources: list[Resource], epsilon: float) -> Found:
    """A path of at most (1 + ε) times the least cost within the limits, in time polynomial in the arcs and 1/ε.

    The first limit is kept strictly. With several, the others are kept within a factor 1 + ε, and the cost is compared
    with the best of what keeps them strictly. No path is reported only if none keeps all limits.

    Raises:
        InputError: ε is not positive, or there is no limit.
    """
    if not epsilon > 0:
        refuse("epsilon", f"is {epsilon}", "an approximation needs room", "give more than 0, or use exact_path")
    if not resources:
        refuse("resources", "are none", "without limits a shortest path is exact")
    priced = price_limits(structure, cost, resources)
    if not priced.feasible:
        return Found.nothing()
    lowest = max(priced.bound, threshold(structure, cost, resources[0]), 0.0)
    if priced.path is not None and priced.value <= lowest * (1 + epsilon):
        return Found(priced.path, priced.value, max(lowest, priced.value / (1 + epsilon)), 0)
    positive = cost[np.isfinite(cost) & (cost > 0)]
    most = float(np.maximum.reduceat(np.where(np.isfinite(cost), cost, 0.0), structure.first[:-1]).sum())
    guess = lowest
    if guess == 0:  # first whether a path of free arcs will do
        free = _guessed(structure, np.where(cost > 0, np.inf, cost), resources, 0.0, epsilon)
        if len(free):
            return _cheapest(free, priced)
        guess = float(positive.min(initial=math.inf))
    while guess <= 2 * most:
        labels = _guessed(structure, cost, resources, guess, epsilon)
        if len(labels):
            best = _cheapest(labels, priced)
            return dataclasses.replace(best, bound=max(lowest, best.value / (1 + epsilon)))
        guess *= 2
    return Found.nothing()


def threshold(structure: LayeredStructure, cost: Floats, resource: Resource) -> float:
    """Least c such that some path keeps the limit and has no arc dearer than c; so c ≤ optimum ≤ stages · c."""
    levels = np.unique(cost[np.isfinite(cost)])
    low, high = 0, len(levels) - 1
    while low < high:
        middle = (low + high) // 2
        amount, _ = shortest_path(structure, np.where(cost <= levels[middle], resource.amount, np.inf))
        low, high = (low, middle) if amount <= resource.cap * ROOM else (middle + 1, high)
    return float(levels[low])


def _guessed(
    structure: LayeredStructure, cost: Floats, resources: list[Resource], guess: float, epsilon: float
) -> Labels:
    """Labels of one guess at the optimum; empty only if the optimum is larger."""
    n = structure.n_stages
    loose = [r if j == 0 else dataclasses.replace(r, cap=r.cap * (1 + epsilon)) for j, r in enumerate(resources)]
    grid = np.array([epsilon * guess / (2 * n), 0.0, *(epsilon * r.cap / n for r in resources[1:])])
    rows = _rows(cost, resources)
    sieves = _caps(loose)
    sieves.append(Sieve(np.eye(len(rows))[0], guess * (1 + epsilon / 2) * ROOM))
    return set_labels(structure, rows, sieves, grid)


def _rows(cost: Floats, resources: list[Resource]) -> Floats:
    return np.stack([cost, *(r.amount for r in resources)])


def _caps(resources: list[Resource]) -> list[Sieve]:
    one = np.eye(len(resources) + 1)
    return [Sieve(one[j], r.cap * ROOM) for j, r in enumerate(resources, start=1)]


def _sieves(priced: Priced, resources: list[Resource], value: float) -> list[Sieve]:
    """Caps, and no more than the best known: in itself, and with every limit at its price."""
    if math.isinf(value):
        return _caps(resources)
    caps = np.array([r.cap for r in resources])
    weights = np.concatenate([[1.0], priced.prices])
    by_itself = Sieve(np.eye(len(resources) + 1)[0], value)
    return [*_caps(resources), by_itself, Sieve(weights, (value + float(priced.prices @ caps)) * ROOM)]


def _cheapest(labels: Labels, priced: Priced) -> Found:
    """Cheapest of the labels and the feasible path met before."""
    best = Found(priced.path, priced.value, -math.inf, len(labels))
    if len(labels):
        first = int(np.argmin(labels.figures[0]))
        if float(labels.figures[0, first]) < priced.value:
            best = Found(labels.path(first), float(labels.figures[0, first]), -math.inf, len(labels))
    return best if best.path is not None else Found.nothing(len(labels))
