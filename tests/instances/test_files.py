"""Saving and loading: nothing changes on the way, and nothing half-written stays behind."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from instances.build import Device, Link, Server, User, build
from instances.columns import Columns
from instances.dnn import load_network, network_names
from instances.errors import InputError
from instances.files import load, plan_from_json, plan_to_json, read_json, save, write_json
from instances.instance import Instance, Links, Users
from instances.json_file import instance_from_json, instance_to_json
from instances.plan import Cut, Plan
from instances.tariff import PER_SERVER, Tariff
from tests.builders import tiny_admission, tiny_instance, tiny_network

SUFFIXES = (".json", ".parquet")
TABLES = ("devices", "radios", "users", "servers", "links")


def assert_same(one: Instance, other: Instance) -> None:
    """Every number, name and label is the same."""
    for field in dataclasses.fields(Instance):
        ours, theirs = getattr(one, field.name), getattr(other, field.name)
        if isinstance(ours, Columns):
            for column in dataclasses.fields(ours):
                assert np.array_equal(getattr(ours, column.name), getattr(theirs, column.name)), column.name
        elif isinstance(ours, np.ndarray):
            assert np.array_equal(ours, theirs), field.name
        elif isinstance(ours, Tariff):
            assert (ours.per_j, ours.currency) == (theirs.per_j, theirs.currency)
            for column in PER_SERVER:
                assert np.array_equal(getattr(ours, column), getattr(theirs, column)), column
        elif field.name == "networks":
            assert [n.to_json() for n in ours] == [n.to_json() for n in theirs]
        else:
            assert ours == theirs, field.name


def large(n: int, servers: int = 50) -> Instance:
    """Instance of n users, two links each."""
    base, rng = tiny_instance(3), np.random.default_rng(4)
    return base.replace(
        servers=base.servers.take(np.arange(servers) % 2).replace(name=[f"s{s}" for s in range(servers)]),
        users=Users(
            name=np.char.add("user", np.arange(n).astype(str)),
            **{c: rng.integers(2, size=n) for c in ("network", "device", "radio")},
            deadline_s=rng.uniform(0.1, 1.0, n),
            weight=np.ones(n),
        ),
        links=Links(
            user=np.repeat(np.arange(n), 2),
            server=(np.arange(2 * n) % 2) + (np.repeat(np.arange(n), 2) * 2) % (servers - 1),
            efficiency=rng.uniform(1.0, 6.0, 2 * n),
            download_mbps=np.full(2 * n, np.inf),
            round_trip_s=np.full(2 * n, 0.002),
            backhaul_mbps=np.where(rng.random(2 * n) < 0.5, 200.0, np.inf),
        ),
    )


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("seed", range(8))
def test_save_load_save_is_byte_identical(tmp_path: Path, suffix: str, seed: int) -> None:
    instance = tiny_instance(seed, users=seed + 1, servers=seed % 4, allocation=("units", "continuous")[seed % 2])
    first, second = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    save(instance, first)
    loaded = load(first)
    save(loaded, second)
    assert_same(instance, loaded)
    assert first.read_bytes() == second.read_bytes()
    assert sorted(os.listdir(tmp_path)) == [f"a{suffix}", f"b{suffix}"]


@pytest.mark.parametrize("name", ["a.csv", "a", "json"])
def test_a_suffix_that_says_no_format_is_refused(tmp_path: Path, name: str) -> None:
    for use in (load, lambda path: save(tiny_instance(0), path)):
        with pytest.raises(InputError, match="the suffix says the format"):
            use(tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_awkward_values_survive(tmp_path: Path, suffix: str) -> None:
    instance = tiny_instance(1)
    users = instance.users.replace(
        name=["Zoë 用户 🙂", 'quo"te\\', " "],
        deadline_s=[0.1 + 0.2, 5e-30, 1e30],
        weight=[-0.0, 1 / 3, 5e-324],
    )
    machines = instance.servers.replace(memory_mb=[math.inf, 1.5])
    odd = instance.replace(
        horizon_s=np.int64(2),
        users=users,
        servers=machines,
        provenance={"π": [1, None, {"deep": [True, 0.1]}]},
    )
    save(odd, tmp_path / f"odd{suffix}")
    assert_same(odd, load(tmp_path / f"odd{suffix}"))


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("seed", range(6))
def test_budgets_survive(tmp_path: Path, suffix: str, seed: int) -> None:
    rule = ("units", "continuous")[seed % 2]
    instance = tiny_admission(seed, users=6, servers=3, allocation=rule, device_budgets=rule == "units")
    first, second = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    save(instance, first)
    save(load(first), second)
    assert_same(instance, load(first))
    assert load(first).fingerprint == instance.fingerprint
    assert first.read_bytes() == second.read_bytes()


def test_budgets_without_limit_are_none() -> None:
    limited = tiny_admission(2, users=6, servers=3, device_budgets=True)
    free = limited.replace(energy_budget_j=np.full(3, math.inf), device_budget_j=np.full(6, math.inf))
    assert free.energy_budget_j is None and free.device_budget_j is None
    plain = limited.replace(energy_budget_j=None, device_budget_j=None)
    assert free.fingerprint == plain.fingerprint
    assert instance_to_json(free) == instance_to_json(plain)
    assert "budget" not in json.dumps(instance_to_json(plain))
    one = limited.replace(energy_budget_j=np.full(3, 5.0))
    assert len({plain.fingerprint, limited.fingerprint, one.fingerprint}) == 3


def test_a_hundred_thousand_users_in_parquet(tmp_path: Path) -> None:
    instance = large(100_000)
    save(instance, tmp_path / "a.parquet")
    loaded = load(tmp_path / "a.parquet")
    assert_same(instance, loaded)
    save(loaded, tmp_path / "b.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_some_thousand_users_in_json(tmp_path: Path) -> None:
    instance = large(3_000)
    save(instance, tmp_path / "a.json")
    assert_same(instance, load(tmp_path / "a.json"))


def test_parquet_reads_in_pandas(tmp_path: Path) -> None:
    import pandas as pd

    instance = tiny_instance(2)
    save(instance, tmp_path / "a.parquet")
    frame = pd.read_parquet(tmp_path / "a.parquet")
    assert frame["name"].tolist() == ["u0", "u1", "u2"]
    assert len(frame["links"][0]) == int((instance.links.user == 0).sum())
    assert {"server", "efficiency"} <= set(frame["links"][0][0])


def test_json_leaves_out_what_has_no_limit() -> None:
    data = instance_to_json(tiny_instance(0, users=6))
    links = [link for user in data["users"] for link in user["links"]]
    assert any("backhaul_mbps" not in link for link in links)
    assert all(link.get("backhaul_mbps") != math.inf for link in links)


def test_a_file_written_by_hand(tmp_path: Path) -> None:
    net = tiny_network(np.random.default_rng(0), 3, "mine")
    text = json.dumps({
        "schema": "edgecut-instance/1",
        "networks": [net.to_json()],
        "servers": [{"name": "edge", "model": "edge_gpu", "bandwidth_mhz": 20, "memory_mb": None}],
        "users": [{"name": "ann", "network": "mine", "device": "phone", "radio": "wifi", "deadline_s": 1,
                   "links": [{"server": "edge", "uplink_mbps": 80, "backhaul_mbps": None}]}],
    })  # fmt: skip
    (tmp_path / "hand.json").write_text("\ufeff" + text, encoding="utf-8")
    instance = load(tmp_path / "hand.json")
    user = User("ann", net, "phone", 1.0, [Link("edge", 4.0)], radio="wifi")
    assert_same(instance, build([user], [Server("edge", model="edge_gpu", bandwidth_mhz=20.0)]))


@pytest.mark.skipif(not network_names(), reason="the catalogue has no networks yet")
def test_a_network_of_the_catalogue_is_stored_by_name(tmp_path: Path) -> None:
    name = network_names()[0]
    instance = build([User("ann", name, "phone", 1.0)], [])
    data = instance_to_json(instance)
    assert data["networks"] == [{"name": name, "fingerprint": load_network(name).fingerprint}]
    assert_same(instance, instance_from_json(data))
    data["networks"][0]["fingerprint"] = "0" * 64
    with pytest.raises(InputError, match=r"networks\[0\]\.fingerprint: is '0000"):
        instance_from_json(data)
    own = dataclasses.replace(load_network(name), gflop=load_network(name).gflop * 2)
    assert "layers" in instance_to_json(instance.replace(networks=(own,)))["networks"][0]


def reordered(value: Any) -> Any:
    """JSON data with the keys of every object in reverse."""
    if isinstance(value, dict):
        return {key: reordered(inner) for key, inner in reversed(list(value.items()))}
    return [reordered(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("problem", ["J-L", "J-C"])
@pytest.mark.parametrize("servers", [0, 1, 3])
def test_fields_of_one_problem_survive(tmp_path: Path, suffix: str, problem: str, servers: int) -> None:
    instance = tiny_instance(6, servers=servers, problem=problem)
    first, second = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    save(instance, first)
    loaded = load(first)
    save(loaded, second)
    assert_same(instance, loaded)
    assert loaded.fingerprint == instance.fingerprint
    assert first.read_bytes() == second.read_bytes()


def test_files_and_fingerprints_of_energy_instances_are_those_of_before(tmp_path: Path) -> None:
    """As they were before there was any other problem."""
    instance = tiny_instance(1)
    save(instance, tmp_path / "a.json")
    digest = hashlib.sha256((tmp_path / "a.json").read_bytes()).hexdigest()
    assert digest == "fa7dc1d66a747ed4a3b66196d0e32dfd2425b8d8a22f46bc118ce254b5a45ae9"
    assert instance.fingerprint == "cc23c69c054bb4f187dd222f3204e0879258daf3000c770cd6932b64556de116"


def test_fingerprint_knows_every_price_and_the_weight_of_latency() -> None:
    energy, seconds, money = (tiny_instance(1, problem=name) for name in ("J-E", "J-L", "J-C"))
    prices = money.tariff
    assert prices is not None
    others = [money.replace(tariff=prices.replace(**{name: 1.0 + getattr(prices, name)}))
              for name in ("per_j", "per_server_s", "per_mbit", "rent")]  # fmt: skip
    more = seconds.replace(latency_weight_w=2.0 * seconds.latency_weight_w)
    assert len({i.fingerprint for i in (energy, seconds, more, money, *others)}) == 8
    assert money.replace(tariff=prices.replace(currency="EUR")).fingerprint == money.fingerprint


def test_fingerprint_survives_format_key_order_name_and_provenance(tmp_path: Path) -> None:
    instance = tiny_instance(5)
    for suffix in SUFFIXES:
        save(instance, tmp_path / f"a{suffix}")
        assert load(tmp_path / f"a{suffix}").fingerprint == instance.fingerprint
    assert instance_from_json(reordered(instance_to_json(instance))).fingerprint == instance.fingerprint
    assert instance.replace(name="other", provenance={}).fingerprint == instance.fingerprint


def test_fingerprint_ignores_the_order_of_tables_and_unused_entries() -> None:
    instance = tiny_instance(5, users=6)
    flip = np.array([1, 0])
    flipped = instance.replace(
        networks=instance.networks[::-1],
        devices=instance.devices.take(flip),
        radios=instance.radios.take(flip),
        users=instance.users.replace(**{c: 1 - getattr(instance.users, c) for c in ("network", "device", "radio")}),
        links=instance.links.take(np.arange(len(instance.links))[::-1]),
    )
    assert flipped.fingerprint == instance.fingerprint
    spare = tiny_network(np.random.default_rng(9), 2, "spare")
    assert instance.replace(networks=(*instance.networks, spare)).fingerprint == instance.fingerprint


CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("users", {"deadline_s": 1.0000000000000002}), ("users", {"weight": 2.0}), ("users", {"name": "x"}),
    ("users", {"network": 1}), ("users", {"device": 1}), ("users", {"radio": 1}),
    ("servers", {"gflops": 1.0}), ("servers", {"units": 9}), ("servers", {"name": "x"}),
    ("devices", {"kappa": 2e-27}), ("radios", {"tx_w": 9.0}),
    ("links", {"efficiency": 9.0}), ("links", {"backhaul_mbps": 9.0}),
]  # fmt: skip


@pytest.mark.parametrize(("table", "change"), CHANGES)
def test_fingerprint_sees_every_change(table: str, change: dict[str, Any]) -> None:
    nets = [tiny_network(np.random.default_rng(k), 2, f"net{k}") for k in range(2)]
    users = [
        User("u0", nets[0], Device("d", gflops=5.0), 1.0, [Link("s", 2.0)], "wifi"),
        User("u1", nets[1], Device("e", gflops=6.0), 1.0, (), "lte"),
    ]
    instance = build(users, [Server("s", gflops=50.0, bandwidth_mhz=10.0)])
    struct = getattr(instance, table)
    for column, value in change.items():
        values = getattr(struct, column).tolist()
        struct = struct.replace(**{column: [value, *values[1:]]})
    assert instance.replace(**{table: struct}).fingerprint != instance.fingerprint


def test_fingerprint_sees_every_label() -> None:
    instance = tiny_instance(5, allocation="units")
    others = [
        instance.replace(**change)
        for change in ({"allocation": "continuous"}, {"cut_rule": "supported"}, {"horizon_s": 2.0},
                       {"server_energy_weight": 0.0})
    ]  # fmt: skip
    assert len({instance.fingerprint, *(other.fingerprint for other in others)}) == 5


def test_fingerprint_is_pinned() -> None:
    """A change of this number makes stored results strangers to their instances: raise its version then."""
    net = tiny_network(np.random.default_rng(0), 2, "net")
    net = dataclasses.replace(net, gflop=np.array([1.0, 2.0]), weight_mb=np.array([3.0, 4.0]), input_mbit=8.0,
                              output_mbit=np.array([1.0, 2.0]), result_mbit=1.0, predecessors=((-1,), (0,)),
                              kind=("conv", "conv"))  # fmt: skip
    user = User("ann", net, Device("d", gflops=5.0), 1.0, [Link("s", 2.0)])
    instance = build([user], [Server("s", gflops=50.0, bandwidth_mhz=10.0)])
    assert instance.fingerprint == "8b6d1b29d5f82e8bdeb0c91d3913ccab469e0289874de5bb38f3993c2acd9ee2"


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tiny_instance(0), tmp_path / "a.json")
    before = (tmp_path / "a.json").read_bytes()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(InputError, match="No space left"):
        save(tiny_instance(1), tmp_path / "a.json")
    assert (tmp_path / "a.json").read_bytes() == before
    assert os.listdir(tmp_path) == ["a.json"]


def test_a_link_to_a_file_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    save(tiny_instance(0), tmp_path / "link.json")
    assert (tmp_path / "link.json").is_symlink() and (tmp_path / "real.json").is_file()


def some_plan(instance: Instance) -> Plan:
    """Users 0 and 2 stay local, user 1 sends its input; valid or not, it refers to things that exist."""
    cuts = [Cut(g, np.full(n.n_layers, on)) for g, n in enumerate(instance.networks) for on in (True, False)]
    split = instance.users.network * 2 + np.array([0, 1, 0])
    return Plan(np.array([-1, 1, -1]), split, [0, 0.1 + 0.2, 0], [0, 0.5, 0], [1, 1, 0.7], tuple(cuts))  # type: ignore[arg-type]


def test_plan_survives_json_in_any_order_of_users(tmp_path: Path) -> None:
    instance = tiny_instance(1)
    plan = some_plan(instance)
    write_json(tmp_path / "plan.json", plan_to_json(instance, plan))
    data = read_json(tmp_path / "plan.json")
    assert data["users"][0]["server"] is None and data["users"][1]["server"] == "s1"
    data["users"].reverse()
    again = plan_from_json(instance, data)
    for field in ("server", "cut", "uplink_share", "compute_share", "clock"):
        assert np.array_equal(getattr(again, field), getattr(plan, field))
    assert plan_to_json(instance, again) == plan_to_json(instance, plan)


def test_a_plan_that_turns_users_away_survives_json() -> None:
    instance = tiny_instance(1).replace(problem="J-A")
    plan = some_plan(instance)
    for server in ([-2, 1, -1], [-2, -2, -2]):
        away = plan.replace(server=server, cut=np.where(np.array(server) == -2, -1, plan.cut))
        data = json.loads(json.dumps(plan_to_json(instance, away)))
        assert (data["users"][0]["server"], data["users"][0]["cut"]) == (None, None)
        again = plan_from_json(instance, data)
        assert again.server.tolist() == server
        assert plan_to_json(instance, again) == data


def test_cuts_of_equal_size_have_ids_of_their_own() -> None:
    instance = tiny_instance(1, layers=3)
    masks = ([True, False, False], [False, True, False])
    cuts = tuple(Cut(0, np.array(mask)) for mask in masks)
    instance = instance.replace(users=instance.users.replace(network=[0, 0, 0]))
    plan = Plan([-1] * 3, [0, 1, 0], [0] * 3, [0] * 3, [1] * 3, cuts)  # type: ignore[arg-type]
    data = plan_to_json(instance, plan)
    assert [entry["cut"] for entry in data["users"]] == ["net0/1", "net0/1/2", "net0/1"]
    assert plan_from_json(instance, data).cut.tolist() == [0, 1, 0]
