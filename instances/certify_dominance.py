"""Columns that another one of the same user makes superfluous, which splits would otherwise bring back.

A user moves from a dominated column to one that takes no more of anything and costs no more. Costs and stocks are the
rounded ones, taken as exact (docs/theory.md, P16); what differs by rounding only is first made equal, downwards.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np

from instances.certify_options import LOCAL, Options
from instances.certify_pieces import Pieces
from instances.columns import Bools, Floats, Ints
from instances.instance import Instance
from instances.outward import sum_up

__all__ = ["alike", "undominated"]

_TIED = 1e-12
"""Relative difference of costs that counts as rounding."""
_PAIRS = 4_000_000
_CELLS = 4_000_000


def undominated(instance: Instance, p: Pieces) -> Pieces:
    """The columns of all users, without those that another one dominates; figures are lowered where they nearly tie."""
    p = dataclasses.replace(p, cost=_tied(p.user, p.cost), memory=_tied(p.server, p.memory),
                            energy=_tied(p.server, p.energy))  # fmt: skip
    p = p.take(np.flatnonzero(~_beaten_locally(p)))
    group = p.user * (instance.n_servers + 1) + p.server + 1
    # A stock that cannot run out whatever users choose limits nobody.
    stocks = np.stack([_scarce(instance, p.user, p.server, taken) for taken in (p.memory, p.energy)])
    level = np.unique(np.stack([group, *stocks]), axis=1, return_inverse=True)[1].reshape(-1)
    kept = _cheapest_on_the_way(instance, p, level)
    return p.take(kept[~_dominated(p.take(kept), group[kept], stocks[:, kept])])


def alike(instance: Instance, parts: Sequence[Options]) -> list[Ints]:
    """For each part of the users, [n] equal for options of a user at a server that take as much of what can run out.

    The columns that are made of options take as much as these, so what cannot run out here cannot run out there.
    """
    every = [np.concatenate([getattr(o, name) for o in parts]) for name in ("user", "server", "memory", "energy")]
    user, server, *stocks = every
    taken = [_scarce(instance, user, server, stock) for stock in stocks]
    level = np.unique(np.stack([user, server, *taken]), axis=1, return_inverse=True)[1].reshape(-1)
    return np.split(level, np.cumsum([len(o) for o in parts])[:-1])


def _tied(group: Ints, value: Floats) -> Floats:
    """Values of which those of a group that are next to each other but for rounding are all the least of them."""
    if not len(value):
        return value
    order = np.lexsort((value, group))
    sorted_, member = value[order], group[order]
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = (np.diff(member) != 0) | (np.diff(sorted_) > _TIED * np.abs(sorted_[1:]))
    settled = np.empty(len(order))
    settled[order] = sorted_[np.maximum.accumulate(np.where(fresh, np.arange(len(order)), 0))]
    return settled


def _beaten_locally(p: Pieces) -> Bools:
    """Remote columns that cost no less than a local one, and local ones but the first of the cheapest."""
    local = np.full(p.last - p.first, np.inf)
    alone = np.flatnonzero(p.server == LOCAL)
    np.minimum.at(local, p.user[alone] - p.first, p.cost[alone])
    beaten = p.cost >= local[p.user - p.first]
    best = alone[p.cost[alone] == local[p.user[alone] - p.first]]
    beaten[best[np.unique(p.user[best], return_index=True)[1]]] = False
    return np.asarray(beaten)


def _scarce(instance: Instance, user: Ints, server: Ints, taken: Floats) -> Floats:
    """[n] what is taken of a stock, or 0 where it cannot run out: if every user took the most it can."""
    width = instance.n_servers + 1
    pair, place = np.unique(user * width + server + 1, return_inverse=True)
    largest = np.zeros(len(pair))
    np.maximum.at(largest, place.reshape(-1), taken)
    at = pair % width - 1
    binds = np.zeros(width, dtype=bool)  # last: local, no stock
    for s in np.unique(at[at >= 0]).tolist():
        binds[s] = sum_up(largest[at == s]) > 1.0
    return np.where(binds[server], taken, 0.0)


def _cheapest_on_the_way(instance: Instance, p: Pieces, level: Ints) -> Ints:
    """Rows that are cheaper than all of the same level (user, server and stocks) with no more blocks and units."""
    wide = int(instance.servers.blocks.max(initial=0)) + 1
    deep = int(instance.servers.units.max(initial=0)) + 1
    order = np.lexsort((p.cost, p.units, p.blocks, level))
    key = (level[order] * wide + p.blocks[order]) * deep + p.units[order]
    order = order[np.flatnonzero(np.diff(key, prepend=-1))]  # the cheapest of each cell
    count, step, kept = int(level.max(initial=-1)) + 1, max(1, _CELLS // (wide * deep)), []
    for first in range(0, count, step):
        rows = order[slice(*np.searchsorted(level[order], [first, first + step]))]
        cost = np.full((min(step, count - first), wide, deep), np.inf)
        place = level[rows] - first, p.blocks[rows], p.units[rows]
        cost[place] = p.cost[rows]
        least = np.full((cost.shape[0], wide + 1, deep + 1), np.inf)
        least[:, 1:, 1:] = np.minimum.accumulate(np.minimum.accumulate(cost, axis=1), axis=2)
        k, n, m = place
        kept.append(rows[p.cost[rows] < np.minimum(least[k, n, m + 1], least[k, n + 1, m])])
    return np.concatenate(kept) if kept else order


def _dominated(p: Pieces, group: Ints, stocks: Floats) -> Bools:
    """Whether another column of the same user and server takes no more of anything and costs no more; one of equals
    stays. Where no stock differs in a group there is nothing left to find."""
    beaten = np.zeros(len(p), dtype=bool)
    order = np.lexsort((p.units, p.blocks, stocks[1], stocks[0], p.cost, group))
    edges = np.append(np.flatnonzero(np.diff(group[order], prepend=-1)), len(order))
    for first, last in itertools.pairwise(edges.tolist()):
        rows = order[first:last]
        if (stocks[:, rows] == stocks[:, rows[:1]]).all():
            continue
        step = max(1, _PAIRS // len(rows))
        for k in range(0, len(rows), step):  # only columns before it, which cost no more, can beat one
            late = rows[k : k + step]
            early = rows[: k + len(late)]
            less = np.arange(len(early)) < (k + np.arange(len(late)))[:, None]
            for amount in (p.blocks, p.units, stocks[0], stocks[1]):
                less &= amount[early] <= amount[late][:, None]
            beaten[late] = less.any(axis=1)
    return beaten
