"""Parts of instances: some users, some servers, plainer networks. What remains means the same as before."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import numpy as np

from instances.columns import Bools, Ints
from instances.dnn import Dnn
from instances.instance import Instance
from instances.tariff import Tariff

__all__ = ["keep_links", "keep_networks", "keep_servers", "keep_users", "without_layer", "without_layers"]


def keep_users(instance: Instance, rows: Ints) -> Instance:
    """The instance with these users only, in this order."""
    place = np.full(instance.n_users, -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    kept = np.flatnonzero(place[instance.links.user] >= 0)
    links = instance.links.take(kept)
    budget, floor = instance.device_budget_j, instance.accuracy_floor
    return instance.replace(
        users=instance.users.take(rows),
        links=links.replace(user=place[links.user]),
        device_budget_j=None if budget is None else budget[rows],
        accuracy_floor=None if floor is None else floor[rows],
    )


def keep_servers(instance: Instance, rows: Ints) -> Instance:
    """The instance with these servers only, in this order, and the links to them."""
    place = np.full(instance.n_servers, -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    links = instance.links.take(np.flatnonzero(place[instance.links.server] >= 0))
    budget = instance.energy_budget_j
    tariff: Tariff | None = instance.tariff
    return instance.replace(
        servers=instance.servers.take(rows),
        links=links.replace(server=place[links.server]),
        energy_budget_j=None if budget is None else budget[rows],
        server_cloud=instance.cloud_of[rows],
        tariff=None if tariff is None else tariff.take(rows),
    )


def keep_links(instance: Instance, kept: Bools) -> Instance:
    """The instance with these links only ([links] bool)."""
    return instance.replace(links=instance.links.take(np.flatnonzero(kept)))


def keep_networks(instance: Instance, rows: Ints) -> Instance:
    """The instance with these networks only; nobody may run another, and variants must not need one."""
    place = np.full(len(instance.networks), -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    users, variants = instance.users, instance.variants
    return instance.replace(
        networks=tuple(instance.networks[int(row)] for row in rows),
        users=users.replace(network=place[users.network]),
        variants=dataclasses.replace(variants, network=place[variants.network], runs=place[variants.runs]),
    )


def without_layer(network: Dnn, layer: int) -> Dnn | None:
    """The network without a layer, whose readers read what it read; None where no layer or no result would be left."""
    if network.n_layers < 2 or layer == network.n_layers - 1:
        return None
    reads = network.predecessors[layer]

    def moved(p: int) -> tuple[int, ...]:
        return tuple(q - (q > layer) for q in (reads if p == layer else (p,)))

    kept = [j for j in range(network.n_layers) if j != layer]
    return dataclasses.replace(
        network,
        layers=tuple(network.layers[j] for j in kept),
        kind=tuple(network.kind[j] for j in kept),
        gflop=network.gflop[kept],
        weight_mb=network.weight_mb[kept],
        output_mbit=network.output_mbit[kept],
        predecessors=tuple(tuple(sorted({q for p in network.predecessors[j] for q in moved(p)})) for j in kept),
        run_probability=network.run_probability[kept],
    )


def without_layers(network: Dnn, layers: Iterable[int]) -> Dnn | None:
    """The network without some layers; None where nothing of it can go."""
    found: Dnn | None = None
    for layer in sorted(layers, reverse=True):
        found = without_layer(found or network, layer) or found
    return found
