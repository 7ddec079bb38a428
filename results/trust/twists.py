"""Twists: what makes an instance degenerate. Each is one function; a fault often needs two of them."""

from __future__ import annotations

import numpy as np

from instances.errors import InputError
from instances.instance import Instance
from results.trust.draws import twist
from results.trust.parts import keep_links, keep_servers, keep_users

__all__: list[str] = []


@twist("one user")
def _one_user(instance: Instance, rng: np.random.Generator) -> Instance:
    return keep_users(instance, rng.integers(instance.n_users, size=1))


@twist("one server")
def _one_server(instance: Instance, rng: np.random.Generator) -> Instance:
    if not instance.n_servers:
        raise InputError("servers", "there are none")
    return keep_servers(instance, rng.integers(instance.n_servers, size=1))


@twist("unreachable")
def _unreachable(instance: Instance, rng: np.random.Generator) -> Instance:
    """One user is alone; often that leaves it no way at all."""
    return keep_links(instance, instance.links.user != rng.integers(instance.n_users))


@twist("alike users")
def _alike_users(instance: Instance, rng: np.random.Generator) -> Instance:
    """Everybody is the first user: every plan has as many twins as there are orders."""
    rows = np.zeros(instance.n_users, dtype=np.int64)
    links, users = instance.links, instance.users
    first = np.flatnonzero(links.user == 0)
    everybody = np.arange(instance.n_users)
    again = links.take(np.tile(first, instance.n_users)).replace(user=np.repeat(everybody, len(first)))
    budget, floor = instance.device_budget_j, instance.accuracy_floor
    return instance.replace(
        users=users.take(rows).replace(name=users.name),
        links=again,
        device_budget_j=None if budget is None else budget[rows],
        accuracy_floor=None if floor is None else floor[rows],
    )


@twist("alike servers")
def _alike_servers(instance: Instance, rng: np.random.Generator) -> Instance:
    """All servers are the first one, over links as good."""
    if instance.n_servers < 2:
        raise InputError("servers", "there are not two")
    servers, links = instance.servers, instance.links
    rows = np.zeros(instance.n_servers, dtype=np.int64)
    first = np.unique(links.user, return_index=True)[1]
    best = first[np.searchsorted(links.user[first], links.user)]
    return instance.replace(
        servers=servers.take(rows).replace(name=servers.name),
        links=links.take(best).replace(server=links.server),
        server_cloud=instance.cloud_of[rows],
        tariff=None if instance.tariff is None else instance.tariff.take(rows),
        energy_budget_j=None if instance.energy_budget_j is None else instance.energy_budget_j[rows],
    )


@twist("no energy")
def _no_energy(instance: Instance, rng: np.random.Generator) -> Instance:
    """Nothing costs energy: under J-E every plan is worth 0."""
    nothing = np.zeros(len(instance.radios))
    return instance.replace(
        devices=instance.devices.replace(kappa=np.zeros(len(instance.devices))),
        radios=instance.radios.replace(tx_w=nothing, tx_j_per_mbit=nothing, rx_w=nothing, rx_j_per_mbit=nothing),
        server_energy_weight=0.0,
    )


@twist("no static power")
def _no_static_power(instance: Instance, rng: np.random.Generator) -> Instance:
    return instance.replace(servers=instance.servers.replace(idle_w=np.zeros(instance.n_servers)))


@twist("weightless")
def _weightless(instance: Instance, rng: np.random.Generator) -> Instance:
    """A user that counts nothing still needs its deadline."""
    weight = instance.users.weight.copy()
    weight[rng.integers(len(weight))] = 0.0
    return instance.replace(users=instance.users.replace(weight=weight))


@twist("heavy")
def _heavy(instance: Instance, rng: np.random.Generator) -> Instance:
    """A user that counts a thousand times as much as others."""
    weight = instance.users.weight.copy()
    weight[rng.integers(len(weight))] *= 1e3
    return instance.replace(users=instance.users.replace(weight=weight))


@twist("hopeless")
def _hopeless(instance: Instance, rng: np.random.Generator) -> Instance:
    deadline = instance.users.deadline_s.copy()
    deadline[rng.integers(len(deadline))] = 1e-6
    return instance.replace(users=instance.users.replace(deadline_s=deadline))


@twist("patient")
def _patient(instance: Instance, rng: np.random.Generator) -> Instance:
    """Deadlines that bind nobody."""
    return instance.replace(users=instance.users.replace(deadline_s=instance.users.deadline_s * 100))


@twist("round trip takes it all")
def _far(instance: Instance, rng: np.random.Generator) -> Instance:
    """Over one link nothing but the round trip fits, to the last digit."""
    if not len(instance.links):
        raise InputError("links", "there are none")
    trip, link = instance.links.round_trip_s.copy(), rng.integers(len(instance.links))
    trip[link] = instance.users.deadline_s[instance.links.user[link]]
    return instance.replace(links=instance.links.replace(round_trip_s=trip))


@twist("one piece")
def _one_piece(instance: Instance, rng: np.random.Generator) -> Instance:
    """A server that serves one user at a time."""
    one = np.ones(instance.n_servers, dtype=np.int64)
    return instance.replace(servers=instance.servers.replace(blocks=one, units=one))


@twist("one clock")
def _one_clock(instance: Instance, rng: np.random.Generator) -> Instance:
    one = np.ones(len(instance.devices))
    return instance.replace(devices=instance.devices.replace(clock_min=one, clock_max=one))


@twist("no room")
def _no_room(instance: Instance, rng: np.random.Generator) -> Instance:
    """Servers hold the weights of about one user."""
    if not instance.n_servers:
        raise InputError("servers", "there are none")
    most = max(network.total_weight_mb for network in instance.networks)
    return instance.replace(servers=instance.servers.replace(memory_mb=np.full(instance.n_servers, most * 1.2 + 1e-3)))


@twist("empty devices")
def _empty_devices(instance: Instance, rng: np.random.Generator) -> Instance:
    """Devices hold no weights: nobody stays local, unless nothing has weights."""
    return instance.replace(devices=instance.devices.replace(memory_mb=np.full(len(instance.devices), 1e-3)))


@twist("uneven")
def _uneven(instance: Instance, rng: np.random.Generator) -> Instance:
    """Links and deadlines spread over three decades."""
    links, users = instance.links, instance.users
    return instance.replace(
        links=links.replace(efficiency=links.efficiency * 10 ** rng.uniform(-1.5, 1.5, len(links))),
        users=users.replace(deadline_s=users.deadline_s * 10 ** rng.uniform(-0.5, 2.0, len(users))),
    )
