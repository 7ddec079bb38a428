"""Meta-heuristics that papers compare with, over option numbers, with exact shares: one file, one `@method` each."""

from solvers.meta import annealing, population, whale

__all__ = ["annealing", "population", "whale"]
