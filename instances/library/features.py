"""Features of instances in the library: what a word in a name adds to what the generator draws."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from instances.instance import Instance

__all__ = ["FEATURES", "Feature"]

SMALL_DEVICE_MB = 4.5
"""Holds no network of the catalogue: the smallest, SqueezeNet 1.1, has 4.94 MB of weights."""


def _same(instance: Instance) -> Instance:
    return instance


@dataclasses.dataclass(frozen=True)
class Feature:
    """Options that the generator is given, and what is then done to the instance.

    Args:
        says: for the reader.
        options: of the generator.
        change: instance → instance.
        of_system: it belongs to the name of a system with a model of its own (`instances.library.systems`).
    """

    says: str
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    change: Callable[[Instance], Instance] = _same
    of_system: bool = False


def _remote(instance: Instance) -> Instance:
    devices = instance.devices
    return instance.replace(devices=devices.replace(memory_mb=np.full(len(devices), SMALL_DEVICE_MB)))


def _free(instance: Instance) -> Instance:
    devices, radios, servers = instance.devices, instance.radios, instance.servers
    nothing, silent = np.zeros(len(devices)), np.zeros(len(radios))
    return instance.replace(
        devices=devices.replace(kappa=nothing),
        radios=radios.replace(tx_w=silent, tx_j_per_mbit=silent, rx_w=silent, rx_j_per_mbit=silent),
        servers=servers.replace(idle_w=np.zeros(len(servers)), j_per_gflop=np.zeros(len(servers))),
    )


def _twins(instance: Instance) -> Instance:
    """Everybody is the first user, at its place and with its deadline."""
    users, links, n = instance.users, instance.links, instance.n_users
    first = links.take(np.flatnonzero(links.user == 0))
    copies = np.tile(np.arange(len(first)), n)
    return instance.replace(
        users=users.take(np.zeros(n, dtype=np.int64)).replace(name=users.name),
        links=first.take(copies).replace(user=np.repeat(np.arange(n), len(first))),
    )


FEATURES: dict[str, Feature] = {
    "remote": Feature("no device has room for a whole network, so that everybody must be served", change=_remote),
    "patient": Feature("deadlines half as long again", {"deadline_scale": 1.5}),
    "hasty": Feature("deadlines a tenth shorter", {"deadline_scale": 0.9}),
    "weighted": Feature("weights of users up to 20 times as large as others", {"weight_ratio": 20.0}),
    "budget": Feature("servers have energy budgets", {"energy_part": 0.4}),
    "battery": Feature("devices have energy budgets", {"device_energy_part": 0.5}),
    "static": Feature("a joule at a server counts as one at a device, so that servers are dear to switch on",
                      {"server_energy_weight": 1.0}),
    "worst": Feature("deadlines hold for the run in which all layers run", {"deadline_rule": "worst"}),
    "language": Feature("networks are BERT and GPT-2", {"networks": ["bert_base", "gpt2"]}),
    "free": Feature("nothing costs anything: every plan that keeps the rules is optimal", change=_free),
    "twins": Feature("all users are alike: optima come in crowds", change=_twins),
    "serial": Feature("a fifth of the work cannot be split", of_system=True),
    "queues": Feature("queues are carried over", of_system=True),
    "spread": Feature("deadlines differ", of_system=True),
    "admission": Feature("requests may be turned away, at their weight", of_system=True),
}  # fmt: skip
"""Every feature by its word."""
