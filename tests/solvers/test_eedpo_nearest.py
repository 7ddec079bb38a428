"""Two published strategies over the option table: EEDPO's cut and knapsack, and the nearest machine with room."""

from __future__ import annotations

import numpy as np
import pytest

from instances.expand import expand
from instances.instance import Instance
from solvers import METHODS, Limits, Verdict, solve
from tests.builders import tiny_admission, tiny_instance


def roomy(seed: int, users: int = 4, servers: int = 1, layers: int = 3) -> Instance:
    """J-A with energy limits of devices only."""
    instance = tiny_admission(seed, users, servers, layers, budgets=False, device_budgets=True)
    return instance.replace(servers=instance.servers.replace(memory_mb=np.full(servers, np.inf)))


def test_eedpo_is_optimal_where_nothing_but_users_is_chosen() -> None:
    """60 instances with one server and networks of one layer: all on the device, or all on the server."""
    some = 0
    for seed in range(60):
        instance = roomy(seed, users=5, layers=1)
        truth, got = solve(instance, "brute_force"), solve(instance, "eedpo")
        assert got.verdict is not Verdict.WRONG and got.valid, got.message
        assert got.objective_j == pytest.approx(truth.objective_j, abs=1e-9), seed
        some += bool(0 < truth.objective_j < instance.users.weight.sum())
    assert some > 20


def test_eedpo_serves_no_more_than_the_optimum_and_seldom_fewer() -> None:
    lost, total = 0.0, 0.0
    for seed in range(40):
        instance = roomy(seed, users=4, servers=1 + seed % 2)
        truth, got = solve(instance, "exact", limits=Limits(gap=1e-6)), solve(instance, "eedpo")
        assert got.valid and got.objective_j >= truth.objective_j - 1e-6
        lost, total = lost + got.objective_j - truth.objective_j, total + instance.users.weight.sum()
    assert lost < 0.1 * total


@pytest.mark.parametrize(
    ("instance", "why"),
    [
        (tiny_instance(1), "J-A"),
        (tiny_admission(1, allocation="continuous", budgets=False), "continuous"),
        (tiny_admission(3, users=4), "run out"),
    ],
)
def test_eedpo_says_where_it_cannot(instance: Instance, why: str) -> None:
    reason = METHODS["eedpo"].supports(expand(instance))
    assert reason is not None and why in reason


def test_nearest_idle_leaves_networks_whole_and_takes_near_machines_first() -> None:
    found = 0
    for seed in range(30):
        instance = tiny_instance(seed, users=3, servers=2, tightness=0.0, memory_limits=False)
        got = solve(instance, "nearest_idle")
        assert got.verdict is not Verdict.WRONG
        if got.plan is None:
            continue
        for cut, server in zip(got.plan.cut, got.plan.server, strict=True):
            on_device = got.plan.cuts[cut].on_device
            assert on_device.all() if server < 0 else not on_device.any()
        table = expand(instance)
        rows = np.flatnonzero((table.user == 0) & ~table.is_local & (table.device_s == 0))
        nearest = rows[np.argmin((table.uplink_s + table.fixed_s)[rows])] if len(rows) else None
        if nearest is not None and got.plan.server[0] >= 0:  # the first user finds all machines idle
            found += 1
            assert got.plan.server[0] == table.server[nearest]
    assert found >= 10


def test_nearest_idle_turns_away_whom_nothing_has_room_for() -> None:
    for seed in range(15):
        got = solve(tiny_admission(seed, users=4, servers=1), "nearest_idle")
        assert got.valid, got.message
