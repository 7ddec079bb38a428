"""Small random networks and instances that every test may use; all of it follows from the seed."""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.dnn import NETWORK_INPUT, Dnn
from instances.instance import Devices, Instance, Links, Radios, Servers, Users
from instances.tariff import Tariff
from instances.variants import Variants

__all__ = ["in_problem", "tiny_admission", "tiny_instance", "tiny_network"]

LOOSEST, TIGHTEST = 4.0, 0.9
"""Deadline over the latency of the better plain choice (all local, or all remote with an equal share)."""


def tiny_network(rng: np.random.Generator, n_layers: int, name: str = "net") -> Dnn:
    """Random acyclic network: mostly a chain, with skips, branches, weightless layers and one last layer."""
    predecessors: list[tuple[int, ...]] = []
    for layer in range(n_layers):
        earlier = np.arange(NETWORK_INPUT, layer)
        chosen = set(rng.choice(earlier, size=min(len(earlier), int(rng.integers(1, 3))), replace=False).tolist())
        if rng.random() < 0.6 or layer == 0:
            chosen.add(layer - 1)
        predecessors.append(tuple(sorted(chosen)))
    unread = set(range(n_layers - 1)) - {p for reads in predecessors for p in reads}
    if n_layers > 1:
        predecessors[-1] = tuple(sorted({*predecessors[-1], *unread} or {n_layers - 2}))
    plain = rng.random(n_layers) < 0.2
    return Dnn(
        name=name,
        layers=tuple(f"layer{j}" for j in range(n_layers)),
        kind=tuple("relu" if p else "conv" for p in plain),
        gflop=np.where(plain, 0.001, rng.uniform(0.2, 2.0, n_layers) * np.linspace(0.3, 1.5, n_layers)),
        weight_mb=np.where(plain, 0.0, rng.uniform(0.5, 10.0, n_layers)),
        output_mbit=rng.uniform(0.1, 3.0, n_layers) * np.linspace(1.0, 0.1, n_layers),
        predecessors=tuple(predecessors),
        input_mbit=float(rng.uniform(2.0, 6.0)),
        result_mbit=float(rng.uniform(0.001, 0.05)),
        source="random",
    )


def tiny_instance(
    seed: int,
    users: int = 3,
    servers: int = 2,
    layers: int = 3,
    allocation: str = "units",
    tightness: float | None = None,
    *,
    memory_limits: bool = True,
    network_count: int = 2,
    problem: str = "J-E",
) -> Instance:
    """Random instance that an oracle can enumerate.

    Blocks and units are 4 to 6 a server, idle energy is never zero, each user reaches at least one server (if
    there is any) and about three quarters of them, and some links have a wide-area hop.

    Args:
        seed: everything is drawn from it.
        users, servers, layers: sizes.
        allocation: ``units`` or ``continuous``.
        tightness: 0 gives loose deadlines (4 × the better plain choice), 1 gives deadlines that may be
            impossible (0.9 ×); None draws one a user between 0 and 0.9.
        memory_limits: whether some servers and devices are short of memory (then some are infeasible).
        network_count: number of different networks.
        problem: J-E, or what `in_problem` makes of it.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, users, servers, layers]))
    networks = tuple(tiny_network(rng, layers, f"net{g}") for g in range(network_count))
    devices = _devices(rng, networks, memory_limits)
    radios = Radios(["cellular", "wifi"], [1.2, 0.7], [0.02, 0.0], [0.9, 0.3], [0.0, 0.01])  # type: ignore[arg-type]
    rows = Users(
        name=np.array([f"u{i}" for i in range(users)]),
        network=rng.integers(len(networks), size=users),
        device=rng.integers(len(devices), size=users),
        radio=rng.integers(len(radios), size=users),
        deadline_s=np.ones(users),
        weight=np.where(rng.random(users) < 0.7, 1.0, rng.uniform(0.5, 2.0, users)),
    )
    machines = _servers(rng, servers, networks, rows, memory_limits)
    links = _links(rng, users, servers)
    slack = np.asarray(rng.uniform(0.0, 0.9, users) if tightness is None else np.full(users, float(tightness)))
    factor = LOOSEST * (TIGHTEST / LOOSEST) ** slack
    plain = _plain_latency_s(networks, devices, rows, machines, links)
    plain_instance = Instance(
        name=f"tiny-{seed}",
        networks=networks,
        devices=devices,
        radios=radios,
        users=rows.replace(deadline_s=factor * plain),
        servers=machines,
        links=links,
        allocation=allocation,
        horizon_s=0.5,
        server_energy_weight=float(rng.uniform(0.3, 1.0)),
        provenance={"generator": "tiny", "seed": seed},
    )
    return in_problem(plain_instance, problem, seed)


def in_problem(instance: Instance, problem: str, seed: int) -> Instance:
    """The same instance under J-L (a second counts as 0.1 to 100 J), J-C (prices of 1 or 1e-6 in size) or J-Q.

    Under J-Q each network has an accuracy, and a variant that sends a quarter and loses some of it; devices are much
    slower and deadlines half as long again, as else whoever stays local loses nothing.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, 77]))
    if problem == "J-L":
        return instance.replace(problem=problem, latency_weight_w=float(10 ** rng.uniform(-1, 2)))
    if problem == "J-C":
        n, size = instance.n_servers, (1.0, 1e-6)[seed % 2]
        tariff = Tariff(
            per_j=size * float(rng.uniform(0.5, 2.0)),
            per_server_s=size * rng.uniform(0.0, 20.0, n),
            per_mbit=size * rng.uniform(0.0, 0.3, n),
            rent=size * np.where(rng.random(n) < 0.7, rng.uniform(0.0, 0.8, n), 0.0),
        )
        return instance.replace(problem=problem, tariff=tariff)
    if problem == "J-Q":
        right = rng.uniform(0.7, 0.95, len(instance.networks))
        networks = [dataclasses.replace(n, accuracy=float(a)) for n, a in zip(instance.networks, right, strict=True)]
        rows, few = np.arange(len(networks)), np.full(len(networks), 0.25)
        coded = Variants(
            name=np.array([f"{n.name} coded" for n in networks]), network=rows, runs=rows, upload_factor=few,
            input_factor=few, accuracy=right, loss=tuple(rng.uniform(0.0, 0.5, n.n_layers + 1) for n in networks),
        )  # fmt: skip
        slow = instance.devices.replace(gflops=instance.devices.gflops * 0.2)
        late = instance.users.replace(deadline_s=instance.users.deadline_s * 1.5)
        return instance.replace(problem=problem, networks=tuple(networks), variants=coded, devices=slow, users=late)
    return instance


def _devices(rng: np.random.Generator, networks: tuple[Dnn, ...], memory_limits: bool) -> Devices:
    weight_mb = max(net.total_weight_mb for net in networks)
    short = memory_limits and rng.random() < 0.3
    return Devices(
        name=np.array(["phone", "camera"]),
        gflops=rng.uniform([15.0, 5.0], [30.0, 15.0]),
        memory_gb_s=np.array([20.0, 8.0]),
        launch_s=np.array([1e-4, 2e-4]),
        clock_ghz=rng.uniform(1.0, 2.0, 2),
        kappa=rng.uniform(1e-27, 4e-27, 2),
        clock_min=rng.uniform(0.3, 0.8, 2),
        clock_max=np.array([1.0, 1.3]),
        memory_mb=np.array([1e3, (0.6 * weight_mb + 1e-3) if short else 500.0]),
    )


def _servers(
    rng: np.random.Generator, count: int, networks: tuple[Dnn, ...], users: Users, memory_limits: bool
) -> Servers:
    demand_mb = sum(networks[g].total_weight_mb for g in users.network)
    short = (rng.random(count) < 0.3) & memory_limits
    return Servers(
        name=np.array([f"s{s}" for s in range(count)], dtype=np.str_),
        gflops=rng.uniform(60.0, 400.0, count),
        memory_gb_s=np.full(count, 200.0),
        launch_s=np.full(count, 2e-5),
        memory_mb=np.where(short, 0.5 * demand_mb + 1e-3, 1e4),
        idle_w=rng.uniform(0.1, 1.5, count),
        j_per_gflop=rng.uniform(0.02, 0.12, count),
        bandwidth_mhz=rng.uniform(5.0, 20.0, count),
        blocks=rng.integers(4, 7, count),
        units=rng.integers(4, 7, count),
    )


def _links(rng: np.random.Generator, users: int, servers: int) -> Links:
    there = rng.random((users, servers)) < 0.75
    if servers:
        there[np.arange(users), rng.integers(servers, size=users)] = True
    user, server = np.nonzero(there)
    n = len(user)
    return Links(
        user=user,
        server=server,
        efficiency=rng.uniform(1.0, 6.0, n),
        download_mbps=rng.uniform(20.0, 100.0, n),
        round_trip_s=rng.uniform(0.001, 0.01, n),
        backhaul_mbps=np.where(rng.random(n) < 0.3, rng.uniform(200.0, 1000.0, n), np.inf),
    )


def _plain_latency_s(
    networks: tuple[Dnn, ...], devices: Devices, users: Users, servers: Servers, links: Links
) -> np.ndarray:
    """[users] s of the better of all local at the fastest clock and all remote on a users-th of a server."""
    latency = np.empty(len(users))
    for i in range(len(users)):
        net, d = networks[users.network[i]], users.device[i]
        latency[i] = _run_s(net, devices, int(d)) / devices.clock_max[d]
    for k in range(len(links)):
        i, s = links.user[k], int(links.server[k])
        net = networks[users.network[i]]
        share = max(int(min(servers.blocks[s], servers.units[s])) // len(users), 1)
        air_s = net.input_mbit / (links.efficiency[k] * servers.bandwidth_mhz[s]) * servers.blocks[s] / share
        run_s = _run_s(net, servers, s) * servers.units[s] / share
        moved_s = (net.input_mbit + net.result_mbit) / links.backhaul_mbps[k]
        down_s = net.result_mbit / links.download_mbps[k]
        latency[i] = min(latency[i], air_s + run_s + moved_s + down_s + links.round_trip_s[k])
    return latency


def _run_s(net: Dnn, machines: Devices | Servers, row: int) -> float:
    layer_s = np.maximum(net.gflop / machines.gflops[row], net.traffic_mb / (1e3 * machines.memory_gb_s[row]))
    return float(layer_s.sum() + net.n_layers * machines.launch_s[row])


def tiny_admission(
    seed: int,
    users: int = 3,
    servers: int = 2,
    layers: int = 3,
    allocation: str = "units",
    *,
    budgets: bool = True,
    device_budgets: bool = False,
) -> Instance:
    """Random J-A instance: devices too slow for most deadlines, servers short of shares, and some of energy.

    Args:
        seed, users, servers, layers, allocation: as for `tiny_instance`.
        budgets: whether about three quarters of the servers have an energy budget, some below what idling takes.
        device_budgets: whether about three quarters of the devices have one (units only).
    """
    plain = tiny_instance(seed, users=users, servers=servers, layers=layers, allocation=allocation)
    rng = np.random.default_rng(np.random.SeedSequence([seed, users, servers, layers, 1]))
    devices, machines = plain.devices, plain.servers
    gflop = np.array([net.gflop.sum() for net in plain.networks])[plain.users.network]
    idle = machines.idle_w * plain.horizon_s
    work = machines.j_per_gflop * gflop.sum() * rng.uniform(0.05, 0.7, servers)
    energy = np.where(rng.random(servers) < 0.15, 0.5 * idle, idle + work)
    whole_j = 1e27 * devices.kappa * devices.clock_ghz**3 / devices.gflops  # J a GFLOP at the nominal clock
    spend = whole_j[plain.users.device] * gflop * rng.uniform(0.1, 1.0, users)
    return plain.replace(
        problem="J-A",
        devices=devices.replace(gflops=devices.gflops * 0.4),
        servers=machines.replace(gflops=machines.gflops * 0.5, bandwidth_mhz=machines.bandwidth_mhz * 0.6),
        users=plain.users.replace(weight=np.where(rng.random(users) < 0.5, 1.0, rng.uniform(0.5, 2.0, users))),
        energy_budget_j=np.where(rng.random(servers) < 0.75, energy, np.inf) if budgets else None,
        device_budget_j=np.where(rng.random(users) < 0.75, spend, np.inf) if device_budgets else None,
    )
