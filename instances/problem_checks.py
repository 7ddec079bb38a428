"""Do the fields that only some problems have fit the problem? J-L weighs latency, J-C has a tariff."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from instances.errors import InputError
from instances.tariff import PER_SERVER, Tariff

if TYPE_CHECKING:
    from instances.instance import Instance

__all__ = ["check_latency_weight", "check_tariff"]

LARGEST, SMALLEST = 1e30, 1e-30
"""As in `instances.validate`."""


def check_latency_weight(instance: Instance) -> None:
    """Refuse a weight of latency that the problem does not have, or lacks."""
    weight = float(instance.latency_weight_w)
    if instance.problem == "J-L" and weight < SMALLEST:
        raise InputError("latency_weight_w", f"is {weight:g}", "under J-L a second of latency counts as joules",
                         "give more than zero, in W; or take J-E")  # fmt: skip
    if instance.problem != "J-L" and weight:
        raise InputError("latency_weight_w", f"is {weight:g}", f"under {instance.problem} latency costs nothing",
                         "take J-L, or leave it out")  # fmt: skip


def check_tariff(instance: Instance) -> None:
    """Refuse a tariff that the problem does not have, or lacks, or with prices that are none."""
    tariff: object = instance.tariff
    if tariff is None:
        if instance.problem == "J-C":
            raise InputError("tariff", "is missing", "J-C minimises money", "give a Tariff, or take J-E")
        return
    if not isinstance(tariff, Tariff):
        raise InputError("tariff", f"is {type(tariff).__name__}", "prices are a Tariff", "give a Tariff")
    if instance.problem != "J-C":
        raise InputError("tariff", "is given", f"under {instance.problem} nothing has a price in money",
                         "take J-C, or leave it out")  # fmt: skip
    currency: object = tariff.currency
    if not isinstance(currency, str) or not currency.isprintable() or not currency:
        raise InputError("tariff.currency", f"is {currency!r}", "it is the unit of the objective",
                         "give a short text such as USD")  # fmt: skip
    price: object = tariff.per_j  # whatever the caller handed in
    if (not isinstance(price, (int, float, np.number)) or isinstance(price, bool)
            or not 0.0 <= float(price) <= LARGEST):  # fmt: skip
        raise InputError("tariff.per_j", f"is {price!r}", "a finite number, zero or more, is needed")
    if len(tariff) != instance.n_servers:
        raise InputError("tariff", f"has {len(tariff)} rows for {instance.n_servers} servers",
                         fix="give every column one price a server")  # fmt: skip
    for column in PER_SERVER:
        prices = getattr(tariff, column)
        refused = ~((prices >= 0) & (prices <= LARGEST))  # NaN fails every comparison
        if refused.any():
            s = int(np.argmax(refused))
            raise InputError(f"tariff.{column}[{s}]", f"is {prices[s].item()!r} (server '{instance.servers.name[s]}')",
                             "this is a price", "give a finite number, zero or more")  # fmt: skip
