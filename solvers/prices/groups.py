"""The convex program behind the best prices: rows, their groups, and what they say at some prices.

A group is a user, whose rows are options, or a server, whose rows are off (worth 0) and on (worth f − μ − ν − π).
"""

from __future__ import annotations

import dataclasses

import numpy as np
import scipy.sparse

from instances.columns import Floats, Ints
from solvers.prices.curvature import look_closely
from solvers.prices.dual import Dual
from solvers.prices.memory import memory_counts

__all__ = ["Rows", "View"]

_RIDGE = 1e-13


@dataclasses.dataclass(frozen=True, eq=False)
class View:
    """What the rows are worth at some prices: ``values`` [n], ``slopes`` [n_sloped, 3], ``bends`` [n_work, 3]."""

    values: Floats
    slopes: Floats
    bends: Floats
    value_j: float


class Rows:
    """Rows in this order: options, then local ones, then servers that are off, then servers that are on.

    ``group`` [n]: of each row; ``free``: places in the flattened [3, n_servers] prices that may move; ``options``: rows
    of the table behind the first rows; ``force``: λ of the options, kept from view to view.

    Args:
        dual: the dual function.
        kept: [n] places in ``dual.work``, in order; every user has a row there or can run locally.
    """

    def __init__(self, dual: Dual, kept: Ints) -> None:
        table, n = dual.table, dual.table.n_servers
        self.dual, self.kept, self.work = dual, kept, dual.work.take(kept)
        self.force = np.where(np.isfinite(dual.force[kept]), dual.force[kept], 1.0)
        self.room_mb = self.work.memory_mb / dual.memory[self.work.server]
        local, servers = np.flatnonzero(np.isfinite(dual.local_j)), np.arange(n)
        self.n_groups = table.n_users + n
        self.group = np.concatenate([self.work.user, local, table.n_users + servers, table.n_users + servers])
        self.local_j, self.local_row = dual.local_j[local], dual.local_row[local]
        self.options = np.concatenate([self.work.row, self.local_row])
        self.sloped = np.concatenate([np.arange(len(kept)), len(kept) + len(local) + n + servers])
        self.server = np.concatenate([self.work.server, servers])
        pairs, self.pair = np.unique(self.group[self.sloped] * n + self.server, return_inverse=True)
        self.group_of_pair, server = np.divmod(pairs, max(n, 1))
        start = 3 * np.searchsorted(self.group_of_pair, np.arange(self.n_groups + 1))
        self._place = (server[:, None] + n * np.arange(3)).ravel(), start
        # Prices that may move: memory is free where its row is implied.
        self.free = np.flatnonzero(np.concatenate([np.ones(2 * n, dtype=bool), memory_counts(dual, self.work)]))

    def view(self, p: Floats, steps: int) -> View:
        """All rows at some prices [free], after some steps for λ."""
        prices, table, room = self.spread_out(p), self.dual.table, self.dual.room
        mu, nu, pi = prices[:, self.work.server]
        self.force, value, slopes, bends = look_closely(self.work, self.force, mu, nu, steps)
        on = room * (table.static_j - prices.sum(axis=0))
        values = np.concatenate([value + pi * self.room_mb, self.local_j, np.zeros(table.n_servers), on])
        slopes = np.column_stack([slopes, self.room_mb])
        slopes = np.concatenate([slopes, np.full((table.n_servers, 3), -room)])
        return View(values, slopes, bends, float(self.least(values).sum()))

    def matrix(self, view: View, x: Floats, w: Floats, stiff: Floats) -> Floats:
        """[free, free] of the equations left for the prices: Σ w (g − ḡ)(g − ḡ)ᵀ − Σ x ∇²v + diag(stiff) ≻ 0.

        g: slopes of rows; ḡ: their mean over the group with weights w.
        """
        n, slopes, bends = self.dual.table.n_servers, view.slopes, view.bends
        weight, kept = w[self.sloped], len(self.kept)
        matrix, at = np.zeros((3, n, 3, n)), np.arange(n)
        for a in range(3):
            for b in range(a, 3):
                block = np.bincount(self.server, weight * slopes[:, a] * slopes[:, b], n)
                if b < 2:
                    block -= np.bincount(self.work.server, x[:kept] * bends[:, a + b], n)
                matrix[a, at, b, at] = matrix[b, at, a, at] = block
        sums = [np.bincount(self.pair, weight * slopes[:, k], len(self.group_of_pair)) for k in range(3)]
        share = np.stack(sums, axis=1) / np.sqrt(self.sum(w)[self.group_of_pair])[:, None]
        mean = scipy.sparse.csr_array((share.ravel(), *self._place), shape=(self.n_groups, 3 * n))
        left = matrix.reshape(3 * n, 3 * n) - (mean.T @ mean).toarray()
        left = left[np.ix_(self.free, self.free)]
        diagonal = np.einsum("ii->i", left)
        diagonal += stiff + _RIDGE * np.abs(diagonal)
        return np.asarray(left)

    def spread_out(self, p: Floats) -> Floats:
        """[3, n_servers] with 0 where prices may not move."""
        full = np.zeros(3 * self.dual.table.n_servers)
        full[self.free] = p
        return full.reshape(3, -1)

    def sum(self, amount: Floats) -> Floats:
        """[n_groups] sums over rows."""
        return np.asarray(np.bincount(self.group, amount, self.n_groups), dtype=float)

    def least(self, values: Floats) -> Floats:
        """[n_groups] least value."""
        least = np.full(self.n_groups, np.inf)
        np.minimum.at(least, self.group, values)
        return least

    def pull(self, weight: Floats, view: View) -> Floats:
        """[free] Σ weight · slope."""
        n, amount = self.dual.table.n_servers, weight[self.sloped]
        sums = [np.bincount(self.server, amount * view.slopes[:, k], n) for k in range(3)]
        return np.asarray(np.concatenate(sums)[self.free], dtype=float)

    def along(self, dp: Floats, view: View) -> Floats:
        """[rows] slope · dp."""
        gain = np.zeros(len(self.group))
        gain[self.sloped] = np.einsum("nk,kn->n", view.slopes, self.spread_out(dp)[:, self.server])
        return gain
