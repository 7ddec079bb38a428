"""The problem in which nothing costs anything: a bound above 0 proves that there is no plan (docs/theory.md, P43).

Every plan of an instance is one of the instance without costs, and costs exactly 0 there. That instance is made by its
own fields: all costs are multiples of users' weights, of servers' energy weight or of rents, and no rule knows these.
Deadlines and memories are widened by more than the checker forgives, so that no plan that it accepts is denied.
"""

from __future__ import annotations

import dataclasses
import math
import sys
from typing import Any

import numpy as np

from instances.certificate import Certificate
from instances.columns import Floats
from instances.errors import InputError
from instances.instance import Instance
from instances.validate_rules import LARGEST

__all__ = ["check_costless", "with_least_aim", "without_costs"]

_AIM_J = sys.float_info.min
"""J, more than any plan costs, which is 0: what costs at least this may be dropped. Any positive number does, since
without costs all values grow with the prices in proportion; this one drops most."""
_WIDER = 1e-8
"""Part by which limits are widened; what the checker forgives comes to half of that (docs/theory.md, P43c)."""


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
    """An instance with all plans that the checker accepts, which cost 0: energy, latency, money and rejections."""
    users, servers, tariff = instance.users, instance.servers, instance.tariff
    return instance.replace(
        users=users.replace(weight=np.zeros(instance.n_users), deadline_s=_widened(users.deadline_s)),
        servers=servers.replace(memory_mb=_widened(servers.memory_mb)),
        server_energy_weight=0.0,
        tariff=None if tariff is None else dataclasses.replace(tariff, rent=np.zeros(instance.n_servers)),
    )


def _widened(limit: Floats) -> Floats:
    """Limits with what is forgiven; those that are infinite, or the largest that there are, stay."""
    return np.where(np.isfinite(limit), np.minimum(limit * (1 + _WIDER), LARGEST), limit)


def with_least_aim(certificate: Certificate) -> Certificate:
    """The tree of a certificate with the aim at which options may be dropped where plans cost nothing."""
    return dataclasses.replace(certificate, bound_j=_AIM_J, costless=False)
