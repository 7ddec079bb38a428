"""What a case of a certificate proves at its prices."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Self

import numpy as np

from instances.certificate import Leaf, Links
from instances.certify_options import Options
from instances.certify_values import find_force, value_down
from instances.columns import Floats, Ints
from instances.instance import Instance
from instances.outward import add_down, add_up, below, mul_down, sub_down, sub_up, sum_down, sum_up

__all__ = ["OFF", "ON", "OPEN", "Case", "bound_of", "least_of", "values_of"]

OFF, ON, OPEN = 0, 1, 2
_ROUGH, _SHARP = 3, 14
"""Steps for λ, for options that do not look like their user's best and for those that do."""


@dataclasses.dataclass(frozen=True, eq=False)
class Case:
    """``prices`` [3, n_servers], ``links``; ``state`` [n_servers]: OFF (serves nobody), ON (is paid for) or OPEN."""

    prices: Floats
    links: Links
    state: Ints

    @classmethod
    def of(cls, leaf: Leaf, n_servers: int) -> Self:
        """With nothing settled."""
        return cls(leaf.prices, leaf.links, np.full(n_servers, OPEN))


def values_of(o: Options, case: Case, *, all_sharp: bool = False) -> Floats:
    """[n] values at most v_o and the price of its link; sharp for those that may be a user's best, or for all.

    A rough λ for all; a good one for each user's best so far, and for all that look better than that.
    """
    mu, nu, pi = _prices_at(o, case.prices)
    link = _links_at(o, case)
    if all_sharp:
        return add_down(value_down(o, mu, nu, pi, find_force(o, mu, nu, rounds=_SHARP)), link)
    force = find_force(o, mu, nu, rounds=_ROUGH)
    value = add_down(value_down(o, mu, nu, pi, force), link)
    sharp = np.zeros(len(o), dtype=bool)
    ceiling = least_of(o, value)
    for _ in range(2):
        rows = np.flatnonzero((value <= ceiling[o.user - o.first]) & ~sharp)
        part, mu_, nu_ = o.take(rows), mu[rows], nu[rows]
        better = find_force(part, mu_, nu_, force[rows], rounds=_SHARP)
        value[rows] = np.maximum(value[rows], add_down(value_down(part, mu_, nu_, pi[rows], better), link[rows]))
        sharp[rows] = True
        ceiling = least_of(o, np.where(sharp, value, np.inf))
    return value


def _prices_at(o: Options, prices: Floats) -> tuple[Floats, Floats, Floats]:
    """Each option's prices; none for local ones, which come last under index −1."""
    padded = np.concatenate([prices, np.zeros((3, 1))], axis=1)
    mu, nu, pi = padded[:, o.server]
    return mu, nu, pi


def _links_at(o: Options, case: Case) -> Floats:
    """[n] what each option's user pays for being at its server at all."""
    found = np.zeros(len(o))
    links = case.links
    if not len(links):
        return found
    n_servers = case.prices.shape[1]
    key = links.user * n_servers + links.server
    order = np.argsort(key)
    wanted = o.user * n_servers + o.server
    place = order[np.minimum(np.searchsorted(key[order], wanted), len(order) - 1)]
    paid = (key[place] == wanted) & (o.server >= 0)
    found[paid] = links.price_j[place[paid]]
    return found


def least_of(o: Options, value: Floats) -> Floats:
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
    servers = instance.servers
    static = below(mul_down(mul_down(instance.server_energy_weight, servers.idle_w), instance.horizon_s))
    # A memory without limit has no price.
    memory = np.where(np.isfinite(servers.memory_mb), case.prices[2], 0.0)
    paid = add_up(case.prices[0], case.prices[1], memory, _linked_up(case)) if instance.n_servers else static
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
