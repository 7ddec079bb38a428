"""How one request is split: splitters over `instances.request.Request`, and results that the checker has recomputed."""

from instances.request_costs import Goal, LinearCosts
from solvers.split import (
    brute_force,
    dsh,
    min_cut,
    networkx_cut,
    programs,
    qdmp,
    scan,
    switching_milp,
    switching_path,
)
from solvers.split.answer import SplitAnswer
from solvers.split.load import dads
from solvers.split.plans import plan_of
from solvers.split.registry import SPLITTERS, get_splitter, splitter
from solvers.split.result import SplitResult
from solvers.split.solve import split

__all__ = ["SPLITTERS", "Goal", "LinearCosts", "SplitAnswer", "SplitResult", "brute_force", "dads", "dsh",
           "get_splitter", "min_cut", "networkx_cut", "plan_of", "programs", "qdmp", "scan", "split", "splitter",
           "switching_milp", "switching_path"]  # fmt: skip
