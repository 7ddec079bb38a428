"""Fewer options to search over: those that are best at some shares, or lightest, of each user and server.

Small tables are left as they are, but for options dearer than running locally. Part of what is left out elsewhere is
superfluous (as `instances.prune` could prove); the rest is best only between the shares looked at, where another
option is nearly as good. A bound must not be built on what remains.
"""

from __future__ import annotations

import numpy as np

from instances.columns import Floats, Ints
from instances.options import LOCAL, OptionTable
from solvers.allocation import load_of, option_terms

__all__ = ["thin"]

_MOST_COSTS = 6e6
_SIDES = (5, 24)
_FEW = 300
_LEAST_SHARE = 1 / 8


def thin(table: OptionTable) -> Ints:
    """Rows worth searching, sorted; every user that has an option keeps one."""
    alone = table.cost_j()
    cheaper_local = np.full(table.n_users, np.inf)
    local = table.is_local
    np.minimum.at(cheaper_local, table.user[local], alone[local])
    pool = np.flatnonzero(np.isfinite(alone) & (local | (alone < cheaper_local[table.user])))
    if len(pool) <= _FEW:
        return pool
    pair = table.user[pool] * (table.n_servers + 1) + table.server[pool] + 1
    pool = pool[np.argsort(pair, kind="stable")]
    pair = table.user[pool] * (table.n_servers + 1) + table.server[pool] + 1
    start = np.flatnonzero(np.diff(pair, prepend=-1) != 0)
    keep = np.zeros(len(pool), dtype=bool)
    light = load_of(option_terms(table)[pool])
    for score in (light, *table.stock[pool].T, table.uplink_s[pool], table.server_s[pool]):
        keep[_first_least(np.where(table.server[pool] == LOCAL, alone[pool], score), start)] = True
    for pair_of_shares in _shares(table, len(pool)):
        beta, phi = (_whole(table, pool, share, k) for k, share in enumerate(pair_of_shares))
        with np.errstate(invalid="ignore"):  # no share, no transmit power: 0 · inf, late anyhow
            cost = table.cost_j(beta, phi, pool)
        keep[_first_least(np.where(np.isnan(cost), np.inf, cost), start)] = True
    return np.sort(pool[keep])


def _shares(table: OptionTable, n: int) -> list[tuple[float, float]]:
    """Pairs of shares, log-spaced from an eighth of a fair share to the whole."""
    side = int(np.clip(np.sqrt(_MOST_COSTS / n), *_SIDES))
    crowd = max(1.0, table.n_users / max(1, table.n_servers))
    grid = np.geomspace(_LEAST_SHARE / crowd, 1.0, side)
    return [(float(b), float(p)) for b in grid for p in grid]


def _whole(table: OptionTable, rows: Ints, share: float, resource: int) -> Floats:
    """[rows] the share, under units rounded up to whole blocks (resource 0) or compute units (1) of the server."""
    if table.allocation != "units" or not table.n_servers:
        return np.full(len(rows), share)
    pieces = (table.blocks, table.units)[resource][table.server[rows]]
    return np.asarray(np.ceil(share * pieces * (1 - 1e-12)) / pieces)


def _first_least(score: Floats, start: Ints) -> Ints:
    """First row of least score of every segment."""
    least = np.minimum.reduceat(score, start)
    seg = np.repeat(np.arange(len(start)), np.diff(np.append(start, len(score))))
    hit = np.flatnonzero(score == least[seg])
    return hit[np.unique(seg[hit], return_index=True)[1]]
