"""Branch and price: bounds from prices for a tree of cases, until the best plan is proven."""

from solvers.branch.along import AlongCorridor
from solvers.branch.method import Branch

__all__ = ["AlongCorridor", "Branch"]
