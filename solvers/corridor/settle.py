"""Whether servers lie along a narrow line, and plans and bounds of those that do."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from formulations.parts.unit_columns import UnitColumns
from formulations.program import Decision
from instances.certificate import Node
from instances.columns import Floats, Ints
from instances.options import LOCAL, OptionTable
from instances.stocks import stocks_bind
from solvers.answer import Clock
from solvers.corridor.choices import LateError, TooWideError
from solvers.corridor.line import MOST_ACTIVE, Line
from solvers.corridor.search import Corridor

__all__ = ["MOST_AT_A_SERVER", "line_of", "settle"]

MOST_AT_A_SERVER = 26
_MOST_IN_A_CROWD, _PART = 16, 0.75
"""Users at a server where nearly all users are active at once: then there are as many states as sets."""
_MOST_CELLS = 3e8
"""Pieces of all options together up to which columns are listed."""

_SHORT = 300
"""Servers up to which a row without a plan is tried with other payments first."""

Hear = Callable[[Decision | None, float, Callable[[], Node]], bool]
"""Takes a plan, a bound and what makes its proof, of whole pieces; whether that is enough."""


def line_of(table: OptionTable) -> Line | None:
    """The row in which a table's servers can be settled; None where it would be too wide, or is not such a table.

    Whole pieces, sums over users, and no stock that can run out: those would need more states.
    """
    if table.allocation != "units" or table.aggregate != "sum" or not table.n_servers or stocks_bind(table).any():
        return None
    at = ~table.is_local
    if (table.blocks * table.units)[table.server[at]].sum() > _MOST_CELLS:
        return None
    line = Line(table.user[at], table.server[at], table.n_users, table.n_servers)
    pairs = np.unique(table.user[at] * table.n_servers + table.server[at])
    crowd = np.bincount(pairs % table.n_servers, minlength=table.n_servers)
    most = MOST_AT_A_SERVER if line.width <= _PART * table.n_users else _MOST_IN_A_CROWD
    return line if line.width <= MOST_ACTIVE and crowd.max(initial=0) <= most else None


def settle(
    table: OptionTable, columns: UnitColumns, line: Line, paid_j: Floats, dear_j: float, clock: Clock, hear: Hear
) -> bool | None:
    """Plans and bounds along the row, handed on as they come; whether the last is the optimum, None without a plan.

    Args:
        columns: all of the table. table, line: see `line_of`. paid_j: [n_users] what users pay, J; any are right, good
            ones make it quick.
        dear_j: more than any plan costs. clock: its limit ends it.
        hear: gets plans and bounds, and says when they are enough.
    """
    try:
        corridor = Corridor(table, columns, line, paid_j, dear_j, clock)
    except (LateError, TooWideError):
        return None
    hear(None, corridor.bound_j, corridor.proof)
    held = corridor.plan()
    if hear(_decision(table, columns, held), corridor.bound_j, corridor.proof):
        return False
    if held is None and len(line.server) <= _SHORT:
        return None

    def offer(found: Ints) -> bool:
        return hear(_decision(table, columns, found), corridor.bound_j, corridor.proof)

    done = corridor.run(lambda: hear(None, corridor.bound_j, corridor.proof), offer if held is None else None)
    if done and corridor.held is not None:
        offer(corridor.held)
    return done


def _decision(table: OptionTable, columns: UnitColumns, held: Ints | None) -> Decision | None:
    if held is None or (held < 0).any():
        return None
    server = columns.server[held]
    share = np.zeros((2, len(held)))
    remote = server != LOCAL
    share[:, remote] = np.stack([columns.blocks[held], columns.units[held]])[:, remote]
    share[:, remote] /= np.stack([table.blocks, table.units])[:, server[remote]]
    return Decision(columns.option[held], share[0], share[1])
