"""The linear master: a mixture of columns for every user within capacity, over the columns known so far.

Its duals are prices to try; its weights say about what the relaxation is undecided (Dantzig and Wolfe, Operations
Research 1960; Barnhart et al., Branch-and-price, Operations Research 1998).
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import scipy.sparse as sp

from instances.columns import Floats, Ints
from instances.options import LOCAL
from solvers.answer import Clock, Limits
from solvers.branch.cases import OFF, ON, Case
from solvers.branch.offers import Columns, Offers
from solvers.branch.rates import Rates
from solvers.highs import GrowingLp

__all__ = ["Master", "Relaxed"]

_TARGET_SIZE = 1e3
_FEWEST_KEPT = 400
_KEPT = 4
_DEARER, _DEAREST = 30.0, 1e6
_WHOLE, _BROKEN = 1e-6, 1e-4


@dataclasses.dataclass(frozen=True, eq=False)
class Relaxed:
    """Optimum of the master for one case.

    ``value_j``; ``rates``; ``paid_j`` [n_users] duals of the users; ``on`` [n_servers] parts of servers
    that are on; ``weight`` [offers]; ``lacking``: part of users' demand that no column serves.
    """

    value_j: float
    rates: Rates
    paid_j: Floats
    on: Floats
    weight: Floats
    lacking: float


class Master:
    """Rows: one column a user; uplink, compute and stocks of a server within what is on of it.

    Where it is worth it also: a user is at a server no more than that is on (`link`).

    Args:
        offers: what columns come from.
        dear_j: cost of not serving a user, dearer than any plan.
        clock: its limit ends every solve.
    """

    def __init__(self, offers: Offers, dear_j: float, clock: Clock | None = None) -> None:
        self.offers, self.clock = offers, clock or Clock(Limits())
        n, s = offers.table.n_users, offers.table.n_servers
        self._size = n, s
        self._offer: Ints = np.zeros(0, dtype=np.int64)
        self._cost: Floats = np.zeros(0)
        self._kinds = 2 + len(offers.table.stocks)
        self._amount: Floats = np.zeros((self._kinds, 0))
        self._dear = self._first_dear = dear_j
        self._scale = 2.0 ** round(math.log2(_TARGET_SIZE * n / dear_j))
        lower = np.concatenate([np.ones(n), np.full(self._kinds * s, -np.inf)])
        self._lp = GrowingLp(lower, np.concatenate([np.ones(n), np.zeros(self._kinds * s)]))
        self._fixed = n + s
        missing = sp.vstack([sp.identity(n), sp.csc_matrix((self._kinds * s, n))])
        on = sp.vstack([sp.csc_matrix((n, s)), *[-sp.identity(s)] * self._kinds])
        cost = np.concatenate([np.full(n, dear_j), offers.table.static_j]) * self._scale
        self._lp.add(cost, sp.hstack([missing, on]).tocsc(), np.ones(n + s))
        self._last: Relaxed | None = None
        self._pair: Ints = np.zeros(0, dtype=np.int64)  # user × servers + server of each row of a link, in its order

    def __len__(self) -> int:
        return len(self._offer)

    def add(self, columns: Columns) -> None:
        """More columns."""
        n, s = self._size
        k = len(columns.offer)
        user, server = self.offers.user[columns.offer], self.offers.server[columns.offer]
        remote = np.flatnonzero(server != LOCAL)
        linked, link = self._linked(user, server)
        first = n + self._kinds * s
        rows = np.concatenate([user, *(n + r * s + server[remote] for r in range(self._kinds)), first + link])
        places = np.concatenate([np.arange(k), *[remote] * self._kinds, linked])
        values = np.concatenate([np.ones(k), columns.amount[:, remote].ravel(), np.ones(len(linked))])
        matrix = sp.csc_matrix((values, (rows, places)), shape=(first + len(self._pair), k))
        matrix.eliminate_zeros()
        self._lp.add(columns.cost * self._scale, matrix, np.ones(k))
        self._offer = np.concatenate([self._offer, columns.offer])
        self._cost = np.concatenate([self._cost, columns.cost])
        self._amount = np.hstack([self._amount, columns.amount])

    def _linked(self, user: Ints, server: Ints) -> tuple[Ints, Ints]:
        """Which of some columns are in a row of a link, and in which."""
        if not len(self._pair):
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        wanted = user * self._size[1] + server
        order = np.argsort(self._pair)
        place = order[np.minimum(np.searchsorted(self._pair[order], wanted), len(order) - 1)]
        linked = np.flatnonzero((self._pair[place] == wanted) & (server != LOCAL))
        return linked, place[linked]

    def link(self, relaxed: Relaxed) -> bool:
        """Add rows for users that are at a server more than it is on; whether there were any.

        These rows are what makes facility location programs tight (Krarup and Pruzan, EJOR 1983).
        """
        n, s = self._size
        weighty = np.flatnonzero((relaxed.weight > _WHOLE) & (self.offers.server != LOCAL))
        key = self.offers.user[weighty] * s + self.offers.server[weighty]
        pair, place = np.unique(key, return_inverse=True)
        share = np.bincount(place, relaxed.weight[weighty], len(pair))
        new = np.setdiff1d(pair[share > relaxed.on[pair % s] + _BROKEN], self._pair)
        if not len(new):
            return False
        of_column = self.offers.user[self._offer] * s + self.offers.server[self._offer]
        at = np.minimum(np.searchsorted(new, of_column), len(new) - 1)
        member = np.flatnonzero((new[at] == of_column) & (self.offers.server[self._offer] != LOCAL))
        rows = np.concatenate([at[member], np.arange(len(new))])
        columns = np.concatenate([self._fixed + member, n + new % s])
        values = np.concatenate([np.ones(len(member)), -np.ones(len(new))])
        shape = (len(new), self._fixed + len(self))
        self._lp.add_rows(sp.csr_matrix((values, (rows, columns)), shape=shape))
        self._pair = np.concatenate([self._pair, new])
        return True

    def enter(self, case: Case) -> None:
        """Turn to a case: what it rules out is bounded away. Columns far from use go when there are too many."""
        self._forget()
        lower = np.concatenate([np.zeros(self._size[0]), case.state == ON, np.zeros(len(self))]).astype(float)
        upper = np.concatenate([np.ones(self._size[0]), case.state != OFF, case.live[self._offer]]).astype(float)
        self._lp.bound(lower, upper)

    def dearer(self) -> bool:
        """Make not serving a user cost more, so that no case gets by with it; False where that ends."""
        self._dear *= _DEARER
        if self._dear > _DEAREST * self._first_dear:
            return False
        self._lp.recost(np.arange(self._size[0]), np.full(self._size[0], self._dear * self._scale))
        return True

    def solve(self) -> Relaxed | None:
        """Optimum over the columns; None where HiGHS has none to offer, or not in time."""
        found = self._lp.solve(self.clock.left_s)
        if found is None:
            return None
        n, s = self._size
        duals = found.row_duals / self._scale
        weight: Floats = np.zeros(len(self.offers.user))
        np.add.at(weight, self._offer, found.values[self._fixed :])
        first = n + self._kinds * s
        prices = np.maximum(-duals[n:first].reshape(self._kinds, s), 0.0)
        order = np.argsort(self._pair)
        rates = Rates(prices, self._pair[order], np.maximum(-duals[first:], 0.0)[order])
        self._last = Relaxed(
            found.objective / self._scale, rates, duals[:n],
            found.values[n : self._fixed], weight, float(found.values[:n].sum()),
        )  # fmt: skip
        return self._last

    def _forget(self) -> None:
        n = self._size[0]
        if self._last is None or len(self) < 2 * max(_FEWEST_KEPT, _KEPT * n):
            return
        user, server = self.offers.user[self._offer], self.offers.server[self._offer]
        rates = self._last.rates
        prices = np.where(server == LOCAL, 0.0, rates.prices[:, server])
        extra = self._cost + (self._amount * prices).sum(axis=0) + rates.links_of(user, server)
        extra = extra - self._last.paid_j[user]
        kept = max(_FEWEST_KEPT, _KEPT * n)
        gone = extra > np.partition(extra, kept)[kept]
        self._lp.drop(np.concatenate([np.zeros(self._fixed, dtype=bool), gone]))
        self._offer, self._cost, self._amount = self._offer[~gone], self._cost[~gone], self._amount[:, ~gone]
