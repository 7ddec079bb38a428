"""Whale optimisation: the three moves of Mirjalili and Lewis on a whole population at once.

No library that has it could be used: mealpy asks for an older NumPy (and was under the GPL before), EvoloPy draws
from global random states and prints, pymoo, SciPy and NiaPy do not have it.
"""

from __future__ import annotations

import math

import numpy as np

from instances.columns import Floats
from solvers.meta.fitness import Fitness
from solvers.meta.frame import MetaHeuristic
from solvers.registry import method

__all__ = ["Whale", "swim"]

_WHALES = 30
_SPIRAL = 1.0


@method
class Whale(MetaHeuristic):
    """30 whales circle the best choice known, or a random one while the hunt is young."""

    name = "whale"
    title = "whale optimisation, exact shares"
    reference = "Mirjalili and Lewis, Advances in Engineering Software 95, 2016; Pham et al., the opponent of HODA"

    def search(self, fitness: Fitness, rng: np.random.Generator) -> None:
        """See `MetaHeuristic`."""
        upper = fitness.choices.astype(float)
        whales = upper * rng.random((_WHALES, fitness.size))
        rounds = max(1, math.ceil(fitness.budget / _WHALES) - 1)
        best, least = whales[0], math.inf
        for k in range(rounds + 1):
            worth = fitness(whales)
            first = int(np.argmin(worth))
            if worth[first] < least:
                best, least = whales[first].copy(), float(worth[first])
            whales = np.clip(swim(whales, best, 2.0 * (1 - k / rounds), rng), 0.0, upper)


def swim(whales: Floats, best: Floats, a: float, rng: np.random.Generator) -> Floats:
    """[whales, size] next positions: half spiral to the best; the others close in on it, or on a random whale.

    Args:
        whales: [whales, size].
        best: [size] best position known.
        a: falls from 2 to 0; a whale with |A| ≥ 1, A uniform in [−a, a], follows a random one.
        rng: draws A, C, the angle and the partner of each whale.
    """
    n = len(whales)
    step, reach = a * (2 * rng.random((n, 1)) - 1), 2 * rng.random((n, 1))
    angle, spirals = rng.uniform(-1, 1, (n, 1)), rng.random((n, 1)) < 0.5
    partner = np.where(np.abs(step) >= 1, whales[rng.integers(n, size=n)], best)
    closing = partner - step * np.abs(reach * partner - whales)
    spiral = np.abs(best - whales) * np.exp(_SPIRAL * angle) * np.cos(2 * np.pi * angle) + best
    return np.where(spirals, spiral, closing)
