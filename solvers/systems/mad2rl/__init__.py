"""The per-slot problem of a road (after MAD2RL): exact by subsets or enumeration, baselines, genetic, learned."""

from solvers.systems.mad2rl.baselines import all_local, best_own, greedy
from solvers.systems.mad2rl.enumeration import enumerate_plans
from solvers.systems.mad2rl.genetic import genetic
from solvers.systems.mad2rl.in_turn import learned, myopic
from solvers.systems.mad2rl.simulate import simulate
from solvers.systems.mad2rl.split import split_speed
from solvers.systems.mad2rl.subsets import solve_slot

__all__ = [
    "all_local",
    "best_own",
    "enumerate_plans",
    "genetic",
    "greedy",
    "learned",
    "myopic",
    "simulate",
    "solve_slot",
    "split_speed",
]
