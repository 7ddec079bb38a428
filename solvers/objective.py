"""What a decision on an option table costs. `instances.check` has the last word; this is for use while searching."""

from __future__ import annotations

import math

import numpy as np

from formulations.program import Decision
from instances.columns import Bools, Floats, Ints
from instances.options import LOCAL, OptionTable

__all__ = ["decision_cost"]

TOLERANCE = 1e-9
"""Relative room for rounding, as in `instances.check`."""


def decision_cost(table: OptionTable, decision: Decision) -> float:
    """Σ w_i (E_i + ω_i T_i) at the best clocks plus static energy of servers in use (docs/theory.md), problem's unit.

    Inf when a deadline, a capacity, the memory or energy of a server or the rule of whole units is broken, or when
    ``chosen`` is not one option of each user.
    """
    chosen = np.asarray(decision.chosen, dtype=np.int64)
    if not _one_option_each(table, chosen):
        return math.inf
    remote = table.server[chosen] != LOCAL
    shares = [np.where(remote, share, 0.0) for share in (decision.uplink_share, decision.compute_share)]
    if not _fits(table, chosen, shares):
        return math.inf
    with np.errstate(invalid="ignore", divide="ignore"):  # no share, no transmit power: 0 · inf, thrown out as late
        cost = table.cost_j(shares[0], shares[1], chosen)
    if not np.isfinite(cost).all():
        return math.inf
    if table.aggregate == "max":
        return float(cost.max())
    used = np.unique(table.server[chosen][remote])
    return float(cost.sum() + table.static_j[used].sum())


def _one_option_each(table: OptionTable, chosen: Ints) -> bool:
    if chosen.shape != (table.n_users,) or not ((chosen >= 0) & (chosen < len(table))).all():
        return False
    return bool((table.user[chosen] == np.arange(table.n_users)).all())


def _fits(table: OptionTable, chosen: Ints, shares: list[Floats]) -> bool:
    server = table.server[chosen]
    at = server[server != LOCAL]
    for share, pieces in zip(shares, (table.blocks, table.units), strict=True):
        if not (np.isfinite(share) & (share >= 0)).all():
            return False
        if (np.bincount(at, share[server != LOCAL], table.n_servers) > 1 + TOLERANCE).any():
            return False
        if table.allocation == "units" and not _whole(share[server != LOCAL] * pieces[at]).all():
            return False
    for taken, room in zip(table.stock[chosen][server != LOCAL].T, table.stock_room.T, strict=True):
        if (np.bincount(at, taken, table.n_servers) > room * (1 + TOLERANCE)).any():
            return False
    return True


def _whole(count: Floats) -> Bools:
    return np.asarray(np.abs(count - np.round(count)) <= TOLERANCE * np.maximum(count, 1.0))
