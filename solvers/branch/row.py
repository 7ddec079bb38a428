"""Servers along a line: payments from the linear program over columns, then dynamic programming along the row."""

from __future__ import annotations

import math

from instances.options import OptionTable
from solvers.answer import Clock
from solvers.branch.bound import bound_case
from solvers.branch.cases import Record, root_of
from solvers.branch.master import Master
from solvers.branch.pieces import Pieces
from solvers.branch.proof import leaf_of
from solvers.branch.rates import Rates
from solvers.corridor import Line, settle
from solvers.corridor.settle import Hear
from solvers.patterns import Generation
from solvers.prices.dual import Point

__all__ = ["settle_row"]

_ROUNDS, _TOLERANCE = 60, 1e-5
_QUICK, _EXACT, _CLOSE = 40, 25, 1e-3


def settle_row(table: OptionTable, line: Line, point: Point, dear_j: float, clock: Clock, hear: Hear) -> bool:
    """Plans and bounds, handed on as they come; whether the last plan is the optimum.

    Args:
        table, line: see `solvers.corridor.line_of`. point: good prices. dear_j: more than any plan costs.
        clock: its limit ends it. hear: gets plans and bounds, and says when they are enough.
    """
    pieces = Pieces.in_time(table, clock)
    if pieces is None:
        return False
    root = root_of(pieces, Record(Rates(point.prices), point.bound_j))
    bounded = bound_case(Master(pieces, dear_j, clock), root, math.inf, _ROUNDS, _TOLERANCE)
    # Above what any plan costs: there is none, and the search shows it sooner than a walk along the row.
    near = hear(None, bounded.bound_j, lambda: leaf_of(table, bounded.rates))
    if near or bounded.bound_j > dear_j or clock.left_s <= 0:
        return False
    paid = point.value_j if bounded.relaxed is None else bounded.relaxed.paid_j
    columns = pieces.listed
    settled = settle(table, columns, line, paid, dear_j, clock, hear)
    if settled is not None or clock.left_s <= 0:
        return bool(settled)
    # Where servers are hardly used, their static energy decides, which only patterns charge to users as it falls due.
    generation = Generation(table, columns, paid, clock)
    generation.quick(_QUICK, _CLOSE)
    generation.exact(_EXACT, _CLOSE)
    if hear(None, generation.bound_j, generation.proof):
        return False
    return bool(settle(table, columns, line, generation.paid_j, dear_j, clock, hear))
