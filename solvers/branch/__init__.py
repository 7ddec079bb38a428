"""Branch and price: bounds from prices for a tree of cases, until the best plan is proven."""

from solvers.branch.method import Branch

__all__ = ["Branch"]
