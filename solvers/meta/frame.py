"""The frame of every meta-heuristic: a search over vectors, a budget of evaluations, repair at the end."""

from __future__ import annotations

import numpy as np

from instances.options import OptionTable
from solvers.answer import Answer, Clock, Limits, Stop
from solvers.heuristics.incumbent import Incumbent, Outcome, run
from solvers.heuristics.repair import repair
from solvers.heuristics.situation import Situation
from solvers.meta.fitness import Fitness, Spent
from solvers.registry import Kind

__all__ = ["EVALUATIONS", "MetaHeuristic", "missing"]

EVALUATIONS = 2000


class MetaHeuristic:
    """Subclasses say how they `search`; their ``limits.rounds`` are evaluations of choices (2,000 by default).

    Choices that overload a server are penalised; the fittest choice is repaired if no plan was met.
    """

    kind: Kind = "heuristic"
    guarantee: str | None = None

    def supports(self, table: OptionTable) -> str | None:
        """Any instance, if what it needs is installed."""
        return None

    def search(self, fitness: Fitness, rng: np.random.Generator) -> None:
        """Look for vectors of least worth until `Spent` is raised, or there is nothing left to try."""
        raise NotImplementedError

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        """Search with the budget, then repair if need be."""
        budget = EVALUATIONS if limits.rounds is None else limits.rounds
        return run(table, clock, lambda situation, incumbent: self._run(situation, incumbent, budget, rng))

    def _run(self, situation: Situation, incumbent: Incumbent, budget: int, rng: np.random.Generator) -> Outcome:
        fitness = Fitness(situation, incumbent, budget)
        try:
            if fitness.size:
                self.search(fitness, rng)
            elif budget:
                fitness(np.zeros((1, 0)))
        except Spent:
            pass
        incumbent.detail["evaluations"] = fitness.used
        message = ""
        if incumbent.decision is None:
            fitting = repair(situation, fitness.fittest, situation.fair_j, rng=rng, clock=incumbent.clock)
            message = "no choice that was tried fits, and repair found none near the best"
            if fitting is not None:
                incumbent.offer(fitting)
        return (Stop.TIME if incumbent.out_of_time else Stop.FINISHED), message


def missing(extra: str, library: str) -> str | None:
    """Why a method cannot run without a library; None when it is installed."""
    from importlib.util import find_spec

    try:
        found = find_spec(library) is not None
    except (ImportError, ValueError):
        found = False
    return None if found else f"{library} is not installed: pip install 'edgecut[{extra}]'"
