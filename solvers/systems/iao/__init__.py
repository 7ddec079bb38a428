"""Whole units of one server, for the slowest user: four ways to the same optimum."""

from solvers.systems.iao.exact import alternate, bisect, hand_out, solve_milp

__all__ = ["alternate", "bisect", "hand_out", "solve_milp"]
