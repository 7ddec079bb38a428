"""The relaxation of the knapsack of savings, with some users settled and all others limited, over a set of servers.

A column saves what its user's free option (one that takes nothing of any server) costs more than the column. Columns
that save nothing are left out: their users are better off with the free option.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import scipy.sparse as sp

from formulations.program import Decision
from instances.columns import Bools, Floats, Ints
from instances.options import LOCAL, OptionTable
from solvers.branch.pieces import Pieces
from solvers.highs import GrowingLp
from solvers.vertex.rounding import free_cost, free_options

__all__ = ["Relaxation", "Savings"]

_WHOLE = 1e-7
_FULL = 1 + 1e-9
_SIZE = 1e3


@dataclasses.dataclass(frozen=True, eq=False)
class Relaxation:
    """``value_j``: most that can be saved in parts. ``kept``: columns that the vertex uses whole."""

    value_j: float
    kept: Ints


class Savings:
    """Columns that save something: ``user``, ``server``, ``saving_j`` [columns]; the LP over them is solved afresh
    from where it was.

    ``free_j`` [n_users]: cost of the free options. ``rows``: capacity and stock rows of a server that limit anything.
    """

    def __init__(self, table: OptionTable) -> None:
        self.table = table
        self.free_j, self._free = free_cost(table), free_options(table)
        pieces = Pieces(table)
        remote = np.flatnonzero(pieces.server != LOCAL)
        columns = pieces.columns(remote)
        saving = self.free_j[pieces.user[columns.offer]] - columns.cost
        good = saving > 0
        order = np.argsort(-saving[good], kind="stable")
        self._offer = columns.offer[good][order]
        self._amount = columns.amount[:, good][:, order]
        self.user, self.server, self._row = (part[self._offer] for part in (pieces.user, pieces.server, pieces.row))
        self.saving_j: Floats = saving[good][order]
        self.rows = 2 + int(np.isfinite(table.stock_room).any(axis=0).sum())
        self._scale = _SIZE / max(float(self.saving_j.max(initial=0.0)), 1e-300)
        self._lp = self._state()

    def __len__(self) -> int:
        return len(self.user)

    def _state(self) -> GrowingLp:
        """Rows: at most one column a user; every capacity and stock of a server at most 1."""
        n, s = self.table.n_users, self.table.n_servers
        kinds, k = self._amount.shape[0], len(self)
        places = np.arange(k)
        rows = np.concatenate([self.user, *(n + r * s + self.server for r in range(kinds))])
        values = np.concatenate([np.ones(k), self._amount.ravel()])
        matrix = sp.csc_matrix((values, (rows, np.tile(places, 1 + kinds))), shape=(n + kinds * s, k))
        matrix.eliminate_zeros()
        lp = GrowingLp(np.full(n + kinds * s, -np.inf), np.ones(n + kinds * s))
        lp.add(-self.saving_j * self._scale, matrix, np.ones(k))
        return lp

    def fits(self, columns: Ints) -> bool:
        """Whether some columns, each of another user, fit together."""
        taken = np.stack([np.bincount(self.server[columns], a, self.table.n_servers) for a in self._amount[:, columns]])
        return bool((taken <= _FULL).all())

    def relax(self, on: Bools, settled: Ints) -> Relaxation | None:
        """Vertex with these columns settled, nobody else saving more than the least of them, on these servers.

        None where HiGHS has no optimum to offer.

        Args:
            on: [n_servers] servers that may be used.
            settled: columns of different users that fit together, in order of falling savings.
        """
        upper = on[self.server].astype(float)
        if len(settled):  # columns are sorted: those before the last settled one save more, or as much
            upper[: settled[-1]] = 0.0
            upper[np.isin(self.user, self.user[settled])] = 0.0
        lower = np.zeros(len(self))
        lower[settled] = upper[settled] = 1.0
        self._lp.bound(lower, upper)
        found = self._lp.solve()
        if found is None:
            return None
        kept = np.flatnonzero(found.values >= 1 - _WHOLE)
        value = float(self.saving_j @ np.clip(found.values, 0.0, 1.0))
        return Relaxation(value, kept)

    def decision(self, kept: Ints) -> Decision:
        """Everybody at the free option, but for the users of some columns."""
        n = self.table.n_users
        chosen, beta, phi = self._free.copy(), np.zeros(n), np.zeros(n)
        user = self.user[kept]
        chosen[user], beta[user], phi[user] = self._row[kept], self._amount[0, kept], self._amount[1, kept]
        return Decision(chosen, beta, phi)
