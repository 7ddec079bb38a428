"""How it is answered: methods over option tables, one `solve` for all, results that the checker has recomputed."""

from solvers import bottleneck, branch, brute_force, exact, heuristics, prices, relaxation
from solvers.answer import Limits, Progress, Stop
from solvers.compare import compare
from solvers.registry import METHODS, get_method, method
from solvers.result import Result, Verdict
from solvers.solve import solve

__all__ = [
    "METHODS",
    "Limits",
    "Progress",
    "Result",
    "Stop",
    "Verdict",
    "bottleneck",
    "branch",
    "brute_force",
    "compare",
    "exact",
    "get_method",
    "heuristics",
    "method",
    "prices",
    "relaxation",
    "solve",
]
