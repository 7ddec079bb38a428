"""The problem in which nothing costs anything: a bound above 0 proves that there is no plan (docs/theory.md, P43).

Every plan of an instance is one of the instance without costs, and costs exactly 0 there. That instance is made by its
own fields: all costs are multiples of users' weights, of the servers' energy weight or of rents. Rules about deadlines,
memory and energy budgets know none of these, so they stay as they are, with what the checker forgives.
"""

from __future__ import annotations

import dataclasses
import math
import sys
from typing import Any

import numpy as np

from instances.certificate import Certificate
from instances.errors import InputError
from instances.instance import Instance

__all__ = ["check_costless", "with_least_aim", "without_costs"]

_AIM_J = sys.float_info.min
"""J, more than any plan costs, which is 0: what costs at least this may be dropped. Any positive number does, since
without costs all values grow with the prices in proportion; this one drops most."""


def check_costless(certificate: Certificate) -> None:
    """Refuse what makes no sense about costs that are left out.

    Raises:
        InputError: ``costless`` is neither true nor false, or true beside a finite bound.
    """
    costless: Any = certificate.costless
    if not isinstance(costless, bool):
        raise InputError("certificate.costless", f"is {costless!r}", "costs are left out or not")
    if costless and certificate.bound_j != math.inf:
        why = "without costs a certificate says that there is no plan"
        raise InputError("certificate.bound_j", f"is {certificate.bound_j!r}", why, "an infinite one, null in files")


def without_costs(instance: Instance) -> Instance:
    """The instance with the same plans, all of which cost 0: energy, latency, money, static energy and rejections."""
    tariff = instance.tariff
    return instance.replace(
        users=instance.users.replace(weight=np.zeros(instance.n_users)),
        server_energy_weight=0.0,
        tariff=None if tariff is None else dataclasses.replace(tariff, rent=np.zeros(instance.n_servers)),
    )


def with_least_aim(certificate: Certificate) -> Certificate:
    """The tree of a certificate with the aim at which options may be dropped where plans cost nothing."""
    return dataclasses.replace(certificate, bound_j=_AIM_J, costless=False)
