"""Servers in a row: an order in which every user's servers lie close together.

Along a road, or in any network of cells in which users reach few neighbours, few users reach both a server up to some
place and one beyond it. How many there are decides what dynamic programming along the row costs (the pathwidth of who
reaches what; Bodlaender, Theoretical Computer Science 1998). The order is that of reverse Cuthill and McKee (ACM 1969).
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import reverse_cuthill_mckee

from instances.columns import Ints

__all__ = ["MOST_ACTIVE", "Line"]

MOST_ACTIVE = 60
"""Users at a place of the row that fit the bits of one number."""


class Line:
    """Where everybody stands in the row.

    ``server`` [places]: which server is at a place. ``first``, ``last`` [n_users]: first and last place that a user
    reaches; −1 for those who reach none. ``active``: for every place, the users who reach one up to it and one from it
    on, in growing order.

    Args:
        user, server: [links] who reaches what; repeats do not matter.
        n_users, n_servers: how many there are.
    """

    def __init__(self, user: Ints, server: Ints, n_users: int, n_servers: int) -> None:
        self.server = _order(user, server, n_users, n_servers)
        place = np.empty(n_servers, dtype=np.int64)
        place[self.server] = np.arange(n_servers)
        self.first = np.full(n_users, n_servers, dtype=np.int64)
        self.last = np.full(n_users, -1, dtype=np.int64)
        np.minimum.at(self.first, user, place[server])
        np.maximum.at(self.last, user, place[server])
        self.first[self.last < 0] = -1
        self.active = [np.flatnonzero((self.first <= k) & (self.last >= k)) for k in range(n_servers)]

    @property
    def width(self) -> int:
        """Most users that are active at a place."""
        return max((len(users) for users in self.active), default=0)


def _order(user: Ints, server: Ints, n_users: int, n_servers: int) -> Ints:
    """Servers in a row: as they are numbered, or by reverse Cuthill and McKee, whichever is narrower."""
    reach = csr_array(coo_array((np.ones(len(user)), (user, server)), shape=(n_users, n_servers)))
    shared = csr_array(reach.T @ reach)
    candidates = [np.arange(n_servers), reverse_cuthill_mckee(shared, symmetric_mode=True).astype(np.int64)]
    return min(candidates, key=lambda order: _spread(user, server, order))


def _spread(user: Ints, server: Ints, order: Ints) -> int:
    """Users at the most crowded place, in some order."""
    if not len(user):
        return 0
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    first = np.full(int(user.max()) + 1, len(order))
    last = np.full(int(user.max()) + 1, -1)
    np.minimum.at(first, user, place[server])
    np.maximum.at(last, user, place[server])
    known = last >= 0
    change = np.bincount(first[known], minlength=len(order) + 1)
    change -= np.bincount(last[known] + 1, minlength=len(order) + 1)
    return int(np.cumsum(change).max())
