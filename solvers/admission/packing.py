"""Admission as packing: columns that take parts of what servers have, at most one a user, most weight wins."""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Bools, Floats, Ints

__all__ = ["ROOM", "Load", "Packing", "drop_excess", "fill"]

ROOM = 1 + 1e-10
"""How full a row may be: sums of parts carry rounding."""


@dataclasses.dataclass(frozen=True, eq=False)
class Packing:
    """max Σ weight of the users that get a column, so that no row (server, resource) is more than full.

    Args:
        weight: [n_users] what admitting a user gains; 0 for those without columns.
        user, server: [columns], sorted by user.
        demand: [columns, resources] part of each of its server's resources that a column takes, in [0, 1].
        n_servers: number of servers.
        stretch: every way to serve a user takes at least what some column takes, after the first resource of the
            column is divided by this (docs/theory.md P25a; 1: the columns are all ways there are).
    """

    weight: Floats
    user: Ints
    server: Ints
    demand: Floats
    n_servers: int
    stretch: float = 1.0

    def __len__(self) -> int:
        return len(self.user)

    @property
    def n_users(self) -> int:
        """Number of users."""
        return len(self.weight)

    @property
    def start(self) -> Ints:
        """[n_users + 1] columns of user i are start[i] … start[i+1]−1."""
        return np.searchsorted(self.user, np.arange(self.n_users + 1)).astype(np.int64)

    @property
    def row_demand(self) -> Floats:
        """[n_servers, resources] the largest part of each row that any column takes; 0 where it cannot run out."""
        largest = np.zeros((self.n_servers, self.demand.shape[1]))
        np.maximum.at(largest, self.server, self.demand)
        return largest

    @property
    def largest_part(self) -> float:
        """α: the largest part of anything that one column takes."""
        return float(self.demand.max(initial=0.0))

    @property
    def most_rows(self) -> int:
        """d: the most resources that can run out at one server."""
        return int((self.row_demand > 0).sum(axis=1).max(initial=0))

    @property
    def nobody(self) -> Ints:
        """[n_users] of −1: no user has a column."""
        return np.full(self.n_users, -1, dtype=np.int64)

    def value(self, taken: Ints) -> float:
        """Weight of the users that have a column; ``taken`` [n_users] is a column, or −1."""
        return float(self.weight[taken >= 0].sum())

    def load(self, taken: Ints) -> Floats:
        """[n_servers, resources] how full the rows are."""
        k = taken[taken >= 0]
        total = np.zeros((self.n_servers, self.demand.shape[1]))
        np.add.at(total, self.server[k], self.demand[k])
        return total

    def holds(self, taken: Ints) -> bool:
        """Whether every user has a column of its own or none, and no row is more than full."""
        has = np.flatnonzero(taken >= 0)
        return bool((self.user[taken[has]] == has).all() and (self.load(taken) <= ROOM).all())

    @staticmethod
    def runs_out(user: Ints, server: Ints, demand: Floats, n_servers: int) -> Bools:
        """[n_servers, resources] whether a row is more than full if every user takes the most of it that it can."""
        if not len(user):
            return np.zeros((n_servers, demand.shape[1]), dtype=bool)
        pairs, place = np.unique(user * n_servers + server, return_inverse=True)
        most = np.zeros((len(pairs), demand.shape[1]))
        np.maximum.at(most, place.reshape(-1), demand)
        total = np.zeros((n_servers, demand.shape[1]))
        np.add.at(total, pairs % n_servers, most)
        return np.asarray(total > 1)


class Load:
    """How full the rows are while columns are taken one by one."""

    def __init__(self, packing: Packing, taken: Ints | None = None) -> None:
        self._server, self._demand = packing.server, packing.demand
        self.level = packing.load(packing.nobody if taken is None else taken)

    def fits(self, k: int) -> bool:
        """Whether column k still does."""
        return bool((self.level[self._server[k]] + self._demand[k] <= ROOM).all())

    def add(self, k: int, sign: float = 1.0) -> None:
        """Take column k, or give it back (−1)."""
        self.level[self._server[k]] += sign * self._demand[k]


def fill(packing: Packing, taken: Ints, order: Ints) -> Ints:
    """Columns in this order, each taken if it fits and its user has none; those of ``taken`` stay."""
    taken, load = taken.copy(), Load(packing, taken)
    for k in order.tolist():
        user = packing.user[k]
        if taken[user] < 0 and packing.weight[user] > 0 and load.fits(k):
            taken[user] = k
            load.add(k)
    return taken


def drop_excess(packing: Packing, taken: Ints) -> Ints:
    """The columns of ``taken``, most weight for what they take first, each kept if it fits; all of them if they do."""
    wanted = taken[taken >= 0]
    dense = packing.weight[packing.user[wanted]] / np.maximum(packing.demand[wanted].sum(axis=1), 1e-300)
    return fill(packing, packing.nobody, wanted[np.argsort(-dense, kind="stable")])
