"""Wireless-powered binary offloading: times for given modes, exact choices of modes, heuristics, a learned policy."""

from solvers.systems.droo.exact import branch, enumerate_modes
from solvers.systems.droo.heuristics import all_local, all_offload, coordinate_descent, relax_and_round
from solvers.systems.droo.learned import Learner, quantise
from solvers.systems.droo.times import Times, best_times, plan_of

__all__ = [
    "Learner",
    "Times",
    "all_local",
    "all_offload",
    "best_times",
    "branch",
    "coordinate_descent",
    "enumerate_modes",
    "plan_of",
    "quantise",
    "relax_and_round",
]
