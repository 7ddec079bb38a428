"""Two published strategies over the option table: EEDPO's cut and knapsack, and the nearest machine with room."""

from __future__ import annotations

import numpy as np
import pytest

from instances.expand import expand
from instances.instance import Instance
from instances.options import LOCAL
from solvers import METHODS, Limits, Verdict, solve
from solvers.heuristics.eedpo import _item
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


def test_eedpo_sends_each_user_with_the_option_of_fewest_pieces() -> None:
    """By trying every option with every number of blocks and units."""
    several = 0
    for seed in range(12):
        table = expand(roomy(seed, users=4, layers=4))
        n_blocks, n_units = int(table.blocks[0]), int(table.units[0])
        for user in range(table.n_users):
            least = {}
            for row in range(int(table.start[user]), int(table.start[user + 1])):
                if table.server[row] == LOCAL:
                    continue
                pairs = [(b, m) for b in range(1, n_blocks + 1) for m in range(1, n_units + 1)
                         if np.isfinite(table.cost_j(b / n_blocks, m / n_units, np.array([row]))).all()]  # fmt: skip
                least |= {row: min(b / n_blocks + m / n_units for b, m in pairs)} if pairs else {}
            item = _item(table, user, 0)
            if not least:
                assert item is None
                continue
            assert item is not None and least[item.option] == min(least.values())
            several += len(set(least.values())) > 1
    assert several > 5


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
