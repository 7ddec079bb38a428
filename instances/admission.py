"""Admission (J-A): options cost nothing but being turned away, and energy is limited instead of counted.

After Xu et al., IEEE TPDS 32(4), 2021, doi:10.1109/TPDS.2020.3032443 (admission within energy and capacity limits; the
statement is ours). As options, J-A is J-E with energies of 0 and one more row a user, so that every method applies.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from instances.columns import Floats
from instances.instance import Instance
from instances.options import LOCAL, PER_OPTION, DeviceLimit, OptionTable

__all__ = ["price_admission", "with_rejections"]

HAIR = 1e-12
"""Part of a device's budget that rounding may cost."""


def price_admission(instance: Instance, table: OptionTable, use_j: Floats, radio_j: Floats) -> OptionTable:
    """The table with energies as limits in place of costs.

    Args:
        instance: a J-A instance.
        table: its options with their energies.
        use_j: [n_options] J of dynamic energy that each takes at its server.
        radio_j: [n_options] J of the device's radio that no decision changes.

    Returns:
        Options that cost nothing, without those on servers whose budget does not cover their idling.
    """
    left, zero = instance.dynamic_budget_j, np.zeros(len(table))
    limit = None
    if instance.device_budget_j is not None:
        budget = instance.device_budget_j[table.user]
        limit = DeviceLimit(table.device_j, table.tx_w, budget * (1 + HAIR) - radio_j)
    free = dataclasses.replace(
        table, device_j=zero, tx_w=zero, fixed_j=zero, weight=np.ones(table.n_users),
        static_j=np.zeros(table.n_servers), server_use_j=use_j, energy_j=np.maximum(left, 0.0), device_limit=limit,
    )  # fmt: skip
    closed = np.append(left < 0, False)  # server −1 reaches the False
    return free.take(np.flatnonzero(~closed[table.server]))


def with_rejections(instance: Instance, table: OptionTable) -> OptionTable:
    """The table with one more row a user, behind its local options: to be turned away, at the user's weight."""
    n = instance.n_users
    rows = {name: np.zeros(n, dtype=getattr(table, name).dtype) for name in PER_OPTION}
    rows |= {"user": np.arange(n), "server": np.full(n, LOCAL), "cut": np.full(n, -1), "fixed_j": instance.users.weight}
    joined: dict[str, Any] = {name: np.concatenate([getattr(table, name), rows[name]]) for name in PER_OPTION}
    order = np.lexsort((joined["server"], joined["user"]))  # stable: new rows stay behind
    limit = None if table.device_limit is None else table.device_limit.with_free(n).take(order)
    return dataclasses.replace(table, **{name: column[order] for name, column in joined.items()}, device_limit=limit)
