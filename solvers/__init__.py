"""How it is answered: methods over option tables, one `solve` for all, results that the checker has recomputed."""

from solvers import (
    admission,
    bottleneck,
    branch,
    brute_force,
    exact,
    heuristics,
    learned,
    meta,
    prices,
    relaxation,
    vertex,
)
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
    "admission",
    "bottleneck",
    "branch",
    "brute_force",
    "compare",
    "exact",
    "get_method",
    "heuristics",
    "learned",
    "meta",
    "method",
    "prices",
    "relaxation",
    "solve",
    "vertex",
]
