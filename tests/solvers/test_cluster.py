"""The price method on a cluster: the answer of one machine, to the last bit, also when workers are killed."""

from __future__ import annotations

import json
import math
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from instances.errors import InputError
from instances.expand import expand
from instances.files import save
from instances.generate import generate
from instances.instance import Instance
from solvers import Limits, Stop, Verdict, solve
from solvers.answer import Progress
from solvers.cluster import ClusterDual, connect, generated, given, solve_on_cluster, stored
from solvers.prices import Dual, Point
from solvers.prices.ascent import climb, first_prices
from tests.edgecut.test_cli import in_a_process
from tests.shell import edgecut

pytest.importorskip("distributed", reason="the extra 'cluster' (Dask distributed) is not installed")

METRO: dict[str, Any] = {"kind": "metro", "users": 5000, "servers": 10, "seed": 4}


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """Two worker processes of one thread each."""
    with connect("local:2") as found:
        yield found


@pytest.fixture(scope="module")
def instance() -> Instance:
    return generate(**METRO)


@pytest.fixture(scope="module")
def alone(instance: Instance) -> Dual:
    return Dual(expand(instance))


def assert_same_point(one: Point, other: Point) -> None:
    assert one.bound_j == other.bound_j
    for name in ("prices", "asked", "chosen", "beta", "phi", "value_j"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


class Killer:
    """Kills a worker of a cluster now and then, as `kill -9` does, now or in the middle of what comes next."""

    def __init__(self, client: Any, moments: dict[int, float]) -> None:
        self.client, self.moments = client, moments
        self.heard, self.victims = 0, []  # type: int, list[int]
        self._timers: list[threading.Timer] = []

    def __call__(self, _: object = None) -> None:
        self.heard += 1
        if self.heard not in self.moments:
            return
        holds = self.client.has_what()
        pids = self.client.run(os.getpid, workers=[max(holds, key=lambda worker: len(holds[worker]))])
        timer = threading.Timer(self.moments[self.heard], self._kill, args=[next(iter(pids.values()))])
        self._timers.append(timer)
        timer.start()

    def _kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        self.victims.append(pid)

    def join(self) -> None:
        for timer in self._timers:
            timer.join()


@pytest.mark.parametrize("shards", [1, 5])
def test_points_are_those_of_one_machine(client: Any, alone: Dual, shards: int) -> None:
    far = ClusterDual(client, generated(**METRO, shards=shards))
    near = Dual(alone.table)
    assert (far.n_users, far.n_servers, far.n_options) == (5000, 10, len(near.table))
    assert far.cheapest_j == near.cheapest_j and np.array_equal(far.binds, near.binds)
    prices = first_prices(near)
    assert np.array_equal(prices, first_prices(far))
    for factor in (1.0, 0.7, 2.0):
        assert_same_point(near.at(prices * factor), far.at(prices * factor))
    point = near.at(prices, steps=12)
    one, other = near.favoured(point), far.favoured(far.at(prices, steps=12))
    assert np.array_equal(one.rows, other.rows) and np.array_equal(one.value_j, other.value_j)
    assert np.array_equal(one.table.fixed_j, other.table.fixed_j) and np.array_equal(one.table.user, other.table.user)


def test_choices_of_an_older_point_can_still_be_had(client: Any, alone: Dual) -> None:
    far, near = ClusterDual(client, generated(**METRO, shards=3)), Dual(alone.table)
    prices = first_prices(near)
    old, expected = far.at(prices), near.at(prices)
    far.at(3 * prices)
    assert_same_point(old, expected)


def test_recipes_agree(client: Any, instance: Instance, alone: Dual, tmp_path: Path) -> None:
    path = tmp_path / "i.parquet"
    save(instance, path)
    prices = first_prices(alone)
    bounds = {
        ClusterDual(client, recipes).at(prices).bound_j
        for recipes in (
            generated(**METRO, shards=3),
            given(instance, shards=3),
            stored(path, users=instance.n_users, shards=3),
        )
    }
    assert bounds == {Dual(alone.table).at(prices).bound_j}


def test_sampled_users_are_the_same(client: Any, alone: Dual) -> None:
    far = ClusterDual(client, generated(**METRO, shards=3))
    users = np.random.default_rng(0).random(5000) < 0.1
    one, other = alone.table.part(users), far.part(users)
    assert np.array_equal(one.user, other.user) and np.array_equal(one.deadline_s, other.deadline_s)
    assert np.array_equal(one.uplink_mhz_s, other.uplink_mhz_s)


def test_killed_workers_change_nothing(client: Any, alone: Dual) -> None:
    """Between evaluations and in the midst of them; λ, options and prices are made again."""
    rng = np.random.default_rng(1)
    expected: list[Point] = []
    near = Dual(alone.table)
    climb(near, first_prices(near), 10, heard=expected.append)
    far = ClusterDual(client, generated(**METRO, shards=6))
    moments = {int(k): float(rng.uniform(0.0, 0.1)) for k in rng.choice(np.arange(1, 9), 2, replace=False)}
    killer, got = Killer(client, moments | {9: 0.0}), []  # type: Killer, list[Point]

    def heard(point: Point) -> None:
        got.append(point)
        killer()

    climb(far, first_prices(far), 10, heard=heard)
    killer.join()
    assert len(killer.victims) == 3
    assert [p.bound_j for p in got] == [p.bound_j for p in expected]
    assert all(np.array_equal(a.asked, b.asked) for a, b in zip(got, expected, strict=True))
    assert_same_point(got[-1], expected[-1])


def test_whole_solve_with_a_killed_worker(client: Any, instance: Instance) -> None:
    """A sample first, then everybody, then a plan: as on one machine."""
    limits = Limits(rounds=12)
    expected = solve(instance, "prices", limits=limits, seed=3)
    killer = Killer(client, {4: 0.02})
    got = solve_on_cluster(instance, client.scheduler.address, limits=limits, seed=3, on_progress=killer)
    killer.join()
    assert killer.victims
    assert got.valid and got.plan is not None and expected.plan is not None
    assert (got.bound_j, got.objective_j) == (expected.bound_j, expected.objective_j)
    for name in ("server", "uplink_share", "compute_share", "clock"):
        assert np.array_equal(getattr(got.plan, name), getattr(expected.plan, name)), name


def test_small_crowds_are_solved_as_on_one_machine(client: Any) -> None:
    small = generate("campus", users=20, servers=3, seed=1)
    got, expected = solve_on_cluster(small, client.scheduler.address), solve(small, "prices")
    assert (got.bound_j, got.objective_j) == (expected.bound_j, expected.objective_j)


@pytest.mark.parametrize("what", ["bound_j", "best_j"])
def test_interrupt_keeps_the_best(client: Any, instance: Instance, what: str) -> None:
    def interrupt(progress: Progress) -> None:
        if math.isfinite(getattr(progress, what)):
            raise KeyboardInterrupt

    got = solve_on_cluster(instance, client.scheduler.address, on_progress=interrupt)
    assert got.stop is Stop.INTERRUPTED and math.isfinite(got.bound_j)
    assert got.valid == (what == "best_j")


def test_interrupt_before_anything(client: Any, instance: Instance) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.time_s > 0 and calls:
            raise KeyboardInterrupt
        calls.append(progress)

    calls: list[Progress] = []
    got = solve_on_cluster(instance, client.scheduler.address, on_progress=interrupt)
    assert got.stop is Stop.INTERRUPTED and got.verdict is not Verdict.WRONG


def test_users_who_cannot_be_served_are_named(client: Any, instance: Instance) -> None:
    deadline = instance.users.deadline_s.copy()
    deadline[4321] = 1e-9
    hopeless = instance.replace(users=instance.users.replace(deadline_s=deadline))
    got = solve_on_cluster(hopeless, client.scheduler.address)
    assert got.verdict.infeasible and "user u4321: best possible" in got.message


def test_recipes_must_name_everybody_once(client: Any) -> None:
    recipes = generated(**METRO, shards=3)
    for wrong in ([], recipes[1:], [recipes[0], recipes[2]], [*recipes, recipes[2]]):
        with pytest.raises(InputError, match="leave out or repeat users"):
            ClusterDual(client, wrong)


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, instance: Instance) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"edgecut\[cluster\]"):
        solve_on_cluster(instance, "local:2")


@pytest.mark.parametrize("where", ["local", "local:0", "local:many", "local:-1"])
def test_nonsense_names_no_cluster(where: str) -> None:
    with pytest.raises(InputError, match="local:4"), connect(where):
        pass


def test_nobody_at_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("solvers.cluster.engine._PATIENCE", "200ms")
    with pytest.raises(InputError, match="no scheduler answers"), connect("tcp://127.0.0.1:9"):
        pass


def test_command_line(folder_with_metro: Path) -> None:
    """A Parquet file that the workers read themselves; the result is the one without a cluster, and verifies."""
    cluster = in_a_process("solve", "i.parquet", "--method", "prices", "--cluster", "local:2", "-o", "far.json", "-q",
                           cwd=folder_with_metro)  # fmt: skip
    assert cluster.returncode == 0, cluster.stderr
    one = edgecut("solve", "i.parquet", "--method", "prices", "-o", "near.json", "-q", cwd=folder_with_metro)
    assert one.returncode == 0, one.stderr
    far, near = (json.loads((folder_with_metro / name).read_text()) for name in ("far.json", "near.json"))
    assert far["bound_j"] == near["bound_j"] and far["plan"] == near["plan"]


def test_command_line_refuses_other_methods(folder_with_metro: Path) -> None:
    done = edgecut("solve", "i.parquet", "--method", "greedy", "--cluster", "local:2", cwd=folder_with_metro)
    assert done.returncode == 65 and "--method prices" in done.stderr


@pytest.fixture(scope="module")
def folder_with_metro(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cluster")
    save(generate("metro", users=1500, servers=5, seed=1), folder / "i.parquet")
    return folder


@pytest.mark.parametrize(("problem", "options"), [
    ("J-L", {}), ("J-C", {}), ("J-A", {"allocation": "units", "device_energy_part": 0.5}),
])  # fmt: skip
def test_points_of_other_problems(client: Any, problem: str, options: dict[str, Any]) -> None:
    instance = generate("campus", users=300, servers=3, seed=2, problem=problem, **options)
    near, far = Dual(expand(instance)), ClusterDual(client, given(instance, shards=3))
    prices = first_prices(near)
    assert_same_point(near.at(prices), far.at(prices))
    one, other = near.favoured(near.at(prices)).table, far.favoured(far.at(prices)).table
    assert np.array_equal(one.second_w, other.second_w)
    assert np.array_equal(one.cost_j(0.2, 0.2), other.cost_j(0.2, 0.2))
    assert (other.device_limit is None) == (problem != "J-A")


def test_energy_budgets_have_a_price(client: Any) -> None:
    instance = generate("campus", users=300, servers=3, seed=2, problem="J-A", load=2.0, energy_part=0.2)
    near, far = Dual(expand(instance)), ClusterDual(client, given(instance, shards=3))
    assert near.table.stocks == ("memory", "energy")
    prices = first_prices(near)
    assert prices.shape == (4, 3) and (prices[3] > 0).any()
    assert_same_point(near.at(prices), far.at(prices))
