"""Part of the checker: what a plan costs, in the unit of each problem.

Like `instances.check` it shares no code with what it checks.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Bools, Floats
from instances.instance import Instance
from instances.plan import Plan

__all__ = ["Spent", "costs_of", "total_of"]


@dataclasses.dataclass(frozen=True, eq=False)
class Spent:
    """What each user spends, [users].

    ``device_j`` J of computing and radio; ``served_j`` weighted J at the server; ``latency_s``; ``whole_s`` s of work
    for the whole server; ``upload_mbit`` Mbit sent up. ``cloud_s``, ``lift_mbit``: the same at the cloud behind it.
    ``accuracy`` of the answer. ``admitted``: whether the user is served at all. All but latency are expected amounts.
    """

    device_j: Floats
    served_j: Floats
    latency_s: Floats
    whole_s: Floats
    upload_mbit: Floats
    cloud_s: Floats
    lift_mbit: Floats
    accuracy: Floats
    admitted: Bools


def costs_of(instance: Instance, plan: Plan, spent: Spent) -> tuple[Floats, Floats]:
    """[users] what each adds to the objective, weight included, and [servers] what each costs for being on."""
    weight, energy_j = instance.users.weight, spent.device_j + spent.served_j
    idle_j = instance.server_energy_weight * instance.servers.idle_w * instance.horizon_s
    if instance.problem == "J-A":
        return np.where(spent.admitted, 0.0, weight), np.zeros(instance.n_servers)
    if instance.problem == "J-Q":
        return weight * (1.0 - spent.accuracy), np.zeros(instance.n_servers)
    if instance.problem == "J-M":
        return weight * spent.latency_s, np.zeros(instance.n_servers)
    if instance.problem == "J-L":
        return weight * (energy_j + instance.latency_weight_w * spent.latency_s), idle_j
    if instance.problem == "J-C":
        return weight * _bill(instance, plan, spent), _rent(instance)
    return weight * energy_j, idle_j


def total_of(instance: Instance, cost: Floats) -> float:
    """What the users' costs come to: their sum; J-M: the largest."""
    return float(cost.max()) if instance.problem == "J-M" else float(cost.sum())


def _bill(instance: Instance, plan: Plan, spent: Spent) -> Floats:
    """[users] money for the device's energy, the server's time and the uplink."""
    prices, remote = instance.tariff, plan.server >= 0
    assert prices is not None  # an instance of J-C has one
    bill = np.asarray(prices.per_j * spent.device_j)
    at = plan.server[remote]
    bill[remote] += prices.per_server_s[at] * spent.whole_s[remote] + prices.per_mbit[at] * spent.upload_mbit[remote]
    beyond = np.flatnonzero(remote)[instance.cloud_of[at] >= 0]
    cloud = instance.cloud_of[plan.server[beyond]]
    clouds = instance.clouds
    bill[beyond] += clouds.per_s[cloud] * spent.cloud_s[beyond] + clouds.per_mbit[cloud] * spent.lift_mbit[beyond]
    return bill


def _rent(instance: Instance) -> Floats:
    assert instance.tariff is not None
    return instance.tariff.rent
