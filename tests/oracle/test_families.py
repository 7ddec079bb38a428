"""Option families against oracles: enumeration for optima, simulation for expected costs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from instances.check import check
from instances.cuts import enumerate_cuts
from instances.expand import expand
from instances.instance import Instance
from instances.options import LOCAL
from instances.plan import Cut, Plan
from solvers import METHODS, Limits, Verdict, solve
from solvers.registry import reason_against
from tests.family_builders import tiny_families

EXACT = [name for name, entry in METHODS.items() if entry.kind == "exact" and name not in ("brute_force", "exact")]
SHAPES = ((2, 1, 3), (3, 2, 2), (3, 1, 3), (2, 2, 3), (4, 1, 2))
GAP = 1e-6


def _instance(seed: int, allocation: str, problem: str) -> Instance:
    return tiny_families(seed, *SHAPES[seed % 5], allocation, problem=problem)


@pytest.mark.parametrize("problem", ["J-E", "J-Q", "J-L", "J-C", "J-A"])
@pytest.mark.parametrize("allocation", ["units", "continuous"])
def test_exact_methods_agree_with_enumeration(allocation: str, problem: str) -> None:
    feasible = 0
    for seed in range(6 if problem in ("J-E", "J-Q") else 3):
        instance = _instance(seed, allocation, problem)
        truth = solve(instance, "brute_force")
        feasible += truth.valid
        for name in EXACT:
            if METHODS[name].supports(expand(instance)) is not None:
                continue
            got = solve(instance, name, limits=Limits(gap=GAP), seed=seed)
            where = f"{name}, {problem}, {allocation}, seed {seed}: {got.message}"
            if truth.verdict.infeasible:
                assert got.verdict.infeasible, where
                continue
            assert truth.valid and got.valid, where
            assert got.objective_j == pytest.approx(truth.objective_j, rel=3 * GAP, abs=1e-9), where
    assert feasible >= 2


@pytest.mark.parametrize("allocation", ["units", "continuous"])
def test_methods_that_promise_less_stay_on_the_right_side(allocation: str) -> None:
    for seed in range(4):
        instance = _instance(seed, allocation, ("J-E", "J-Q")[seed % 2])
        truth, table = solve(instance, "brute_force"), expand(instance)
        for name, entry in METHODS.items():
            if entry.kind == "exact" or reason_against(entry, table) is not None:
                continue
            got = solve(instance, name, limits=Limits(gap=GAP), seed=seed)
            assert got.verdict is not Verdict.WRONG, f"{name}: {got.message}"
            assert got.objective_j >= truth.objective_j * (1 - GAP) - 1e-9, name
            assert got.bound_j <= truth.objective_j * (1 + GAP) + 1e-9, name


def test_every_option_costs_what_the_checker_says() -> None:
    for seed in range(6):
        instance = tiny_families(seed, 2, 2, 3, "continuous", floors=False)
        table = expand(instance)
        for option in range(len(table)):
            other = 1 - int(table.user[option])
            chosen = np.zeros(2, dtype=np.int64)
            chosen[table.user[option]] = option
            chosen[other] = table.start[other]
            remote = table.server[chosen] != LOCAL
            plan = Plan.from_options(table, chosen, np.where(remote, 0.9, 0.0), np.where(remote, 0.8, 0.0))
            cost = table.cost_j(np.where(remote, 0.9, 0.0), np.where(remote, 0.8, 0.0), chosen)
            i = int(table.user[option])
            if math.isfinite(cost[i]):
                assert check(instance, plan).user_cost[i] == pytest.approx(cost[i], rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_dropped_pairs_of_cuts_are_beaten(seed: int) -> None:
    """P19b: no pair of cuts, dropped or not, is better than the best of those with its first cut."""
    instance = tiny_families(seed, 2, 1, 4, "continuous", floors=False).replace(server_cloud=[1])
    table, rng = expand(instance, feasible_only=False), np.random.default_rng(seed)
    for g in (0, 1):
        cuts = enumerate_cuts(instance.networks[g]).on_device
        users = np.flatnonzero(instance.users.network == g)
        linked = [u for u in users if (instance.links.user == u).any()]
        for _ in range(20 if linked else 0):
            first, second = cuts[rng.integers(len(cuts))], cuts[rng.integers(len(cuts))]
            first, second = first & second, first | second  # cuts are a lattice
            if first.all():
                continue
            user, beta, phi = linked[0], *rng.uniform(0.3, 1.0, 2)
            passed_on = ~second if not second.all() else None
            report = check(instance, _alone(instance, user, Cut(g, first, -1, passed_on), beta, phi))
            mine = np.flatnonzero((table.user == user) & ~table.is_local)
            same = [o for o in mine if table.way(o).variant == -1]
            late = table.device_s[same] + table.uplink_s[same] / beta + table.server_s[same] / phi + table.fixed_s[same]
            joules = table.device_j[same] + table.tx_w[same] * table.uplink_s[same] / beta + table.fixed_j[same]
            beaten = (late <= report.latency_s[user] * (1 + 1e-9)) & (joules <= report.user_energy_j[user] * (1 + 1e-9))
            assert (beaten & (table.server_mb[same] <= report.memory_mb[0] * (1 + 1e-9))).any()


def _alone(instance: Instance, user: int, cut: Cut, beta: float, phi: float) -> Plan:
    """The user with this cut on server 0 at clock 1, everybody else on the device."""
    n, others = instance.n_users, instance.users.network
    whole = tuple(Cut(g, np.ones(net.n_layers, dtype=bool)) for g, net in enumerate(instance.networks))
    mine = np.arange(n) == user
    return Plan(
        server=np.where(mine, 0, -1),
        cut=np.where(mine, 0, 1 + others),
        uplink_share=np.where(mine, beta, 0.0),
        compute_share=np.where(mine, phi, 0.0),
        clock=np.ones(n),
        cuts=(cut, *whole),
    )


@pytest.mark.parametrize("seed", range(6))
def test_expected_costs_are_what_simulation_finds(seed: int) -> None:
    """P19a: requests of random difficulty, each run layer by layer, cost on average what the checker says."""
    instance = tiny_families(seed, 1, 1, 4, "continuous", floors=False, rule="expected")
    users = instance.users.replace(network=np.zeros(1, dtype=np.int64), deadline_s=np.full(1, 1e3))
    instance = instance.replace(users=users, server_cloud=[0])
    net, rng = instance.networks[0], np.random.default_rng(seed)
    cuts = enumerate_cuts(net).on_device
    for _ in range(4):
        one, two = cuts[rng.integers(len(cuts) - 1)], cuts[rng.integers(len(cuts))]
        first, second = one & two, one | two
        passed_on = None if second.all() else ~second
        report = check(instance, _alone(instance, 0, Cut(0, first, -1, passed_on), 0.5, 0.5))
        draws = [_run(instance, first, second, u) for u in (np.arange(4000) + 0.5) / 4000]
        latency, energy = np.mean(draws, axis=0)
        assert report.latency_s[0] == pytest.approx(latency, rel=2e-3)
        assert report.user_energy_j[0] == pytest.approx(energy, rel=2e-3)


def _run(instance: Instance, first: np.ndarray, second: np.ndarray, difficulty: float) -> tuple[float, float]:
    """Latency, s, and energy, J, of one request: a layer runs if its probability exceeds the difficulty."""
    net, d, s, c, radio = (instance.networks[0], instance.devices, instance.servers, instance.clouds, instance.radios)
    dev, rad = int(instance.users.device[0]), int(instance.users.radio[0])
    runs = [j for j in range(net.n_layers) if net.run_probability[j] > difficulty]
    where = {j: "device" if first[j] else "server" if second[j] else "cloud" for j in runs}
    latency = energy = 0.0
    watts = d.kappa[dev] * (1e9 * d.clock_ghz[dev]) ** 3
    for j in runs:
        table, row = {"device": (d, dev), "server": (s, 0), "cloud": (c, 0)}[where[j]]
        time = max(net.gflop[j] / table.gflops[row], net.traffic_mb[j] / table.memory_gb_s[row] / 1e3)
        time += table.launch_s[row]
        latency += time / 0.5 if where[j] == "server" else time
        if where[j] == "device":
            energy += watts * time
        else:
            energy += instance.server_energy_weight * table.j_per_gflop[row] * net.gflop[j]
    remote, far = any(w != "device" for w in where.values()), "cloud" in where.values()
    up = _sent(net, {j for j in runs if where[j] != "device"})
    lift = _sent(net, {j for j in runs if where[j] == "cloud"})
    air = up / (instance.links.efficiency[0] * s.bandwidth_mhz[0] * 0.5)
    down = net.result_mbit / instance.links.download_mbps[0] * remote
    latency += (
        air + down + remote * (instance.links.round_trip_s[0] + net.result_mbit / instance.links.backhaul_mbps[0])
    )
    latency += up / instance.links.backhaul_mbps[0]
    latency += far * (c.round_trip_s[0] + net.result_mbit / c.backhaul_mbps[0]) + lift / c.backhaul_mbps[0]
    energy += radio.tx_w[rad] * air + radio.tx_j_per_mbit[rad] * up
    energy += radio.rx_w[rad] * down + radio.rx_j_per_mbit[rad] * net.result_mbit * remote
    return latency, energy


def _sent(net, away: set[int]) -> float:  # type: ignore[no-untyped-def]
    """Mbit that the layers of one run that are away read from elsewhere."""
    tensors = {p for j in away for p in net.predecessors[j] if p not in away}
    return float(sum(net.input_mbit if p < 0 else net.output_mbit[p] for p in tensors))
