"""Shares that make the largest weighted latency least, for options that are given (docs/theory.md, P26)."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from formulations.program import Decision
from instances.columns import Floats, Ints
from instances.latency import with_deadlines
from instances.options import LOCAL, OptionTable
from solvers.allocation.demand import Demand, demand_of
from solvers.allocation.feasible import least_shares, load_of, load_sums
from solvers.objective import decision_cost

__all__ = ["settle"]

MOST_STEPS = 200
PRECISION = 1e-13


def settle(table: OptionTable, chosen: Ints) -> Decision | None:
    """Best shares of a choice; None where none meet the deadlines. Stocks are not looked at: options fix them.

    Continuous shares: the largest latency τ is bisected, servers being loaded by the eigenvalue of P2. Whole pieces:
    the same, by dynamic programming over blocks for the least units (O(n P²) a step on a server with P blocks).

    Args:
        table: of J-M. chosen: [users] rows.
    """
    share = _pieces if table.allocation == "units" else _shares
    best = share(table, chosen, math.inf)
    if best is None:
        return None
    high = decision_cost(table, best)
    low = float((table.weight * _alone_s(table, chosen)).max(initial=0.0))
    for _ in range(MOST_STEPS):
        middle = 0.5 * (low + high)
        if not low + PRECISION * high < high or not low < middle < high:
            break
        tried = share(table, chosen, middle)
        cost = math.inf if tried is None else decision_cost(table, tried)
        if tried is not None and cost < high:
            best, high = tried, cost
        else:
            low = middle
    return best


def _alone_s(table: OptionTable, chosen: Ints) -> Floats:
    """[users] latency with whole shares and the fastest clock."""
    device_s = table.device_s[chosen] / table.clock_max
    return np.asarray(device_s + table.uplink_s[chosen] + table.server_s[chosen] + table.fixed_s[chosen])


def _timed(table: OptionTable, chosen: Ints, largest_s: float) -> Demand:
    """What the choice asks for when nobody may be later than ``largest_s``."""
    timed = dataclasses.replace(table, deadline_s=with_deadlines(table, largest_s))
    return demand_of(timed, chosen)


def _shares(table: OptionTable, chosen: Ints, largest_s: float) -> Decision | None:
    demand = _timed(table, chosen, largest_s)
    late = np.where(demand.needs_shares, demand.slack_s <= 0, demand.slack_s < -PRECISION * np.abs(demand.budget_s))
    sums = load_sums(demand, table.n_servers)
    load = load_of(sums)
    if late.any() or (load > 1 + PRECISION).any():
        return None
    beta, phi = least_shares(demand, sums)
    if table.n_servers:
        full = np.where(load > 0, load, 1.0)[demand.server]
        beta, phi = np.minimum(beta / full, 1.0), np.minimum(phi / full, 1.0)
    return Decision(chosen, np.where(demand.server >= 0, beta, 0.0), np.where(demand.server >= 0, phi, 0.0))


def _pieces(table: OptionTable, chosen: Ints, largest_s: float) -> Decision | None:
    demand = _timed(table, chosen, largest_s)
    if (demand.slack_s < -PRECISION * np.abs(demand.budget_s)).any():
        return None
    beta, phi = np.zeros(table.n_users), np.zeros(table.n_users)
    for s in np.unique(demand.server[demand.needs_shares & (demand.server != LOCAL)]):
        rows = np.flatnonzero(demand.needs_shares & (demand.server == s))
        pieces = int(table.blocks[s]), int(table.units[s])
        got = _hand_out(demand, rows, *pieces)
        if got is None:
            return None
        beta[rows], phi[rows] = got[0] / pieces[0], got[1] / pieces[1]
    return Decision(chosen, beta, phi)


def _hand_out(demand: Demand, rows: Ints, n_blocks: int, n_units: int) -> tuple[Ints, Ints] | None:
    """Whole blocks and units of one server's users with which all are in time; None: there are none."""
    least = np.zeros(n_blocks + 1)  # units that the users so far need at least, by blocks that they may take
    taken: list[tuple[Ints, Floats]] = []
    for i in rows:
        need = _least_units(demand, int(i), n_blocks, n_units)
        at, best = np.zeros(n_blocks + 1, dtype=np.int64), np.full(n_blocks + 1, np.inf)
        for blocks in np.flatnonzero(np.isfinite(need)):
            total = least[: n_blocks + 1 - blocks] + need[blocks]
            better = total < best[blocks:]
            best[blocks:][better], at[blocks:][better] = total[better], blocks
        least = best
        taken.append((at, need))
    if not least[-1] <= n_units:
        return None
    left, blocks_of, units_of = n_blocks, np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    for k in range(len(rows) - 1, -1, -1):
        blocks_of[k] = taken[k][0][left]
        units_of[k] = int(taken[k][1][blocks_of[k]])
        left -= int(blocks_of[k])
    return blocks_of, units_of


def _least_units(demand: Demand, i: int, n_blocks: int, n_units: int) -> Floats:
    """[blocks + 1] fewest compute units with which a user is in time; inf where no number does."""
    blocks = np.arange(n_blocks + 1)
    hair = 1e-12 * abs(demand.budget_s[i])
    with np.errstate(divide="ignore", invalid="ignore"):
        air = np.where(demand.uplink_s[i] > 0, demand.uplink_s[i] * n_blocks / blocks, 0.0)
        left = demand.slack_s[i] - air + hair
        units = np.where(left > 0, np.ceil(demand.server_s[i] * n_units / left), np.inf)
    if demand.server_s[i] == 0:
        units = np.where(left >= 0, 0.0, np.inf)
    # Rounding may have asked for one more than needed, or one less.
    fewer = np.maximum(units - 1, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        enough = (demand.server_s[i] > 0) & (demand.server_s[i] * n_units / fewer <= left)
    units = np.where(enough & np.isfinite(units), fewer, units)
    return np.where(units <= n_units, units, np.inf)
