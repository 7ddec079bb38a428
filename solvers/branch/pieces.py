"""What users can choose from under `units` allocation: options with whole blocks and compute units."""

from __future__ import annotations

import copy

import numpy as np

from formulations.parts.unit_columns import UnitColumns, column_parts, join_columns, list_columns
from formulations.program import Decision
from instances.columns import Bools, Floats, Ints
from instances.options import LOCAL, OptionTable
from solvers.allocation import allocate_any
from solvers.answer import Clock
from solvers.branch.offers import Columns, Priced, priced
from solvers.branch.rates import Rates

__all__ = ["Pieces"]

_ROOM = 1e-9


class Pieces:
    """Columns (option, blocks, units): each is an offer of its own, with fixed amounts (docs/theory.md, P4, P5e).

    ``blocks``, ``units``, ``cost_j``: [offers].

    Args:
        table: options. columns: all of it, where they are known.
    """

    def __init__(self, table: OptionTable, columns: UnitColumns | None = None) -> None:
        self.table = table
        columns = list_columns(table) if columns is None else columns
        self.row, self.user, self.server = columns.option, columns.user, columns.server
        self.blocks, self.units = columns.blocks, columns.units
        at = np.where(self.server == LOCAL, 0, self.server)
        beta = np.where(self.server == LOCAL, 0.0, columns.blocks / table.blocks[at] if table.n_servers else 0.0)
        phi = np.where(self.server == LOCAL, 0.0, columns.units / table.units[at] if table.n_servers else 0.0)
        self._amount = np.vstack([beta, phi, table.stock_part[self.row].T])
        self.cost_j = columns.cost_j

    @classmethod
    def in_time(cls, table: OptionTable, clock: Clock) -> Pieces | None:
        """Those of a table; None when the clock runs out before all are listed."""
        parts = []
        for part in column_parts(table):
            if clock.left_s <= 0:
                return None
            parts.append(part)
        return cls(table, join_columns(table, parts))

    @property
    def listed(self) -> UnitColumns:
        """As columns of the units model."""
        return UnitColumns(self.row, self.blocks, self.units, self.cost_j, self.user, self.server)

    @property
    def part(self) -> Floats:
        """[2, offers] of uplink and compute that each takes."""
        return self._amount[:2]

    def take(self, rows: Ints) -> Pieces:
        """Some of the columns."""
        part = copy.copy(self)
        for name in ("row", "user", "server", "blocks", "units", "cost_j"):
            setattr(part, name, getattr(self, name)[rows])
        part._amount = self._amount[:, rows]
        return part

    def price(self, rates: Rates, live: Bools, *, sharp: bool) -> Priced:
        """See `Offers`; always sharp."""
        value = self.cost_j.copy()
        remote = np.flatnonzero(self.server != LOCAL)
        paid = (self._amount[:, remote] * rates.prices[:, self.server[remote]]).sum(axis=0)
        value[remote] = (value[remote] + paid) * (1 - 8 * np.finfo(float).eps)
        return priced(value + rates.links_of(self.user, self.server), live, self.user, self.table.n_users)

    def columns(self, offers: Ints) -> Columns:
        """See `Offers`."""
        return Columns(offers, self._amount[:, offers], self.cost_j[offers])

    def decision(self, offers: Ints) -> Decision | None:
        """See `Offers`. The pieces are those of the offers, or, if they are too many together, as few as will do."""
        chosen, amount = self.row[offers], self._amount[:, offers]
        remote = self.server[offers] != LOCAL
        for part in amount:
            if (np.bincount(self.server[offers][remote], part[remote], self.table.n_servers) > 1 + _ROOM).any():
                break
        else:
            return Decision(chosen, amount[0], amount[1])
        shares = allocate_any(self.table, chosen)
        return Decision(chosen, shares.uplink_share, shares.compute_share) if shares.feasible.all() else None
