"""Accuracy: as what is minimised (J-Q: the part of the answers that is wrong), and as a floor for every user."""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Bools, Floats
from instances.instance import Instance
from instances.options import OptionTable

__all__ = ["accuracy_of", "accurate_enough", "price_quality"]

HAIR = 1e-12
"""Accuracy that rounding may cost."""


def accuracy_of(table: OptionTable) -> Floats:
    """[n_options] accuracy of each option; 1 where a network does not say."""
    listed = np.concatenate([np.zeros(0), *(ways.accuracy for ways in table.cut_sets)])
    return np.where(table.cut >= 0, listed[table.cut], 1.0) if len(listed) else np.ones(len(table))


def accurate_enough(instance: Instance, table: OptionTable) -> Bools:
    """[n_options] whether an option keeps its user's floor."""
    if instance.accuracy_floor is None:
        return np.ones(len(table), dtype=bool)
    return np.asarray(accuracy_of(table) >= instance.accuracy_floor[table.user] - HAIR)


def price_quality(table: OptionTable) -> OptionTable:
    """The table with inaccuracy as the only cost: q = 1 − accuracy, all energies 0 (docs/theory.md, P19d)."""
    zero = np.zeros(len(table))
    return dataclasses.replace(
        table, device_j=zero, tx_w=zero, fixed_j=1.0 - accuracy_of(table), static_j=np.zeros(table.n_servers)
    )
