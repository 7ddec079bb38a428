"""The convex program behind the best prices: rows, their groups, and what they say at some prices.

A group is a user, whose rows are options, or a server, whose rows are off (worth 0) and on (worth f − μ − ν − Σ π).
"""

from __future__ import annotations

import dataclasses

import numpy as np
import scipy.sparse

from instances.columns import Floats, Ints
from solvers.prices.curvature import look_closely
from solvers.prices.dual import Dual
from solvers.prices.stocks import stocks_count

__all__ = ["Rows", "View"]

_RIDGE = 1e-13


@dataclasses.dataclass(frozen=True, eq=False)
class View:
    """What the rows are worth at some prices: ``values`` [n], ``slopes`` [n_sloped, kinds],
    ``bends`` [n_work, 3]."""

    values: Floats
    slopes: Floats
    bends: Floats
    value_j: float


class Rows:
    """Rows in this order: options, then local ones, then servers that are off, then servers that are on.

    ``group`` [n]: of each row; ``free``: places in the flattened [kinds, n_servers] prices that may move; ``options``:
    rows of the table behind the first rows; ``force``: λ of the options, kept from view to view.

    Args:
        dual: the dual function.
        kept: [n] places in ``dual.work``, in order; every user has a row there or can run locally.
    """

    def __init__(self, dual: Dual, kept: Ints) -> None:
        table, n = dual.table, dual.table.n_servers
        self.dual, self.kept, self.work = dual, kept, dual.work.take(kept)
        self.force = np.where(np.isfinite(dual.force[kept]), dual.force[kept], 1.0)
        self.kinds = 2 + self.work.stock.shape[1]
        local, servers = np.flatnonzero(np.isfinite(dual.local_j)), np.arange(n)
        self.n_groups = table.n_users + n
        self.group = np.concatenate([self.work.user, local, table.n_users + servers, table.n_users + servers])
        self.local_j, self.local_row = dual.local_j[local], dual.local_row[local]
        self.options = np.concatenate([self.work.row, self.local_row])
        self.sloped = np.concatenate([np.arange(len(kept)), len(kept) + len(local) + n + servers])
        self.server = np.concatenate([self.work.server, servers])
        pairs, self.pair = np.unique(self.group[self.sloped] * n + self.server, return_inverse=True)
        self.group_of_pair, server = np.divmod(pairs, max(n, 1))
        start = self.kinds * np.searchsorted(self.group_of_pair, np.arange(self.n_groups + 1))
        self._place = (server[:, None] + n * np.arange(self.kinds)).ravel(), start
        # Prices that may move: a stock is free where its row is implied.
        counts = stocks_count(dual, self.work).ravel()
        self.free = np.flatnonzero(np.concatenate([np.ones(2 * n, dtype=bool), counts]))

    def view(self, p: Floats, steps: int) -> View:
        """All rows at some prices [free], after some steps for λ."""
        prices, table, room = self.spread_out(p), self.dual.table, self.dual.room
        mu, nu, *pi = prices[:, self.work.server]
        self.force, value, slopes, bends = look_closely(self.work, self.force, mu, nu, steps)
        on = room * (table.static_j - prices.sum(axis=0))
        for price, part in zip(pi, self.work.stock.T, strict=True):
            value = value + price * part
        values = np.concatenate([value, self.local_j, np.zeros(table.n_servers), on])
        slopes = np.column_stack([slopes, self.work.stock])
        slopes = np.concatenate([slopes, np.full((table.n_servers, self.kinds), -room)])
        return View(values, slopes, bends, float(self.least(values).sum()))

    def matrix(self, view: View, x: Floats, w: Floats, stiff: Floats) -> Floats:
        """[free, free] of the equations left for the prices: Σ w (g − ḡ)(g − ḡ)ᵀ − Σ x ∇²v + diag(stiff) ≻ 0.

        g: slopes of rows; ḡ: their mean over the group with weights w.
        """
        n, kinds, slopes, bends = self.dual.table.n_servers, self.kinds, view.slopes, view.bends
        weight, kept = w[self.sloped], len(self.kept)
        matrix, at = np.zeros((kinds, n, kinds, n)), np.arange(n)
        for a in range(kinds):
            for b in range(a, kinds):
                block = np.bincount(self.server, weight * slopes[:, a] * slopes[:, b], n)
                if b < 2:
                    block -= np.bincount(self.work.server, x[:kept] * bends[:, a + b], n)
                matrix[a, at, b, at] = matrix[b, at, a, at] = block
        sums = [np.bincount(self.pair, weight * slopes[:, k], len(self.group_of_pair)) for k in range(kinds)]
        share = np.stack(sums, axis=1) / np.sqrt(self.sum(w)[self.group_of_pair])[:, None]
        mean = scipy.sparse.csr_array((share.ravel(), *self._place), shape=(self.n_groups, kinds * n))
        left = matrix.reshape(kinds * n, kinds * n) - (mean.T @ mean).toarray()
        left = left[np.ix_(self.free, self.free)]
        diagonal = np.einsum("ii->i", left)
        diagonal += stiff + _RIDGE * np.abs(diagonal)
        return np.asarray(left)

    def spread_out(self, p: Floats) -> Floats:
        """[kinds, n_servers] with 0 where prices may not move."""
        full = np.zeros(self.kinds * self.dual.table.n_servers)
        full[self.free] = p
        return full.reshape(self.kinds, -1)

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
        sums = [np.bincount(self.server, amount * view.slopes[:, k], n) for k in range(self.kinds)]
        return np.asarray(np.concatenate(sums)[self.free], dtype=float)

    def along(self, dp: Floats, view: View) -> Floats:
        """[rows] slope · dp."""
        gain = np.zeros(len(self.group))
        gain[self.sloped] = np.einsum("nk,kn->n", view.slopes, self.spread_out(dp)[:, self.server])
        return gain
