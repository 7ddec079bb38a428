"""What `validate_instance` refuses, and how it says so."""

from __future__ import annotations

import dataclasses
import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from instances.errors import InputError
from instances.instance import Instance, Links, Users
from instances.validate import validate_instance
from tests.builders import tiny_instance, tiny_network


def calls_of(act: Callable[[], object]) -> int:
    """Calls, of Python and of C functions, while something is done."""
    count = 0

    def hear(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(hear)
    try:
        act()
    finally:
        sys.setprofile(None)
    return count


def changed(instance: Instance, table: str, column: str, row: int, value: Any) -> dict[str, Any]:
    """Arguments of `Instance.replace` that put one value into one column."""
    struct = getattr(instance, table)
    old = getattr(struct, column)
    values = old.astype(object) if old.dtype.kind == "U" else old.copy()
    values[row] = value
    return {table: struct.replace(**{column: values})}


REFUSED = [
    ("users", "deadline_s", 1, math.nan, "users[1].deadline_s"),
    ("users", "deadline_s", 1, math.inf, "users[1].deadline_s"),
    ("users", "deadline_s", 2, 0.0, "users[2].deadline_s"),
    ("users", "deadline_s", 0, -0.04, "users[0].deadline_s"),
    ("users", "weight", 0, -1.0, "users[0].weight"),
    ("users", "weight", 0, 1e31, "users[0].weight"),
    ("users", "network", 2, 2, "users[2].network"),
    ("users", "device", 2, -1, "users[2].device"),
    ("users", "radio", 0, 99, "users[0].radio"),
    ("users", "name", 1, "", "users[1].name"),
    ("users", "name", 2, "u0", "users[2].name"),
    ("users", "name", 2, "u\n0", "users[2].name"),
    ("users", "name", 2, "u\x000", "users[2].name"),
    ("users", "name", 2, "u\ud800", "users[2].name"),
    ("servers", "name", 1, "s0", "servers[1].name"),
    ("servers", "gflops", 1, 0.0, "servers[1].gflops"),
    ("servers", "gflops", 1, math.inf, "servers[1].gflops"),
    ("servers", "bandwidth_mhz", 0, -20.0, "servers[0].bandwidth_mhz"),
    ("servers", "bandwidth_mhz", 0, 1e-320, "servers[0].bandwidth_mhz"),
    ("servers", "idle_w", 0, -1.0, "servers[0].idle_w"),
    ("servers", "j_per_gflop", 0, math.nan, "servers[0].j_per_gflop"),
    ("servers", "memory_mb", 0, 0.0, "servers[0].memory_mb"),
    ("servers", "blocks", 1, 0, "servers[1].blocks"),
    ("servers", "units", 1, -3, "servers[1].units"),
    ("devices", "kappa", 0, -1e-27, "devices[0].kappa"),
    ("devices", "clock_min", 0, 0.0, "devices[0].clock_min"),
    ("devices", "clock_min", 1, 1.4, "devices[1].clock_min"),
    ("devices", "clock_ghz", 1, 0.0, "devices[1].clock_ghz"),
    ("devices", "launch_s", 1, -1e-6, "devices[1].launch_s"),
    ("radios", "tx_w", 1, math.inf, "radios[1].tx_w"),
    ("radios", "rx_j_per_mbit", 1, -0.1, "radios[1].rx_j_per_mbit"),
    ("links", "efficiency", 0, 0.0, "links[0].efficiency"),
    ("links", "download_mbps", 0, math.nan, "links[0].download_mbps"),
    ("links", "download_mbps", 0, -math.inf, "links[0].download_mbps"),
    ("links", "round_trip_s", 0, math.inf, "links[0].round_trip_s"),
    ("links", "backhaul_mbps", 0, 0.0, "links[0].backhaul_mbps"),
]


@pytest.mark.parametrize(("table", "column", "row", "value", "where"), REFUSED)
def test_refuses_and_says_where(table: str, column: str, row: int, value: Any, where: str) -> None:
    instance = tiny_instance(1)
    with pytest.raises(InputError) as caught:
        instance.replace(**changed(instance, table, column, row, value))
    assert caught.value.where == where
    assert caught.value.why and caught.value.fix


BUDGETS = [
    ({"energy_budget_j": [1.0]}, "energy_budget_j", "has 1 rows"),
    ({"energy_budget_j": [1.0, math.nan]}, "servers[1].energy_budget_j", "is nan"),
    ({"energy_budget_j": [-1.0, 1.0]}, "servers[0].energy_budget_j", "is -1.0 ('s0')"),
    ({"energy_budget_j": "much"}, "Instance.energy_budget_j", "not floats"),
    ({"device_budget_j": [1.0, 2.0]}, "device_budget_j", "has 2 rows"),
    ({"device_budget_j": [1.0, 2.0, -math.inf]}, "users[2].device_budget_j", "is -inf"),
    ({"device_budget_j": [math.inf, 2.0, 1.0], "allocation": "continuous"}, "users[1].device_budget_j", "continuous"),
    ({"device_budget_j": [math.inf, 2.0, 1.0], "problem": "J-E"}, "users[1].device_budget_j", "J-E counts energy"),
    ({"energy_budget_j": [math.inf, 0.0], "problem": "J-E"}, "servers[1].energy_budget_j", "leave budgets out"),
    ({"problem": "J-Z"}, "problem", "J-Z"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "where", "fragment"), BUDGETS)
def test_refuses_budgets_that_mean_nothing(change: dict[str, Any], where: str, fragment: str) -> None:
    instance = tiny_instance(1, allocation="units").replace(problem="J-A")
    with pytest.raises(InputError) as caught:
        instance.replace(**change)
    assert caught.value.where == where
    assert fragment in str(caught.value)


def test_accepts_budgets_of_nothing_and_of_everything() -> None:
    instance = tiny_instance(1, allocation="units").replace(problem="J-A", energy_budget_j=[0.0, math.inf])
    assert instance.energy_budget_j is not None and instance.energy_budget_j.tolist() == [0.0, math.inf]
    assert instance.replace(device_budget_j=np.full(3, math.inf)).device_budget_j is None


ACCEPTED = [
    ("users", "weight", 0, 0.0),
    ("users", "deadline_s", 0, 1e-9),
    ("servers", "idle_w", 0, 0.0),
    ("servers", "memory_mb", 0, math.inf),
    ("devices", "memory_mb", 0, math.inf),
    ("devices", "kappa", 0, 0.0),
    ("links", "download_mbps", 0, math.inf),
    ("links", "backhaul_mbps", 0, math.inf),
    ("links", "round_trip_s", 0, 0.0),
    ("users", "name", 0, "Zoë 用户 🙂"),
]


@pytest.mark.parametrize(("table", "column", "row", "value"), ACCEPTED)
def test_accepts_what_can_be_right(table: str, column: str, row: int, value: Any) -> None:
    instance = tiny_instance(1)
    instance.replace(**changed(instance, table, column, row, value))


def test_tells_value_name_and_how_many_more() -> None:
    instance = tiny_instance(1, users=5)
    with pytest.raises(InputError) as caught:
        instance.replace(users=instance.users.replace(deadline_s=np.array([1.0, 1.0, 1.0, -2.5, math.nan])))
    assert str(caught.value).startswith("users[3].deadline_s: is -2.5 ('u3'), and 1 more like it; ")


def test_names_both_ends_of_a_link() -> None:
    instance = tiny_instance(1)
    with pytest.raises(InputError, match=r"user 'u\d' to server 's\d'"):
        instance.replace(links=instance.links.replace(efficiency=np.zeros(len(instance.links))))


def test_refuses_a_repeated_link() -> None:
    instance = tiny_instance(1)
    rows = np.append(np.arange(len(instance.links)), 0)
    with pytest.raises(InputError, match=r"links\[1\]: repeats the link"):
        instance.replace(links=instance.links.take(rows))


def test_refuses_links_to_nowhere() -> None:
    instance = tiny_instance(1)
    with pytest.raises(InputError, match=r"links\[0\]\.server"):
        instance.replace(servers=instance.servers.take(np.zeros(0, dtype=int)))


def test_refuses_an_instance_without_users() -> None:
    instance = tiny_instance(1)
    none = np.zeros(0, dtype=int)
    with pytest.raises(InputError, match="users: there are none"):
        instance.replace(users=instance.users.take(none), links=instance.links.take(none))


def test_accepts_an_instance_without_servers() -> None:
    assert tiny_instance(1, servers=0).n_servers == 0


def test_refuses_two_networks_of_one_name() -> None:
    instance = tiny_instance(1)
    twin = tiny_network(np.random.default_rng(5), 2, "net0")
    with pytest.raises(InputError, match=r"networks\[1\]\.name: repeats 'net0' of networks\[0\]"):
        instance.replace(networks=(instance.networks[0], twin))


@pytest.mark.parametrize("field", ["horizon_s", "server_energy_weight"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0, "1", None, True])
def test_refuses_impossible_scalars(field: str, value: Any) -> None:
    with pytest.raises(InputError) as caught:
        tiny_instance(1).replace(**{field: value})
    assert caught.value.where == field


@pytest.mark.parametrize("value", [{"seed": np.arange(3)}, {"x": math.nan}, [1], {"f": print}])
def test_refuses_provenance_that_json_cannot_hold(value: Any) -> None:
    with pytest.raises(InputError, match="provenance"):
        tiny_instance(1).replace(provenance=value)


def test_half_a_million_users_are_looked_at_by_columns() -> None:
    n, base = 500_000, tiny_instance(1)
    users = Users(
        name=np.char.add("u", np.arange(n).astype(str)),
        **{f.name: np.resize(getattr(base.users, f.name), n) for f in dataclasses.fields(Users)[1:]},
    )
    links = Links(
        user=np.arange(n),
        server=np.arange(n) % 2,
        **{f.name: np.resize(getattr(base.links, f.name), n) for f in dataclasses.fields(Links)[2:]},
    )
    instance = base.replace(users=users, links=links)
    assert calls_of(lambda: validate_instance(instance)) < 20_000  # a loop over users would make 500,000
