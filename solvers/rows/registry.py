"""The registry of row methods: one `@row_method` line each."""

from __future__ import annotations

import dataclasses
import math
from typing import Literal, Protocol

from instances.registry import Registry
from instances.rows import RowPlan, RowProblem
from solvers.answer import Limits

__all__ = ["ROW_METHODS", "RowAnswer", "RowMethod", "get_row_method", "row_method"]

Kind = Literal["exact", "approximation", "heuristic", "learned"]


@dataclasses.dataclass(frozen=True)
class RowAnswer:
    """What a method hands back: a plan or None, and a lower bound (−inf: none; inf: no plan is possible).

    ``decides`` of the method says among which plans the bound holds.
    """

    plan: RowPlan | None
    bound: float = -math.inf


class RowMethod(Protocol):
    """What every row method declares.

    ``decides``: rows (every layer by rows) or pieces (rows, channels or one device for each layer, from candidates).
    ``kind`` and ``guarantee`` are about the best of those plans.
    """

    name: str
    title: str
    kind: Kind
    decides: Literal["rows", "pieces"]
    guarantee: str | None
    reference: str

    def supports(self, problem: RowProblem) -> str | None:
        """None when the method can run on this problem, else the reason why not."""

    def solve(self, problem: RowProblem, *, limits: Limits) -> RowAnswer:
        """A plan, and a bound if the method has one."""


ROW_METHODS = Registry[RowMethod]("row method")

row_method = ROW_METHODS.add_made
"""Class decorator that registers a method under its ``name``."""
get_row_method = ROW_METHODS.find
"""Method by name. Raises InputError for an unknown one; names the nearest."""
