"""What every option costs when uplink and compute are bought at prices: the estimate that ranks candidate moves.

v_o(μ, ν) = min {w e z² + w p x + μ a'/x + ν c/y + w q : l/z + x + y ≤ D − t}, plus κ times the latency under J-L. By
duality (docs/theory.md, P5) the cost of a group at its own prices rises by at least v_o when o joins and falls by at
most v_o when o leaves, so a move whose estimate is not negative cannot pay.
"""

from __future__ import annotations

import numpy as np

from instances.columns import Floats, Ints
from instances.options import OptionTable
from solvers.allocation.demand import demand_of_rows, variable_cost
from solvers.allocation.response import cell_of, respond

__all__ = ["Pricing"]

_LEAST_PRICE = 1e-12


class Pricing:
    """Values of the options of one table at any prices.

    Args:
        table: the options.
        usable: rows that can meet their deadline alone; all others are worth inf.
    """

    def __init__(self, table: OptionTable, usable: Ints) -> None:
        self._table = table
        alone = table.cost_j()
        self._base = np.full(len(table), np.inf)
        self._base[usable] = alone[usable]
        working = (table.uplink_s[usable] + table.server_s[usable] > 0) & ~table.is_local[usable]
        self._rows = usable[working]
        self._demand = demand_of_rows(table, self._rows)
        self._cell = cell_of(self._demand, np.arange(len(self._rows)), table.server[self._rows],
                             np.ones(table.n_servers)) if len(self._rows) else None  # fmt: skip
        self._guess: Floats | None = None
        self._share = np.zeros((2, len(table)))

    def values(self, uplink_price: Floats, compute_price: Floats) -> Floats:
        """[n_options] v_o at prices [n_servers], J; static energy is not in it."""
        value = self._base.copy()
        if self._cell is None:
            return value
        cell, demand = self._cell, self._demand
        mu, nu = np.maximum(uplink_price, _LEAST_PRICE), np.maximum(compute_price, _LEAST_PRICE)
        got = respond(cell, mu, nu, self._guess)
        self._guess = got.s
        clock = np.clip(_ratio(demand.device_s, got.device), demand.clock_min, demand.clock_max)
        share = np.stack([_ratio(demand.uplink_s, got.air), _ratio(demand.server_s, got.run)])
        self._share[:, self._rows] = share
        paid = mu[cell.seg] * share[0] + nu[cell.seg] * share[1]
        power = demand.send_w, demand.floor_w
        cost = variable_cost(demand.device_j, demand.device_s, clock, got.air, got.run, power)
        value[self._rows] = cost + paid + demand.constant_j
        return value

    def shares(self, chosen: Ints) -> Floats:
        """[2, n_servers] uplink and compute that these options ask for at the prices of the last `values`."""
        server, n = self._table.server[chosen] + 1, self._table.n_servers
        return np.stack([np.bincount(server, share[chosen], n + 1)[1:] for share in self._share])


def _ratio(work: Floats, time: Floats) -> Floats:
    return np.divide(work, time, out=np.zeros(len(work)), where=time > 0)
