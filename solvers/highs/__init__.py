"""The one place that talks to HiGHS: whole programs, and linear programs that grow by columns."""

from solvers.highs.growing import GrowingLp, LpSolution
from solvers.highs.program import HighsOptions, Outcome, Status, highs_version, solve_program

__all__ = ["GrowingLp", "HighsOptions", "LpSolution", "Outcome", "Status", "highs_version", "solve_program"]
