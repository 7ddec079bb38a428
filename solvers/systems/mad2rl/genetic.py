"""The genetic algorithm that MAD2RL is compared with, by the library pymoo (extra ``meta``)."""

from __future__ import annotations

import numpy as np

from instances.columns import Floats, Ints
from instances.errors import InputError
from instances.systems.mad2rl import Slot, SlotPlan
from solvers.meta.fitness import Spent
from solvers.meta.frame import missing
from solvers.meta.population import evolve, genetic_algorithm
from solvers.systems.mad2rl.ways import Ways
from solvers.systems.registry import system_method

__all__ = ["EVALUATIONS", "genetic"]

EVALUATIONS = 1000
"""Choices priced for a slot; ours, the paper's is not known."""


class _Fitness:
    """Prices choices until the budget is spent; ``best`` [N] is the cheapest."""

    def __init__(self, ways: Ways, budget: int) -> None:
        self.ways, self.left = ways, budget
        self.best: Ints = np.zeros(len(ways.count), dtype=np.int64)
        self._least = float(ways.cost(self.best[None, :])[0])

    @property
    def size(self) -> int:
        return len(self.ways.count)

    def __call__(self, vectors: Floats) -> Floats:
        if self.left <= 0:
            raise Spent
        chosen = np.clip(np.round(vectors[: self.left]).astype(np.int64), 0, self.ways.count - 1)
        self.left -= len(chosen)
        cost = self.ways.cost(chosen)
        k = int(np.argmin(cost))
        if cost[k] < self._least:
            self.best, self._least = chosen[k], float(cost[k])
        if len(chosen) < len(vectors):
            raise Spent
        return cost


@system_method("mad2rl_genetic", system="MAD2RL", kind="heuristic", reference="Liu et al., TMC 2024; pymoo")
def genetic(slot: Slot, rng: np.random.Generator | None = None, *, evaluations: int = EVALUATIONS) -> SlotPlan:
    """The best of the choices of cuts and targets that a genetic algorithm prices, each with the best split.

    Args:
        slot: the problem. rng: for its draws; a generator of seed 0 when None. evaluations: choices to price.

    Raises:
        InputError: pymoo is not installed.
    """
    reason = missing("meta", "pymoo")
    if reason is not None:
        raise InputError("mad2rl_genetic", "cannot run", reason)
    fitness = _Fitness(Ways.of(slot), evaluations)
    try:
        if fitness.size:
            evolve(genetic_algorithm(), fitness, fitness.ways.count - 1, rng or np.random.default_rng(0), whole=True)
    except Spent:
        pass
    return fitness.ways.plan(fitness.best)
