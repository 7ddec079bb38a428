"""Best continuous shares for given options: exact, with the dual value as proof."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from instances import physics
from instances.columns import Floats, Ints
from instances.options import OptionTable
from solvers.allocation.demand import Demand, demand_of, rows_by_server
from solvers.allocation.feasible import LOAD_TOLERANCE, least_shares, load_of, load_sums
from solvers.allocation.prices import Prices, find_prices
from solvers.allocation.response import Cell, cell_of
from solvers.allocation.result import Allocation, finish_allocation

__all__ = ["allocate"]

_ULP = float(np.finfo(float).eps)
_BLENDS = (0.0, *10.0 ** np.arange(-14.0, 0.5))


def allocate(table: OptionTable, chosen: Ints) -> Allocation:
    """Shares and clocks of least weighted cost (energy; under J-L latency too) when user i runs option ``chosen[i]``.

    Servers where no shares meet every deadline are marked infeasible and get shares of 0; nothing is raised for them.

    Raises:
        InputError: ``chosen`` is not one option of each user.
    """
    demand = demand_of(table, chosen)
    n_servers = table.n_servers
    sums = load_sums(demand, n_servers)
    load = load_of(sums)
    feasible = load <= 1 + LOAD_TOLERANCE
    beta, phi = np.zeros(len(demand)), np.zeros(len(demand))
    mu, nu, lower = np.zeros(n_servers), np.zeros(n_servers), np.where(feasible, 0.0, np.inf)
    rows, servers, seg = rows_by_server(demand, feasible)
    if len(rows):
        least = tuple(share[rows] / load[demand.server[rows]] for share in least_shares(demand, sums))
        bare = _bare_energy(demand, rows, seg, len(servers))
        # Without any energy all shares that meet the deadlines are optimal.
        scale = np.where(bare > 0, bare, 1.0)
        cell = cell_of(demand, rows, seg, scale)
        prices = find_prices(cell, *_first_prices(cell, least))
        beta[rows], phi[rows] = _recover(cell, demand, rows, prices, least)
        mu[servers], nu[servers] = prices.uplink * scale, prices.compute * scale
        # The scale is a bound of its own (or there is no energy): better than prices at the edge of feasibility.
        lower[servers] = np.maximum(prices.value, np.where(bare > 0, 1 - 1e-13, 0.0)) * scale
    return finish_allocation(table, demand, (beta, phi), (mu, nu), feasible, lower)


def _bare_energy(demand: Demand, rows: Ints, seg: Ints, n: int) -> Floats:
    """[n] lower bound on the cost of each server (J): unhurried clocks, plus the best shares without deadlines."""
    second, slow = demand.floor_w[rows], demand.clock_min[rows]
    idle = np.bincount(seg, demand.device_j[rows] * slow**2 + second * demand.device_s[rows] / slow, n)
    send = np.bincount(seg, np.sqrt((demand.send_w[rows] + second) * demand.uplink_s[rows]), n) ** 2
    wait = np.bincount(seg, np.sqrt(second * demand.server_s[rows]), n) ** 2
    return np.asarray(idle + send + wait, dtype=float)


def _first_prices(cell: Cell, least: tuple[Floats, ...]) -> tuple[Floats, Floats]:
    """[n_servers, 2] prices and [n_users] s that would go with the clocks of the least shares (scaled to sum to 1)."""
    used = physics.over_share(cell.air, least[0]) + physics.over_share(cell.run, least[1])
    device = np.clip(cell.budget - used, cell.low, cell.high)
    worth = np.zeros(len(device))
    # Stationarity of w e (l/d)² + λd: λ = 2we l²/d³.
    np.divide(cell.bend**3, device**3, out=worth, where=device > 0)
    worth = np.maximum(np.where(device >= cell.high, 0.01 * worth, worth), cell.floor)
    roots = [np.sqrt(cell.air * (cell.power + worth)), np.sqrt(cell.run * worth)]
    first = np.maximum(np.stack([cell.total(root) ** 2 for root in roots], axis=1), 1e-6)
    return first, 1 / np.sqrt(np.maximum(worth, 1e-12))


def _recover(
    cell: Cell, demand: Demand, rows: Ints, prices: Prices, least: tuple[Floats, ...]
) -> tuple[Floats, Floats]:
    """Shares that fit and meet every deadline, from those that answer the prices.

    All of each resource is handed out: more of it harms nobody. Where rounding in the prices leaves a user late at
    its fastest clock, its server takes the smallest step towards the least shares that mends it (both are feasible
    sets' members up to rounding, and the set is convex).
    """
    ideal = tuple(_fill(cell, share) for share in (prices.uplink_share, prices.compute_share))
    least = tuple(_fill(cell, share) for share in least)
    slack = demand.slack_s[rows]
    blend, late = np.zeros(len(cell.start)), np.ones(len(cell.start), dtype=bool)
    shares = ideal
    for step in _BLENDS:
        blend = np.where(late, step, blend)
        part = blend[cell.seg]
        shares = tuple((1 - part) * a + part * b for a, b in zip(ideal, least, strict=True))
        late = _late(cell, shares, slack)
        if not late.any():
            break
    return shares[0], shares[1]


def _fill(cell: Cell, share: Floats) -> Floats:
    """Shares scaled so that those of each server sum to 1, less what adding them up in any order may round away."""
    count = np.diff(np.append(cell.start, len(cell.seg)))
    total = cell.total(share)
    full = 1 - _ULP * (4 + 0.5 * np.sqrt(count))
    factor = np.divide(full, total, out=np.zeros(len(total)), where=total > 0)
    return np.asarray(share * factor[cell.seg])


def _late(cell: Cell, shares: tuple[Floats, ...], slack: Floats) -> NDArray[np.bool_]:
    """[n_servers] whether some user misses its deadline at its fastest clock."""
    used = physics.over_share(cell.air, shares[0]) + physics.over_share(cell.run, shares[1])
    return np.maximum.reduceat((used > slack).astype(np.int64), cell.start) > 0
