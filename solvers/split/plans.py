"""From a placement to a plan, so that a user's answer can be checked as a plan of the joint problem too."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from instances.errors import InputError
from instances.instance import Instance
from instances.options import LOCAL
from instances.plan import Cut, Plan

__all__ = ["plan_of"]


def plan_of(instance: Instance, placement: ArrayLike, server: int = 0) -> Plan:
    """Plan of an instance's only user: layers on machine 0 stay, the rest runs at the server; all shares and clock 1.

    Raises:
        InputError: the instance has other than one user, or the placement uses a third machine.
    """
    at = np.asarray(placement)
    if instance.n_users != 1:
        raise InputError("instance", f"has {instance.n_users} users", "a placement is that of one request")
    if not np.isin(at, (0, 1)).all():
        raise InputError("placement", "uses more than two machines", "a plan has a device and a server")
    remote = bool((at == 1).any())
    share = np.array([1.0 if remote else 0.0])
    return Plan(
        server=np.array([server if remote else LOCAL]),
        cut=np.zeros(1, dtype=np.int64),
        uplink_share=share,
        compute_share=share,
        clock=np.ones(1),
        cuts=(Cut(int(instance.users.network[0]), at == 0),),
    )
