"""Cutting planes on the dual function, one a user and evaluation: exact prices for crowds that fit into an LP.

At fixed λ the cost of an option is affine or concave in the prices, so each evaluation bounds every user's minimum
from above by one affine function (its cheapest option with its shares: a column of the Dantzig–Wolfe master problem,
Operations Research 1960). The LP over all of them proposes prices; the next evaluation lies between those and the
best so far (Wentges, 1997). The bound is always that of an evaluation, never that of the LP.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.optimize
import scipy.sparse

from instances.columns import Floats
from solvers.answer import Clock
from solvers.prices.dual import Dual, Point

__all__ = ["Master"]

_WIDE = 8.0
_STEPS = 6
_INWARD = 0.3
_ENOUGH = 1e-7


class Master:
    """The LP over what evaluations have shown: max Σ u_i − Σ e_s, u_i ≤ each of user i's affine functions."""

    def __init__(self, dual: Dual) -> None:
        self.dual = dual
        table = dual.table
        self.size = table.n_users, table.n_servers
        local = np.flatnonzero(np.isfinite(dual.local_j))
        self._user = [local]
        self._slope = [scipy.sparse.csr_matrix((len(local), 3 * table.n_servers))]
        self._constant = [dual.local_j[local]]

    def add(self, point: Point) -> None:
        """The affine functions of the users that are not local at a point."""
        table, n = self.dual.table, self.size[1]
        remote = np.flatnonzero(table.server[point.chosen] >= 0)
        server = table.server[point.chosen[remote]]
        memory = table.stock_part[point.chosen[remote], 0]
        amount = np.stack([point.beta[remote], point.phi[remote], memory])
        paid = (amount * point.prices[:, server]).sum(axis=0)
        row = np.tile(np.arange(len(remote)), 3)
        column = np.concatenate([k * n + server for k in range(3)])
        slope = scipy.sparse.csr_matrix((amount.ravel(), (row, column)), shape=(len(remote), 3 * n))
        self._user.append(remote)
        self._slope.append(slope)
        self._constant.append(point.value_j[remote] - paid)

    def tighten(self, best: Point, rounds: int, *, heard: Callable[[Point], None], clock: Clock) -> Point:
        """Best point of some more evaluations from ``best``; ends when the LP promises no more.

        Args:
            best: the best so far.
            rounds: evaluations to make.
            heard: told every point; it must `add` it.
            clock: its time limit ends the search.
        """
        self.add(best)
        for _ in range(rounds):
            if clock.left_s <= 0:
                break
            proposed = self._solve(best.prices)
            if proposed is None or proposed[1] - best.bound_j <= _ENOUGH * abs(best.bound_j):
                break
            prices = _INWARD * best.prices + (1 - _INWARD) * proposed[0]
            point = self.dual.at(prices, steps=_STEPS)
            heard(point)
            if point.bound_j > best.bound_j:
                best = point
        return best

    def _solve(self, around: Floats) -> tuple[Floats, float] | None:
        """Prices that the LP likes best, within a wide range of some, and what it promises for them."""
        n_users, n = self.size
        user = np.concatenate(self._user)
        cuts = len(user)
        pick = scipy.sparse.csr_matrix((np.ones(cuts), (np.arange(cuts), user)), shape=(cuts, n_users))
        upper = scipy.sparse.hstack([pick, -scipy.sparse.vstack(self._slope), scipy.sparse.csr_matrix((cuts, n))])
        eye = scipy.sparse.identity(n)
        lower = scipy.sparse.hstack([scipy.sparse.csr_matrix((n, n_users)), eye, eye, eye, -eye])
        top = _WIDE * np.maximum(around, 0.01 * around[:2].mean())
        top[2] = np.where(self.dual.binds, np.maximum(top[2], top[:2].mean()), 0.0)
        bounds = np.zeros((n_users + 4 * n, 2))
        bounds[:, 1] = np.inf
        bounds[:n_users, 0] = -np.inf
        bounds[n_users : n_users + 3 * n, 1] = top.ravel()
        gain = np.concatenate([np.ones(n_users), np.zeros(3 * n), -np.ones(n)])
        found = scipy.optimize.linprog(
            -gain, scipy.sparse.vstack([upper, lower]).tocsr(),
            np.concatenate([*self._constant, self.dual.table.static_j]), bounds=bounds, method="highs",
        )  # fmt: skip
        if found.status != 0:
            return None
        return np.asarray(found.x[n_users : n_users + 3 * n]).reshape(3, n), -float(found.fun)
