"""The certificate of a bound: a tree of cases, and prices for each of them. Anybody can recompute the bound from it.

A leaf proves a bound for its case by prices alone (docs/theory.md, P5). A split proves one for both of its cases by the
lower of their bounds, because one of the two must hold. So the whole tree proves a bound for the instance.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Floats, Ints

__all__ = ["Certificate", "Dropped", "Leaf", "Links", "Node", "ServerSplit", "UserSplit"]


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
    """``prices`` [3, n_servers]: of the whole uplink, the whole compute and the whole memory of each server, J, ≥ 0."""

    prices: Floats
    links: Links = dataclasses.field(default_factory=_no_links)


@dataclasses.dataclass(frozen=True, eq=False)
class ServerSplit:
    """Either ``server`` serves nobody (``off``), or it is on and its static energy is paid (``on``)."""

    server: int
    off: Node
    on: Node


@dataclasses.dataclass(frozen=True, eq=False)
class UserSplit:
    """Either ``user`` takes one of ``options``, pairs (server, cut row; server −1: local), or another one."""

    user: int
    options: tuple[tuple[int, int], ...]
    among: Node
    other: Node


@dataclasses.dataclass(frozen=True, eq=False)
class Dropped:
    """``rest`` leaves out all options with which, by ``prices`` and ``links``, no plan costs less than the bound."""

    prices: Floats
    rest: Node
    links: Links = dataclasses.field(default_factory=_no_links)


Node = Leaf | ServerSplit | UserSplit | Dropped


@dataclasses.dataclass(frozen=True, eq=False)
class Certificate:
    """Tree of cases. ``bound_j``: what its author says that it proves, J."""

    root: Node
    bound_j: float
