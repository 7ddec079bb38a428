"""One network on several devices at once, by rows and by channels. Importing this package registers all methods."""

from solvers.rows import in_turn, pieces, shares
from solvers.rows.registry import ROW_METHODS, RowAnswer, RowMethod, get_row_method, row_method
from solvers.rows.solve import RowResult, divide_network

__all__ = [
    "ROW_METHODS",
    "RowAnswer",
    "RowMethod",
    "RowResult",
    "divide_network",
    "get_row_method",
    "in_turn",
    "pieces",
    "row_method",
    "shares",
]
