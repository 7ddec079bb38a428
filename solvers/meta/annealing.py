"""Simulated annealing of SciPy: generalised (Tsallis) visiting and acceptance, without its local search."""

from __future__ import annotations

import numpy as np

from solvers.meta.fitness import Fitness
from solvers.meta.frame import MetaHeuristic
from solvers.registry import method

__all__ = ["SimulatedAnnealing"]

_FOR_EVER = 10**9


@method
class SimulatedAnnealing(MetaHeuristic):
    """One choice that jumps, far at first, and takes worse ones ever more rarely."""

    name = "simulated_annealing"
    title = "simulated annealing (SciPy), exact shares"
    reference = "Kirkpatrick, Gelatt and Vecchi, Science 1983; Xiang et al., Physics Letters A 233, 1997"

    def search(self, fitness: Fitness, rng: np.random.Generator) -> None:
        """See `MetaHeuristic`; the budget ends it."""
        from scipy.optimize import dual_annealing  # slow to load, and few commands need it

        bounds = [(0.0, float(choices)) for choices in fitness.choices]
        dual_annealing(
            lambda vector: float(fitness(vector[None, :])[0]), bounds, maxiter=_FOR_EVER, maxfun=_FOR_EVER,
            no_local_search=True, seed=np.random.default_rng(int(rng.integers(2**31 - 1))),
        )  # fmt: skip
