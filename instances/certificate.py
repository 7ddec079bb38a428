"""The certificate of a bound: a tree of cases, and prices for each of them. Anybody can recompute the bound from it.

A leaf proves a bound for its case by prices alone (docs/theory.md, P5), or by payments (P42). A split proves one for
both of its cases by the lower of their bounds, because one of the two must hold. So the whole tree proves a bound for
the instance.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

import numpy as np

from instances.columns import Floats, Ints

__all__ = ["Certificate", "Dropped", "Leaf", "Links", "Node", "Part", "Payments", "PieceSplit", "ServerSplit",
           "UserSplit"]  # fmt: skip


@dataclasses.dataclass(frozen=True, eq=False)
class Links:
    """[k] ``user``, ``server`` and ``price_j`` ≥ 0: what the user pays for being served there at all, each pair once.

    The multiplier of "the user is at the server only if the server is on".
    """

    user: Ints
    server: Ints
    price_j: Floats

    def __len__(self) -> int:
        return len(self.user)


def _no_links() -> Links:
    return Links(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))


@dataclasses.dataclass(frozen=True, eq=False)
class Leaf:
    """``prices`` [3, n_servers]: of the whole uplink, the whole compute and the whole memory of each server, J, ≥ 0.

    Where servers have energy budgets a fourth row may follow: of all dynamic energy that the budget leaves.
    """

    prices: Floats
    links: Links = dataclasses.field(default_factory=_no_links)


@dataclasses.dataclass(frozen=True)
class Part:
    """Places ``start`` to ``stop`` − 1 of a row of servers, whose plans exceed what payments prove by ``excess_j``."""

    start: int
    stop: int
    excess_j: float


@dataclasses.dataclass(frozen=True, eq=False)
class Payments:
    """A leaf: what every user pays for being served, and what servers can make of it. Of whole pieces only.

    ``paid_j`` [n_users] ≥ 0, J. ``prices`` [2, n_servers] ≥ 0: of all blocks and all units of each server, J; any are
    right, good ones make it quick. ``row``: all servers in an order, each once, or none. ``parts`` of it: each is a
    place, or two neighbours that came before it.
    """

    paid_j: Floats
    prices: Floats
    row: tuple[int, ...] = ()
    parts: tuple[Part, ...] = ()


@dataclasses.dataclass(frozen=True, eq=False)
class ServerSplit:
    """Either ``server`` serves nobody (``off``), or it is on and its static energy is paid (``on``)."""

    server: int
    off: Node
    on: Node


@dataclasses.dataclass(frozen=True, eq=False)
class UserSplit:
    """Either ``user`` takes one of ``options``, pairs (server, cut row; server −1: local), or another one.

    (−1, −1) is to be turned away (J-A).
    """

    user: int
    options: tuple[tuple[int, int], ...]
    among: Node
    other: Node


@dataclasses.dataclass(frozen=True, eq=False)
class PieceSplit:
    """Either ``user`` takes at most ``most`` ``kind``, or more; who runs locally takes none. Of whole pieces only."""

    user: int
    kind: Literal["blocks", "units"]
    most: int
    few: Node
    more: Node


@dataclasses.dataclass(frozen=True, eq=False)
class Dropped:
    """``rest`` leaves out all options with which, by ``prices`` and ``links``, no plan costs less than the bound."""

    prices: Floats
    rest: Node
    links: Links = dataclasses.field(default_factory=_no_links)


Node = Leaf | Payments | ServerSplit | UserSplit | PieceSplit | Dropped


@dataclasses.dataclass(frozen=True, eq=False)
class Certificate:
    """Tree of cases. ``bound_j``: what its author says that it proves, J.

    ``whole``: users choose whole blocks and units (`units` allocation); else any shares, which bounds both allocations.
    ``costless``: of the problem in which nothing costs anything (docs/theory.md, P43). A bound above 0 there means that
    there is no plan; ``bound_j`` is inf then, and nothing else is claimed.
    """

    root: Node
    bound_j: float
    whole: bool = False
    costless: bool = False
