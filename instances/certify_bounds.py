"""What a case of a certificate proves at its prices."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Protocol, Self

import numpy as np

from instances.certificate import Leaf, Links
from instances.certify_costs import static_down
from instances.certify_options import Options
from instances.certify_values import find_force, value_down
from instances.columns import Floats, Ints
from instances.instance import Instance
from instances.outward import add_down, add_up, sub_down, sub_up, sum_down, sum_up

__all__ = [
    "OFF",
    "ON",
    "OPEN",
    "Case",
    "OfUsers",
    "bound_of",
    "four_prices",
    "least_of",
    "links_at",
    "prices_at",
    "values_of",
]

OFF, ON, OPEN = 0, 1, 2
_ROUGH, _SHARP = 3, 14
"""Steps for λ, for options that do not look like their user's best and for those that do."""


@dataclasses.dataclass(frozen=True, eq=False)
class Case:
    """``prices`` [4, n_servers] of uplink, compute, memory and energy, ``links``; ``state`` [n_servers]: OFF (serves
    nobody), ON (is paid for) or OPEN."""

    prices: Floats
    links: Links
    state: Ints

    @classmethod
    def of(cls, leaf: Leaf, n_servers: int) -> Self:
        """With nothing settled."""
        return cls(four_prices(leaf.prices), leaf.links, np.full(n_servers, OPEN))


def four_prices(prices: Floats) -> Floats:
    """[4, n_servers] prices of a certificate; energy has none where that names three."""
    return np.vstack([prices, np.zeros((4 - len(prices), prices.shape[1]))])


def values_of(o: Options, case: Case, *, all_sharp: bool = False) -> Floats:
    """[n] values at most v_o and the price of its link; sharp for those that may be a user's best, or for all.

    A rough λ for all; a good one for each user's best so far, and for all that look better than that.
    """
    prices, link = prices_at(o.server, case.prices), links_at(o.user, o.server, case)
    mu, nu = prices[:2]
    if all_sharp:
        return add_down(value_down(o, prices, find_force(o, mu, nu, rounds=_SHARP)), link)
    force = find_force(o, mu, nu, rounds=_ROUGH)
    value = add_down(value_down(o, prices, force), link)
    sharp = np.zeros(len(o), dtype=bool)
    ceiling = least_of(o, value)
    for _ in range(2):
        rows = np.flatnonzero((value <= ceiling[o.user - o.first]) & ~sharp)
        part, mu_, nu_ = o.take(rows), mu[rows], nu[rows]
        better = find_force(part, mu_, nu_, force[rows], rounds=_SHARP)
        value[rows] = np.maximum(value[rows], add_down(value_down(part, prices[:, rows], better), link[rows]))
        sharp[rows] = True
        ceiling = least_of(o, np.where(sharp, value, np.inf))
    return value


def prices_at(server: Ints, prices: Floats) -> Floats:
    """[4, n] each option's prices; none for local ones, whose server −1 is the last column."""
    return np.concatenate([prices, np.zeros((4, 1))], axis=1)[:, server]


def links_at(user: Ints, server: Ints, case: Case) -> Floats:
    """[n] what users pay for being at servers at all."""
    found = np.zeros(len(user))
    links = case.links
    if not len(links):
        return found
    n_servers = case.prices.shape[1]
    key = links.user * n_servers + links.server
    order = np.argsort(key)
    wanted = user * n_servers + server
    place = order[np.minimum(np.searchsorted(key[order], wanted), len(order) - 1)]
    paid = (key[place] == wanted) & (server >= 0)
    found[paid] = links.price_j[place[paid]]
    return found


class OfUsers(Protocol):
    """Options or columns, sorted by user."""

    @property
    def first(self) -> int: ...
    @property
    def last(self) -> int: ...
    @property
    def user(self) -> Ints: ...
    def __len__(self) -> int: ...


def least_of(o: OfUsers, value: Floats) -> Floats:
    """[users] least value of each user's options; inf where there is none."""
    least = np.full(o.last - o.first, np.inf)
    if len(o):
        start = np.flatnonzero(np.diff(o.user, prepend=-1))
        least[o.user[start] - o.first] = np.minimum.reduceat(value, start)
    return least


def bound_of(instance: Instance, case: Case, of_users: Sequence[float]) -> tuple[float, float]:
    """What a case proves, and how large the sums are that it is the difference of.

    Args:
        instance: the instance. case: prices and servers.
        of_users: at most the least costs of all users, in any parts; inf where one has no option left.
    """
    static, budget = static_down(instance), instance.energy_budget_j
    # What has no limit has no price.
    memory = np.where(np.isfinite(instance.servers.memory_mb), case.prices[2], 0.0)
    energy = 0.0 if budget is None else np.where(np.isfinite(budget), case.prices[3], 0.0)
    paid = add_up(case.prices[0], case.prices[1], memory, energy, _linked_up(case)) if instance.n_servers else static
    excess = sub_up(paid, static)
    term = np.where(case.state == ON, excess, np.where(case.state == OFF, 0.0, np.maximum(excess, 0.0)))
    total, taken = sum_down(np.asarray(of_users)), sum_up(term)
    if total == math.inf:
        return math.inf, 0.0
    return float(sub_down(total, taken)), abs(total) + float(np.sum(paid + static))


def _linked_up(case: Case) -> Floats:
    """[n_servers] at least what the links of a server's users cost together."""
    links, found = case.links, np.zeros(case.prices.shape[1])
    for server in np.unique(links.server).tolist():
        found[server] = sum_up(links.price_j[links.server == server])
    return found
