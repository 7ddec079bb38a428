"""What requests may ask for: a few ways for each user, as whole blocks and units of servers, with what they cost."""

from __future__ import annotations

import dataclasses

import numpy as np

from formulations.parts.unit_columns import UnitColumns, list_columns
from instances.columns import Bools, Floats, Ints
from instances.errors import InputError
from instances.expand import expand
from instances.instance import Instance
from instances.options import LOCAL, OptionTable
from instances.prune import prune

__all__ = ["Market"]

SCARCITY = (0.3, 3.0, 30.0)
"""Prices of a whole server, over the range of a user's costs there, at which its best column is offered."""
TURNED_AWAY = 5.0
"""Cost of turning a user away that cannot do without a server, over that of its dearest column."""


@dataclasses.dataclass(frozen=True, eq=False)
class Market:
    """The menus of all users of an instance.

    Action 0 does without a server: the user's best local option, or to be turned away where it has none. Action
    1 + s·k + j is the j-th offer of server s. Resources are (server, kind) with kinds blocks, units, memory.

    Args:
        table: the options behind the menus.
        option: [users, actions] row of the table; −1: no offer, or turned away.
        cost: [users, actions] of one inference, in the problem's unit; inf: no offer.
        use: [users, actions, resources] part of each server that it takes.
        blocks, units: [users, actions] whole pieces.
        offers: k.
    """

    table: OptionTable
    option: Ints
    cost: Floats
    use: Floats
    blocks: Ints
    units: Ints
    offers: int

    @property
    def n_actions(self) -> int:
        """Actions of every user."""
        return int(self.cost.shape[1])

    @property
    def n_resources(self) -> int:
        """Servers × kinds."""
        return int(self.use.shape[2])

    @property
    def turned_away(self) -> Bools:
        """[users] whether action 0 turns the user away."""
        return np.asarray((self.option[:, 0] < 0) | self.table.is_rejection[self.option[:, 0]])

    @classmethod
    def of(cls, instance: Instance, offers: int = len(SCARCITY)) -> Market:
        """Menus of an instance with whole units.

        Of the columns of a user at a server (docs/theory.md, P4) those that are best at ``offers`` levels of scarcity.

        Raises:
            InputError: continuous allocation, energy budgets, or too many offers.
        """
        if instance.allocation != "units":
            raise InputError("allocation", f"is '{instance.allocation}'", "requests book whole blocks and units",
                             "instance.replace(allocation='units')")  # fmt: skip
        if instance.energy_budget_j is not None:
            raise InputError("energy_budget_j", "is given", "a budget is used up, capacity comes back",
                             "leave it out")  # fmt: skip
        if not 1 <= offers <= len(SCARCITY):
            raise InputError("offers", f"is {offers}", fix=f"1 to {len(SCARCITY)}")
        table = prune(expand(instance))
        columns = list_columns(table)
        n, servers = instance.n_users, instance.n_servers
        kinds = 2 + len(table.stocks)
        shape = (n, 1 + servers * offers)
        option, blocks, units = np.full(shape, -1), np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        cost, use = np.full(shape, np.inf), np.zeros((*shape, servers * kinds))
        taken = _taken(table, columns)
        start = np.searchsorted(columns.user, np.arange(n + 1))
        for i in range(n):
            rows = np.arange(start[i], start[i + 1])
            local = rows[columns.server[rows] == LOCAL]
            if len(local):
                option[i, 0], cost[i, 0] = columns.option[local[0]], columns.cost_j[local[0]]
            else:
                cost[i, 0] = TURNED_AWAY * columns.cost_j[rows].max() if len(rows) else 1.0
            for s in range(servers):
                mine = rows[columns.server[rows] == s]
                for j, k in enumerate(_best_offers(columns, taken, mine, offers)):
                    a = 1 + s * offers + j
                    option[i, a], cost[i, a] = columns.option[k], columns.cost_j[k]
                    blocks[i, a], units[i, a] = columns.blocks[k], columns.units[k]
                    use[i, a, s * kinds : (s + 1) * kinds] = taken[k]
        return cls(table, option, cost, use, blocks, units, offers)


def _taken(table: OptionTable, columns: UnitColumns) -> Floats:
    """[columns, kinds] part of its server that each column takes."""
    remote = columns.server != LOCAL
    server = np.where(remote, columns.server, 0)
    if not table.n_servers:
        return np.zeros((len(columns), 2 + len(table.stocks)))
    pieces = np.stack([columns.blocks / table.blocks[server], columns.units / table.units[server]], axis=1)
    both = np.concatenate([pieces, table.stock_part[columns.option]], axis=1)
    return np.asarray(np.where(remote[:, None], both, 0.0))


def _best_offers(columns: UnitColumns, taken: Floats, mine: Ints, offers: int) -> list[int]:
    """Columns that are best at each scarcity, cheapest first, none twice."""
    if not len(mine):
        return []
    load, cost = taken[mine].sum(axis=1), columns.cost_j[mine]
    picked = [int(mine[np.argmin(cost + price * np.ptp(cost) * load)]) for price in SCARCITY[-offers:]]
    return list(dict.fromkeys(picked))
