"""Requests that arrive one by one: a rule sees each user's columns when it comes, and nothing of later ones."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Protocol

import numpy as np

from instances.columns import Floats, Ints
from solvers.admission.packing import ROOM, Packing

__all__ = ["Arrivals", "Moves", "Outlook", "Request", "Rule", "admit"]


@dataclasses.dataclass(frozen=True, eq=False)
class Outlook:
    """What a rule is told before anybody arrives: sizes and ranges, no user.

    Args:
        n_servers, n_resources: numbers of rows.
        part: [n_servers, resources] α_r, the largest part of the row that any column takes.
        steepest: [n_servers, resources] U_r, the most weight per part of the row of any column that takes of it.
        flattest: L, the least weight per part taken, Σ over resources, of any column.
    """

    n_servers: int
    n_resources: int
    part: Floats
    steepest: Floats
    flattest: float

    @classmethod
    def of(cls, packing: Packing) -> Outlook:
        """The ranges of a packing."""
        weight = packing.weight[packing.user]
        with np.errstate(divide="ignore"):
            steep = np.where(packing.demand > 0, weight[:, None] / packing.demand, 0.0)
        steepest = np.zeros((packing.n_servers, packing.demand.shape[1]))
        np.maximum.at(steepest, packing.server, steep)
        counts = weight > 0
        flattest = float((weight[counts] / packing.demand[counts].sum(axis=1)).min(initial=np.inf))
        return cls(packing.n_servers, packing.demand.shape[1], packing.row_demand, steepest, flattest)


@dataclasses.dataclass(frozen=True, eq=False)
class Request:
    """One user: ``weight``, and the ways to serve it: ``server`` [columns], ``demand`` [columns, resources]."""

    weight: float
    server: Ints
    demand: Floats

    def fitting(self, level: Floats) -> Ints:
        """Its columns that fit beside what the servers hold, ``level`` [n_servers, resources]."""
        return np.flatnonzero((level[self.server] + self.demand <= ROOM).all(axis=1))


@dataclasses.dataclass(frozen=True)
class Moves:
    """What a rule decides: the newcomer's column or −1, and (earlier arrival, its new column) of those that move."""

    column: int
    moved: tuple[tuple[int, int], ...] = ()


class Rule(Protocol):
    """An online rule."""

    def decide(self, request: Request) -> Moves:
        """Take or turn away the newcomer; final, but for moves of those admitted."""


class Arrivals:
    """Users in their order; each is revealed when the one before has been decided.

    Args:
        packing: all of it; kept out of the reach of rules.
        order: [users] in which they come; the table's order when left out.
    """

    def __init__(self, packing: Packing, order: Ints | None = None) -> None:
        self.outlook = Outlook.of(packing)
        self.__packing = packing
        self.__order = np.arange(packing.n_users) if order is None else order

    def __iter__(self) -> Iterator[Request]:
        start = self.__packing.start
        for user in self.__order.tolist():
            k = slice(int(start[user]), int(start[user + 1]))
            packing = self.__packing
            yield Request(float(packing.weight[user]), packing.server[k].copy(), packing.demand[k].copy())


def admit(packing: Packing, arrivals: Arrivals, rule: Rule, order: Ints | None = None) -> tuple[Ints, int]:
    """Columns that a rule takes [n_users], and how many moves it made; every decision is applied as it is made."""
    taken, start, moves = packing.nobody, packing.start, 0
    users = np.arange(packing.n_users) if order is None else order
    for user, request in zip(users.tolist(), arrivals, strict=True):
        decided = rule.decide(request)
        if decided.column >= 0:
            taken[user] = start[user] + decided.column
        for arrival, column in decided.moved:
            taken[users[arrival]] = start[users[arrival]] + column
            moves += 1
    return taken, moves
