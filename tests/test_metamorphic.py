"""Relations that any right solver keeps, whatever the instance (Hypothesis draws it)."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instances.instance import Instance
from solvers import Limits, solve
from tests.builders import tiny_admission, tiny_instance

GAP = 1e-7
FEW = settings(max_examples=12, deadline=None, derandomize=True)
SEEDS = st.integers(0, 10_000)
ALLOCATIONS = st.sampled_from(["units", "continuous"])


def tiny(seed: int, allocation: str) -> Instance:
    return tiny_instance(seed, users=3, servers=2, layers=2, allocation=allocation)


def optimum(instance: Instance) -> float:
    """inf when infeasible."""
    return solve(instance, "exact", limits=Limits(gap=GAP)).objective_j


def close(value: float) -> object:
    return pytest.approx(value, rel=1e-5)


@FEW
@given(SEEDS, ALLOCATIONS)
def test_order_of_users_and_servers_does_not_matter(seed: int, allocation: str) -> None:
    instance = tiny(seed, allocation)
    rng = np.random.default_rng(seed)
    u, s = rng.permutation(instance.n_users), rng.permutation(instance.n_servers)
    links = instance.links
    shuffled = instance.replace(
        users=instance.users.take(u),
        servers=instance.servers.take(s),
        links=links.replace(user=np.argsort(u)[links.user], server=np.argsort(s)[links.server]),
    )
    assert optimum(shuffled) == close(optimum(instance))


@FEW
@given(SEEDS, ALLOCATIONS, st.floats(0.01, 100.0))
def test_energy_scale_scales_the_optimum(seed: int, allocation: str, factor: float) -> None:
    instance = tiny(seed, allocation)
    scaled = instance.replace(
        users=instance.users.replace(weight=instance.users.weight * factor),
        servers=instance.servers.replace(idle_w=instance.servers.idle_w * factor),
    )
    assert optimum(scaled) == close(factor * optimum(instance))


@FEW
@given(SEEDS, ALLOCATIONS, st.sampled_from([1e-3, 1e3]))
def test_time_unit_does_not_matter(seed: int, allocation: str, factor: float) -> None:
    """Everything measured in another unit of time: rates divided, times multiplied, powers divided."""
    i = tiny(seed, allocation)
    machines = {"gflops": 1 / factor, "memory_gb_s": 1 / factor, "launch_s": factor}

    def scale(table, **factors):  # type: ignore[no-untyped-def]
        return table.replace(**{name: getattr(table, name) * f for name, f in factors.items()})

    other = i.replace(
        devices=scale(i.devices, kappa=1 / factor, **machines),
        servers=scale(i.servers, idle_w=1 / factor, bandwidth_mhz=1 / factor, **machines),
        radios=scale(i.radios, tx_w=1 / factor, rx_w=1 / factor),
        users=scale(i.users, deadline_s=factor),
        links=scale(i.links, download_mbps=1 / factor, backhaul_mbps=1 / factor, round_trip_s=factor),
        horizon_s=i.horizon_s * factor,
    )
    assert optimum(other) == close(optimum(i))


@FEW
@given(SEEDS, ALLOCATIONS)
def test_a_useless_server_changes_nothing(seed: int, allocation: str) -> None:
    instance = tiny(seed, allocation)
    spare = instance.servers.take(np.array([0]))
    columns = {
        f.name: np.concatenate([getattr(instance.servers, f.name), getattr(spare, f.name)])
        for f in dataclasses.fields(instance.servers)
    }
    columns["name"] = np.append(instance.servers.name, "nobody reaches it")
    more = instance.replace(servers=type(instance.servers)(**columns))
    assert optimum(more) == close(optimum(instance))


@FEW
@given(SEEDS, ALLOCATIONS, st.floats(1.0, 3.0))
def test_later_deadlines_never_cost_more(seed: int, allocation: str, factor: float) -> None:
    instance = tiny(seed, allocation)
    later = instance.replace(users=instance.users.replace(deadline_s=instance.users.deadline_s * factor))
    assert optimum(later) <= optimum(instance) * (1 + 1e-5)


@FEW
@given(SEEDS, st.floats(1.0, 3.0))
def test_more_bandwidth_never_costs_more(seed: int, factor: float) -> None:
    for allocation in ("continuous", "units"):
        instance = tiny(seed, allocation)
        wider = instance.replace(
            servers=instance.servers.replace(bandwidth_mhz=instance.servers.bandwidth_mhz * factor)
        )
        assert optimum(wider) <= optimum(instance) * (1 + 1e-5)


@FEW
@given(SEEDS, ALLOCATIONS)
def test_fewer_users_never_cost_more(seed: int, allocation: str) -> None:
    from solvers.infeasible import only_users

    instance = tiny(seed, allocation)
    fewer = only_users(instance, np.array([0, 2]))
    assert optimum(fewer) <= optimum(instance) * (1 + 1e-5)


@FEW
@given(SEEDS, ALLOCATIONS)
def test_disjoint_cells_add_up(seed: int, allocation: str) -> None:
    first = tiny(seed, allocation).replace(server_energy_weight=0.5)
    second = tiny(seed + 1, allocation).replace(server_energy_weight=0.5)
    both = _side_by_side(first, second)
    assert optimum(both) == close(optimum(first) + optimum(second))


def _side_by_side(a: Instance, b: Instance) -> Instance:
    def joined(x, y, **shifted):  # type: ignore[no-untyped-def]
        parts = {f.name: (getattr(x, f.name), getattr(y, f.name)) for f in dataclasses.fields(x)}
        columns = {
            name: np.concatenate([p, q + shifted.get(name, 0)])
            if p.dtype.kind in "if"
            else np.concatenate([np.char.add("a-", p), np.char.add("b-", q)])
            for name, (p, q) in parts.items()
        }
        return type(x)(**columns)

    renamed = [
        dataclasses.replace(net, name=f"{tag}-{net.name}") for tag, i in (("a", a), ("b", b)) for net in i.networks
    ]
    return a.replace(
        networks=tuple(renamed),
        devices=joined(a.devices, b.devices),
        radios=joined(a.radios, b.radios),
        users=joined(a.users, b.users, network=len(a.networks), device=len(a.devices), radio=len(a.radios)),
        servers=joined(a.servers, b.servers),
        links=joined(a.links, b.links, user=a.n_users, server=a.n_servers),
    )


@FEW
@given(SEEDS)
def test_units_are_a_restriction_of_continuous_shares(seed: int) -> None:
    assert optimum(tiny(seed, "continuous")) <= optimum(tiny(seed, "units")) * (1 + 1e-5)


# Admission


def admission(seed: int, allocation: str) -> Instance:
    return tiny_admission(seed, users=4, servers=2, layers=2, allocation=allocation)


@FEW
@given(SEEDS, ALLOCATIONS, st.floats(0.01, 100.0))
def test_weights_scale_what_is_rejected(seed: int, allocation: str, factor: float) -> None:
    instance = admission(seed, allocation)
    scaled = instance.replace(users=instance.users.replace(weight=instance.users.weight * factor))
    assert optimum(scaled) == pytest.approx(factor * optimum(instance), rel=1e-5, abs=1e-9)


@FEW
@given(SEEDS, ALLOCATIONS, st.floats(1.0, 3.0))
def test_larger_energy_budgets_never_reject_more(seed: int, allocation: str, factor: float) -> None:
    instance = admission(seed, allocation)
    if instance.energy_budget_j is None:
        return
    larger = instance.replace(energy_budget_j=instance.energy_budget_j * factor)
    free = instance.replace(energy_budget_j=None)
    few, more, most = optimum(instance), optimum(larger), optimum(free)
    assert most <= more + 1e-9 and more <= few + 1e-9


@FEW
@given(SEEDS, st.floats(1.0, 3.0))
def test_larger_device_budgets_never_reject_more(seed: int, factor: float) -> None:
    instance = tiny_admission(seed, 4, 2, 2, "units", device_budgets=True)
    if instance.device_budget_j is not None:
        larger = instance.replace(device_budget_j=instance.device_budget_j * factor)
        assert optimum(larger) <= optimum(instance) + 1e-9


@FEW
@given(SEEDS, ALLOCATIONS)
def test_with_plenty_of_everything_nobody_is_turned_away(seed: int, allocation: str) -> None:
    instance = tiny(seed, allocation).replace(problem="J-A")
    plenty = instance.servers.replace(
        bandwidth_mhz=instance.servers.bandwidth_mhz * 1e3, gflops=instance.servers.gflops * 1e3, memory_mb=[1e6, 1e6]
    )
    late = instance.users.replace(deadline_s=instance.users.deadline_s + 1.0)
    result = solve(instance.replace(servers=plenty, users=late), "exact")
    assert result.objective_j == 0.0 and result.report is not None and result.report.admitted.all()


@FEW
@given(SEEDS, ALLOCATIONS)
def test_all_are_admitted_exactly_where_all_can_be_served(seed: int, allocation: str) -> None:
    """J-E has a plan if and only if J-A without budgets turns nobody away."""
    instance = tiny_instance(seed, users=3, servers=2, layers=2, allocation=allocation, tightness=0.95)
    rejected = optimum(instance.replace(problem="J-A", users=instance.users.replace(weight=np.ones(3))))
    assert (rejected == 0.0) == np.isfinite(optimum(instance))
