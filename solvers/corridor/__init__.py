"""Servers along a line, settled exactly: dynamic programming over who has been served. Under `units`."""

from solvers.corridor.line import MOST_ACTIVE, Line
from solvers.corridor.search import Corridor
from solvers.corridor.settle import MOST_AT_A_SERVER, line_of, settle

__all__ = ["MOST_ACTIVE", "MOST_AT_A_SERVER", "Corridor", "Line", "line_of", "settle"]
