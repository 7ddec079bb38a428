"""Best whole blocks and units for given options, by dynamic programming: exact, for small servers and as an oracle."""

from __future__ import annotations

import numpy as np

from instances.columns import Floats, Ints
from instances.options import LOCAL, OptionTable
from solvers.allocation.demand import Demand, demand_of, variable_cost
from solvers.allocation.result import Allocation, finish_allocation

__all__ = ["allocate_units_exact", "price_pieces"]


def price_pieces(demand: Demand, rows: Ints, blocks: Floats, units: Floats) -> Floats:
    """Weighted cost (J, without constants) of users ``rows`` at given shares; inf where deadline or device limit fails.

    Args:
        blocks, units: shares that broadcast against each other and, on the first axis, against ``rows``.
    """
    extra = (slice(None),) + (None,) * (max(np.ndim(blocks), np.ndim(units)) - 1)
    a, c, length = (column[rows][extra] for column in (demand.uplink_s, demand.server_s, demand.device_s))
    with np.errstate(divide="ignore", invalid="ignore"):
        air, run = np.where(a > 0, a / blocks, 0.0), np.where(c > 0, c / units, 0.0)
        left = demand.budget_s[rows][extra] - air - run
        need = np.where(length > 0, np.where(left > 0, length / left, np.inf), 0.0)
        clock = np.maximum(need, demand.clock_min[rows][extra])
        # The same hair of room as in OptionTable.cost_j.
        fits = (clock <= demand.clock_max[rows][extra] * (1 + 1e-12)) & (left >= 0)
        if demand.device_limit is not None:
            limit = demand.device_limit.take((rows, *extra[1:]))
            fits &= limit.holds(np.minimum(clock, demand.clock_max[rows][extra]), air)
        power = demand.send_w[rows][extra], demand.floor_w[rows][extra]
        cost = variable_cost(demand.device_j[rows][extra], length, np.where(fits, clock, 1.0), air, run, power)
        return np.where(fits, cost, np.inf)


def allocate_units_exact(table: OptionTable, chosen: Ints) -> Allocation:
    """Blocks and units of least weighted cost when user i runs option ``chosen[i]``: optimal, so bound = objective.

    Takes O(n P² M²) steps on a server with n users, P blocks and M units; meant for P, M ≤ 30 and few users.
    Servers where no whole pieces meet every deadline are marked infeasible and get shares of 0.

    Raises:
        InputError: ``chosen`` is not one option of each user.
    """
    demand = demand_of(table, chosen)
    beta, phi = np.zeros(len(demand)), np.zeros(len(demand))
    feasible, lower = np.ones(table.n_servers, dtype=bool), np.zeros(table.n_servers)
    work = demand.needs_shares
    for s in np.unique(demand.server[work & (demand.server != LOCAL)]):
        rows = np.flatnonzero(work & (demand.server == s))
        pieces = int(table.blocks[s]), int(table.units[s])
        got = _settle_server(demand, rows, *pieces)
        feasible[s] = got is not None
        lower[s] = np.inf
        if got is not None:
            lower[s], blocks, units = got
            beta[rows], phi[rows] = blocks / pieces[0], units / pieces[1]
    free = np.zeros(table.n_servers)
    return finish_allocation(table, demand, (beta, phi), (free, free), feasible, lower)


def _settle_server(demand: Demand, rows: Ints, n_blocks: int, n_units: int) -> tuple[float, Ints, Ints] | None:
    """Least energy of one server and each user's blocks and units; None when the deadlines cannot be met."""
    shape = (n_blocks + 1, n_units + 1)
    best = np.zeros(shape)
    taken: list[tuple[Ints, Ints]] = []
    for i in rows:
        options = _useful_pieces(demand, int(i), n_blocks, n_units)
        nxt, blocks, units = np.full(shape, np.inf), np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        for b, m, cost in options:
            trial = best[: shape[0] - b, : shape[1] - m] + cost
            target = nxt[b:, m:]
            better = trial < target
            target[better] = trial[better]
            blocks[b:, m:][better], units[b:, m:][better] = b, m
        best = nxt
        taken.append((blocks, units))
    if not np.isfinite(best[-1, -1]):
        return None
    b, m = n_blocks, n_units
    picked = np.zeros((2, len(rows)), dtype=np.int64)
    for k in range(len(rows) - 1, -1, -1):
        picked[:, k] = taken[k][0][b, m], taken[k][1][b, m]
        b, m = b - int(picked[0, k]), m - int(picked[1, k])
    return float(best[-1, -1]), picked[0], picked[1]


def _useful_pieces(demand: Demand, i: int, n_blocks: int, n_units: int) -> list[tuple[int, int, float]]:
    """(blocks, units, J) of one user for which neither one block nor one unit less costs as little."""
    b, m = np.arange(n_blocks + 1)[None, :, None], np.arange(n_units + 1)[None, None, :]
    cost = price_pieces(demand, np.array([i]), b / n_blocks, m / n_units)[0]
    useful = np.isfinite(cost)
    useful[1:] &= cost[1:] < cost[:-1]
    useful[:, 1:] &= cost[:, 1:] < cost[:, :-1]
    return [(int(p), int(q), float(cost[p, q])) for p, q in np.argwhere(useful)]
