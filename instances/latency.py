"""Latency as what is minimised (J-M): the largest weighted latency of all users.

After Tang et al., IoT-J 2021, arXiv:2007.09072 (the statement over shared uplinks and several servers is ours).
"""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Floats
from instances.options import OptionTable

__all__ = ["price_latency", "with_deadlines", "within"]


def price_latency(table: OptionTable) -> OptionTable:
    """The table with latency as the only cost, s, of which the largest counts (docs/theory.md, P26).

    A second weighs 1 W, so the best clock is the fastest, and all energies are 0.
    """
    zero = np.zeros(len(table))
    return dataclasses.replace(
        table, device_j=zero, tx_w=zero, fixed_j=zero, static_j=np.zeros(table.n_servers),
        second_w=np.ones(table.n_users), aggregate="max",
    )  # fmt: skip


def with_deadlines(table: OptionTable, largest_s: float) -> Floats:
    """[users] deadline of each when no weighted latency may exceed ``largest_s``: min(D, largest / w)."""
    weight = table.weight
    own = np.divide(largest_s, weight, out=np.full(len(weight), np.inf), where=weight > 0)
    return np.asarray(np.minimum(table.deadline_s, own))


def within(table: OptionTable, largest_s: float) -> OptionTable:
    """Whether nobody need be later, as a problem whose every plan costs nothing: options that can be in time."""
    nothing = np.zeros(table.n_users)
    timed = dataclasses.replace(
        table, deadline_s=with_deadlines(table, largest_s), second_w=nothing, aggregate="sum"
    )  # fmt: skip
    return timed.take(np.flatnonzero(np.isfinite(timed.cost_j())))
