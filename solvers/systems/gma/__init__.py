"""Access point and server of every task: LP, slots and matching with a proven ratio; the MILP; greedy."""

from solvers.systems.gma.methods import fill_greedily, match, relaxed_value, solve_milp

__all__ = ["fill_greedily", "match", "relaxed_value", "solve_milp"]
