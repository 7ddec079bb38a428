"""How much of a server an option takes, as numbers that add up over users, so that a move is tested in O(1).

A group fits a server only if, for every direction (μ, ν) ≥ 0, the least μβ + νφ of its options adds up to at most
μ + ν. Under continuous shares the worst direction is an eigenvalue (`solvers.allocation.feasible`) of three sums and
the test is exact. Under whole units a fan of directions is used; what passes may still not fit, and the allocation
decides. Each stock (memory, energy) is one more direction.
"""

from __future__ import annotations

import numpy as np

from instances.columns import Floats, Ints
from instances.options import OptionTable
from solvers.allocation import load_of, option_terms

__all__ = ["Loads"]

_DIRECTIONS = 17
_MOST_PIECES = 64


class Loads:
    """Load terms [n_options, k] of a table; `level` of their sums is at most 1 where a group may fit."""

    def __init__(self, table: OptionTable) -> None:
        self._exact = table.allocation != "units"
        terms = option_terms(table) if self._exact else _unit_terms(table)
        self.terms = np.column_stack([terms, table.stock_part])
        self.terms[table.is_local] = 0.0

    def level(self, sums: Floats) -> Floats:
        """Load of each row of sums [..., k]: above 1 it does not fit."""
        if not self._exact:
            return np.asarray(sums.max(axis=-1))
        return np.asarray(np.maximum(load_of(sums[..., :3]), sums[..., 3:].max(axis=-1)))


def _unit_terms(table: OptionTable) -> Floats:
    """[n_options, directions] least θ·b/P + (1−θ)·m/M over the whole pieces (b, m) that meet the deadline."""
    theta = np.linspace(0.0, 1.0, _DIRECTIONS)
    terms = np.full((len(table), _DIRECTIONS), np.inf)
    for server in range(table.n_servers):
        rows = np.flatnonzero(table.server == server)
        units = _counts(int(table.units[server]))
        share = _least_blocks(table, rows, units / table.units[server], int(table.blocks[server]))
        compute = np.where(np.isfinite(share), units / table.units[server], np.inf)
        for k, t in enumerate(theta):
            both = (t * share if t > 0 else np.where(np.isfinite(share), 0.0, np.inf)) + (
                (1 - t) * compute if t < 1 else 0.0
            )
            terms[rows, k] = both.min(axis=1)
    return terms


def _counts(pieces: int) -> Ints:
    """Numbers of pieces to try: all, or a spread of them when there are many."""
    if pieces <= _MOST_PIECES:
        return np.arange(pieces + 1)
    return np.unique(np.concatenate([[0], np.geomspace(1, pieces, _MOST_PIECES).astype(np.int64), [pieces]]))


def _least_blocks(table: OptionTable, rows: Ints, compute_share: Floats, blocks: int) -> Floats:
    """[rows, shares] least share of the uplink in whole blocks with these compute shares; inf where none is enough."""
    air, run, slack = table.uplink_s[rows, None], table.server_s[rows, None], table.slack_s[rows, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        left = slack - np.where(run > 0, run / compute_share, 0.0)
        count = np.where(air > 0, np.ceil(blocks * air / left * (1 - 1e-12)), 0.0)
    fits = (left > 0) | ((air == 0) & (left >= 0))
    return np.where(fits & (count <= blocks), count / blocks, np.inf)
