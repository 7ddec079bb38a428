"""How one request is split: splitters over `instances.request.Request`, and results that the checker has recomputed."""

from instances.request_costs import Goal, LinearCosts
from solvers.split import brute_force, min_cut, switching_milp, switching_path
from solvers.split.answer import SplitAnswer
from solvers.split.plans import plan_of
from solvers.split.registry import SPLITTERS, get_splitter, splitter
from solvers.split.result import SplitResult
from solvers.split.solve import split

__all__ = [
    "SPLITTERS",
    "Goal",
    "LinearCosts",
    "SplitAnswer",
    "SplitResult",
    "brute_force",
    "get_splitter",
    "min_cut",
    "plan_of",
    "split",
    "splitter",
    "switching_milp",
    "switching_path",
]
