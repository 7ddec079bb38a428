"""Genetic algorithm and particle swarm of the library pymoo (extra ``meta``; Blank and Deb, IEEE Access 2020)."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from instances.columns import Floats
from instances.options import OptionTable
from solvers.meta.fitness import Fitness
from solvers.meta.frame import MetaHeuristic, missing
from solvers.registry import method

__all__ = ["Genetic", "ParticleSwarm", "evolve", "genetic_algorithm"]

_POPULATION, _SWARM = 50, 25
_TRIES = 5
"""Matings in search of children that are new: of few options there may be no more."""


class _OfPymoo(MetaHeuristic):
    def supports(self, table: OptionTable) -> str | None:
        """Any instance, if pymoo is installed."""
        return missing("meta", "pymoo")


@method
class Genetic(_OfPymoo):
    """Tournaments, uniform crossover of options, polynomial mutation rounded to options; 50 choices a generation."""

    name = "genetic"
    title = "genetic algorithm (pymoo), exact shares"
    reference = (
        "Holland 1975; as in SPSO-GA (TPDS 2021) and other papers' comparisons; pymoo: doi 10.1109/ACCESS.2020.2990567"
    )

    def search(self, fitness: Fitness, rng: np.random.Generator) -> None:
        """See `MetaHeuristic`."""
        evolve(genetic_algorithm(), fitness, fitness.choices - 1, rng, whole=True)


@method
class ParticleSwarm(_OfPymoo):
    """Particles with adaptive inertia in the box of option numbers, rounded down when they are priced; 25 of them."""

    name = "particle_swarm"
    title = "particle swarm (pymoo) on rounded numbers, exact shares"
    reference = "Kennedy and Eberhart, ICNN 1995; as in SPSO-GA (TPDS 2021); pymoo: doi 10.1109/ACCESS.2020.2990567"

    def search(self, fitness: Fitness, rng: np.random.Generator) -> None:
        """See `MetaHeuristic`."""
        from pymoo.algorithms.soo.nonconvex.pso import PSO

        evolve(PSO(_SWARM), fitness, fitness.choices, rng, whole=False)


class Priced(Protocol):
    """What prices vectors of ``size`` numbers, until its budget is spent."""

    @property
    def size(self) -> int:
        """Numbers in a vector."""

    def __call__(self, vectors: Floats) -> Floats:
        """[k] worth of vectors [k, size], the less the better."""


def genetic_algorithm() -> Any:
    """pymoo's, over whole numbers."""
    from pymoo.algorithms.soo.nonconvex.ga import GA
    from pymoo.operators.crossover.ux import UX
    from pymoo.operators.mutation.pm import PM
    from pymoo.operators.repair.rounding import RoundingRepair
    from pymoo.operators.sampling.rnd import IntegerRandomSampling

    mutation = PM(prob=1.0, eta=3.0, vtype=float, repair=RoundingRepair())
    algorithm = GA(_POPULATION, IntegerRandomSampling(), crossover=UX(prob=0.9), mutation=mutation)
    algorithm.mating.n_max_iterations = _TRIES
    return algorithm


def evolve(algorithm: Any, fitness: Priced, upper: Any, rng: np.random.Generator, *, whole: bool) -> None:
    """Ask for vectors and tell what they are worth, until the budget is spent or no new ones come."""
    from pymoo.core.evaluator import Evaluator
    from pymoo.core.problem import Problem
    from pymoo.core.termination import NoTermination
    from pymoo.problems.static import StaticProblem

    problem = Problem(n_var=fitness.size, n_obj=1, xl=np.zeros(fitness.size), xu=np.asarray(upper, dtype=float),
                      vtype=int if whole else float)  # fmt: skip
    algorithm.setup(problem, termination=NoTermination(), seed=int(rng.integers(2**31 - 1)), verbose=False)
    while algorithm.has_next():
        asked = algorithm.ask()
        if asked is None or not len(asked):
            return
        worth = fitness(np.asarray(asked.get("X"), dtype=float))
        Evaluator().eval(StaticProblem(problem, F=worth[:, None]), asked)
        algorithm.tell(infills=asked)
