"""Recipes of tiny instances: from every generator, and from nothing but random numbers."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import numpy as np

from instances.clouds import Clouds
from instances.dnn import NETWORK_INPUT, Dnn
from instances.generate import GENERATORS, generate
from instances.instance import ALLOCATIONS, PROBLEMS, Devices, Instance, Links, Radios, Servers, Users
from instances.tariff import Tariff
from instances.variants import Variants
from results.trust.draws import RECIPES, recipe

__all__ = ["random_network"]

NETWORKS = ("alexnet", "squeezenet1_1", "mobilenet_v2", "resnet18")
MOST_USERS, MOST_SERVERS, MOST_LAYERS = 3, 2, 3


def _from_generator(kind: str, rng: np.random.Generator) -> Instance:
    """A few users of a generator, in any problem, from idle to hopelessly overloaded."""
    problem = str(rng.choice(PROBLEMS))
    allocation = str(rng.choice(ALLOCATIONS))
    options: dict[str, Any] = {
        "problem": problem,
        "allocation": allocation,
        "cut_rule": "efficient" if kind == "mixed" else str(rng.choice(["efficient", "supported"])),
        "load": float(rng.choice([0.3, 1.0, 2.0, 5.0])),
        "deadline_scale": float(rng.choice([0.5, 1.0, 3.0])),
        "blocks": int(rng.integers(1, 6)),
        "units": int(rng.integers(1, 5)),
        "weight_ratio": float(rng.choice([1.0, 10.0])),
        "networks": [str(rng.choice(NETWORKS[:1] if kind == "mixed" else NETWORKS))],
    }
    if problem == "J-A" and rng.random() < 0.5:
        options["energy_part"] = float(rng.uniform(0.1, 1.5))
        if allocation == "units" and rng.random() < 0.5:
            options["device_energy_part"] = float(rng.uniform(0.05, 1.0))
    users = int(rng.integers(1, 3 if kind == "mixed" else MOST_USERS + 1))
    return generate(kind, users=users, servers=int(rng.integers(1, MOST_SERVERS + 1)), seed=int(rng.integers(2**31)),
                    **options)  # fmt: skip


for _kind in GENERATORS:
    RECIPES.add(_kind, functools.partial(_from_generator, _kind))


def random_network(rng: np.random.Generator, name: str) -> Dnn:
    """One to three layers with random reads, sizes and, sometimes, layers without work."""
    n = int(rng.integers(1, MOST_LAYERS + 1))
    reads: list[tuple[int, ...]] = [(NETWORK_INPUT,)]
    for layer in range(1, n):
        reads.append(tuple(sorted({layer - 1, int(rng.integers(NETWORK_INPUT, layer))})))
    idle = rng.random(n) < 0.2
    return Dnn(
        name=name,
        layers=tuple(f"layer{j}" for j in range(n)),
        kind=tuple("relu" if plain else "conv" for plain in idle),
        gflop=np.where(idle, 0.0, rng.uniform(0.1, 3.0, n)),
        weight_mb=np.where(idle, 0.0, rng.uniform(0.1, 10.0, n)),
        output_mbit=rng.uniform(0.05, 3.0, n),
        predecessors=tuple(reads),
        input_mbit=float(rng.uniform(0.5, 6.0)),
        result_mbit=float(rng.uniform(0.0, 0.1)),
        source="random",
        accuracy=float(np.round(rng.uniform(0.6, 0.95), 3)),
    )


@recipe("random")
def _random(rng: np.random.Generator) -> Instance:
    """Columns of random numbers; about half of them with variants, clouds, layers that may not run, floors."""
    users, servers = int(rng.integers(1, MOST_USERS + 1)), int(rng.integers(0, MOST_SERVERS + 1))
    networks = tuple(random_network(rng, f"net{g}") for g in range(2))
    links = _links(rng, users, servers)
    instance = Instance(
        name="random",
        networks=networks,
        devices=_devices(rng),
        radios=Radios(["a", "b"], [1.2, 0.7], [0.02, 0.0], [0.9, 0.3], [0.0, 0.01]),  # type: ignore[arg-type]
        users=Users(
            name=np.array([f"u{i}" for i in range(users)]),
            network=rng.integers(2, size=users),
            device=rng.integers(2, size=users),
            radio=rng.integers(2, size=users),
            deadline_s=rng.uniform(0.05, 2.0, users),
            weight=np.where(rng.random(users) < 0.7, 1.0, rng.uniform(0.5, 2.0, users)),
        ),
        servers=_servers(rng, servers),
        links=links,
        allocation=str(rng.choice(ALLOCATIONS)),
        horizon_s=0.5,
        server_energy_weight=float(rng.uniform(0.0, 1.0)),
    )
    families = rng.random() < 0.4
    problem = str(rng.choice(PROBLEMS))
    return _in_problem(_with_families(instance, rng) if families or problem == "J-Q" else instance, problem, rng)


def _devices(rng: np.random.Generator) -> Devices:
    return Devices(
        name=np.array(["phone", "camera"]),
        gflops=rng.uniform([5.0, 1.0], [30.0, 15.0]),
        memory_gb_s=np.array([20.0, 8.0]),
        launch_s=np.array([1e-4, 2e-4]),
        clock_ghz=rng.uniform(1.0, 2.0, 2),
        kappa=rng.uniform(1e-27, 4e-27, 2),
        clock_min=rng.uniform(0.3, 1.0, 2),
        clock_max=np.array([1.0, 1.3]),
        memory_mb=np.where(rng.random(2) < 0.3, 6.0, 500.0),
    )


def _servers(rng: np.random.Generator, count: int) -> Servers:
    return Servers(
        name=np.array([f"s{s}" for s in range(count)], dtype=np.str_),
        gflops=rng.uniform(60.0, 400.0, count),
        memory_gb_s=np.full(count, 200.0),
        launch_s=np.full(count, 2e-5),
        memory_mb=np.where(rng.random(count) < 0.3, 8.0, 1e4),
        idle_w=np.where(rng.random(count) < 0.3, 0.0, rng.uniform(0.1, 1.5, count)),
        j_per_gflop=rng.uniform(0.0, 0.12, count),
        bandwidth_mhz=rng.uniform(1.0, 20.0, count),
        blocks=rng.integers(1, 6, count),
        units=rng.integers(1, 5, count),
    )


def _links(rng: np.random.Generator, users: int, servers: int) -> Links:
    user, server = np.nonzero(rng.random((users, servers)) < 0.8)
    n = len(user)
    return Links(
        user=user,
        server=server,
        efficiency=rng.uniform(0.5, 6.0, n),
        download_mbps=np.where(rng.random(n) < 0.2, np.inf, rng.uniform(20.0, 100.0, n)),
        round_trip_s=rng.uniform(0.0, 0.01, n),
        backhaul_mbps=np.where(rng.random(n) < 0.3, rng.uniform(200.0, 1000.0, n), np.inf),
    )


def _in_problem(instance: Instance, problem: str, rng: np.random.Generator) -> Instance:
    n = instance.n_servers
    if problem == "J-L":
        return instance.replace(problem=problem, latency_weight_w=float(10 ** rng.uniform(-1, 2)))
    if problem == "J-C":
        size = float(rng.choice([1.0, 1e-6]))
        rent = size * np.where(rng.random(n) < 0.7, rng.uniform(0.0, 0.8, n), 0.0)
        tariff = Tariff(size * float(rng.uniform(0.5, 2.0)), size * rng.uniform(0.0, 20.0, n),
                        size * rng.uniform(0.0, 0.3, n), rent)  # fmt: skip
        return instance.replace(problem=problem, tariff=tariff)
    if problem == "J-A" and rng.random() < 0.6:
        idle = instance.servers.idle_w * instance.horizon_s
        work = instance.servers.j_per_gflop * rng.uniform(0.1, 4.0, n)
        own = np.where(rng.random(instance.n_users) < 0.6, rng.uniform(0.01, 2.0, instance.n_users), np.inf)
        limits = own if instance.allocation == "units" else None
        return instance.replace(problem=problem, energy_budget_j=np.where(rng.random(n) < 0.7, idle + work, np.inf),
                                device_budget_j=limits)  # fmt: skip
    return instance.replace(problem=problem)


def _with_families(instance: Instance, rng: np.random.Generator) -> Instance:
    """Layers that run sometimes, fewer bits, another network, clouds and floors."""
    first, second = instance.networks
    chance = np.minimum.accumulate(
        np.where(rng.random(first.n_layers) < 0.5, 1.0, rng.uniform(0.2, 0.9, first.n_layers))
    )
    networks = (dataclasses.replace(first, run_probability=chance), second)
    right = [float(net.accuracy or 0.0) for net in networks]
    loss = rng.uniform(0.0, 0.3, first.n_layers + 1)
    variants = Variants(
        name=np.array(["few bits", "other"]),
        network=np.array([0, 1]),
        runs=np.array([0, 0]),
        upload_factor=np.array([0.25, 1.0]),
        input_factor=np.array([0.5, 1.0]),
        accuracy=np.array([right[0], right[0]]),
        loss=(loss, np.zeros(0)),
    )
    clouds = Clouds(np.array(["cloud"]), *(np.array([v]) for v in (2000.0, 500.0, 1e-5, 0.03, 400.0, 0.004, 5.0, 0.1)))
    users, servers = instance.n_users, instance.n_servers
    return instance.replace(
        networks=networks,
        variants=variants,
        clouds=clouds,
        server_cloud=rng.integers(-1, 1, servers),
        accuracy_floor=np.where(rng.random(users) < 0.4, rng.uniform(0.3, 0.8, users), 0.0),
        deadline_rule=str(rng.choice(["expected", "worst"])),
    )
