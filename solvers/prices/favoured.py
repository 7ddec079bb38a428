"""The few options of each user that prices favour: what a plan near the prices is made of."""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Floats, Ints
from instances.options import OptionTable
from solvers.prices.shard import Shard

__all__ = ["Favoured", "favoured", "first_by"]


@dataclasses.dataclass(frozen=True, eq=False)
class Favoured:
    """``rows`` [n]: which of all options, sorted; ``table``: these alone; ``value_j`` [n]: their cost at the prices."""

    rows: Ints
    table: OptionTable
    value_j: Floats


def favoured(table: OptionTable, shard: Shard, values: Floats, chosen: Ints) -> Favoured:
    """Every user's local option, its choice, and of each of its servers the cheapest, lightest and least in each stock.

    Args:
        table: all options of the shard's users.
        shard: made of it.
        values: [n_options] what the shard's options cost at the prices, J.
        chosen: [n_users] rows of the cheapest.
    """
    work = shard.work
    pair = work.user * (table.n_servers + 1) + work.server
    slack = np.maximum(work.budget - work.quickest, 1e-300)
    light = (np.sqrt(work.air) + np.sqrt(work.run)) ** 2 / slack
    picks = [work.row[first_by(score, pair)] for score in (values, light, *(work.stock + 1e-9 * light[:, None]).T)]
    local = np.flatnonzero(shard.local_row >= 0)
    rows = np.unique(np.concatenate([*picks, shard.local_row[local], chosen[chosen >= 0]]))
    worth = np.full(len(table), np.inf)
    worth[work.row] = values
    worth[shard.local_row[local]] = shard.local_j[local]
    return Favoured(rows, table.take(rows), worth[rows])


def first_by(score: Floats, group: Ints) -> Ints:
    """Places of the least score (the first of equals) of every group."""
    order = np.lexsort((score, group))
    return order[np.flatnonzero(np.diff(group[order], prepend=-1))]
