"""Instances from records."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from instances import catalog
from instances.build import Device, Link, Radio, Server, User, build
from instances.errors import InputError
from instances.instance import Devices, Radios, Servers
from tests.builders import tiny_network

NET = tiny_network(np.random.default_rng(1), 4, "net")
PHONE = Device("my phone", gflops=20.0)
EDGE = Server("edge", gflops=500.0, bandwidth_mhz=20.0)


def user(name: str = "u0", **changes: Any) -> User:
    """A user that is fine, with changes."""
    given: dict[str, Any] = {"network": NET, "device": PHONE, "deadline_s": 0.5, "links": [Link("edge", 4.0)]}
    return User(name, **(given | changes))


def test_names_become_rows() -> None:
    other = Device("other phone", gflops=5.0)
    users = [
        user("a"),
        user("b", device=other, network="net", links=[]),
        user("c", links=[Link("s2", 3.0), Link("edge", 2.0)]),
    ]
    instance = build(users, [EDGE, Server("s2", gflops=100.0, bandwidth_mhz=10.0)])
    assert instance.users.device.tolist() == [0, 1, 0]
    assert instance.users.network.tolist() == [0, 0, 0]
    assert instance.devices.name.tolist() == ["my phone", "other phone"]
    assert instance.links.user.tolist() == [0, 2, 2]
    assert instance.links.server.tolist() == [0, 0, 1]
    assert instance.links.efficiency.tolist() == [4.0, 2.0, 3.0]


def test_defaults() -> None:
    instance = build([user()], [EDGE])
    assert instance.devices.kappa[0] == 1e-27 and instance.devices.clock_max[0] == 1.0
    assert instance.devices.memory_mb[0] == math.inf and instance.servers.memory_mb[0] == math.inf
    assert instance.radios.name.tolist() == ["plain"] and instance.radios.tx_w.tolist() == [1.0]
    assert instance.servers.blocks.tolist() == [100] and instance.servers.idle_w.tolist() == [0.0]
    assert instance.links.backhaul_mbps[0] == instance.links.download_mbps[0] == math.inf
    assert instance.users.weight.tolist() == [1.0]


def test_records_have_the_fields_of_the_columns() -> None:
    for record, struct in ((Device, Devices), (Radio, Radios), (Server, Servers)):
        fields = [f.name for f in dataclasses.fields(record)]
        assert fields[:2] == ["name", "model"]
        columns = [name for name in fields[2:] if name not in ("energy_budget_j", "cloud")]  # of the instance
        assert [fields[0], *columns] == [f.name for f in dataclasses.fields(struct)]


def test_rate_over_the_whole_uplink_becomes_an_efficiency() -> None:
    instance = build([user(links=[Link("edge", uplink_mbps=90.0)])], [EDGE])
    assert instance.links.efficiency.tolist() == [4.5]


def test_catalogue_names() -> None:
    server = Server("edge", model="edge_gpu", bandwidth_mhz=20.0, idle_w=7.0)
    instance = build([user(device="phone", radio="wifi")], [server])
    model = catalog.lookup("servers", "edge_gpu")
    assert instance.devices.gflops[0] == catalog.lookup("devices", "phone").gflops
    assert instance.radios.tx_w[0] == catalog.lookup("radios", "wifi").tx_w
    assert instance.servers.gflops[0] == model.gflops and instance.servers.idle_w[0] == 7.0


def test_given_records_come_before_the_catalogue() -> None:
    instance = build([user(device="phone")], [EDGE], devices=[Device("phone", gflops=3.0)])
    assert instance.devices.gflops.tolist() == [3.0]


def test_options_reach_the_instance() -> None:
    instance = build([user()], [EDGE], name="x", allocation="units", horizon_s=2.0, provenance={"by": "hand"})
    assert (instance.name, instance.allocation, instance.horizon_s) == ("x", "units", 2.0)


REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("users[0].device", "did you mean 'phone", {"users": [user(device="phonee")]}),
    ("users[0].radio", "did you mean 'wifi'", {"users": [user(radio="wfi")]}),
    ("users[0].network", "no network is called 'nett'", {"users": [user(network="nett")]}),
    ("users[0].network", "give a name or a Dnn", {"users": [user(network=3)]}),
    ("users[0].device", "give a name or a Device", {"users": [user(device=EDGE)]}),
    ("users[1].device", "is another device called 'my phone'",
     {"users": [user("a"), user("b", device=Device("my phone", gflops=1.0))]}),
    ("users[0].deadline_s", "a number is needed", {"users": [user(deadline_s="0.1")]}),
    ("users[0].deadline_s", "a number is needed", {"users": [user(deadline_s=True)]}),
    ("users[0].deadline_s", "is -1.0", {"users": [user(deadline_s=-1)]}),
    ("users[0].name", "a name is text", {"users": [user(7)]}),  # type: ignore[arg-type]
    ("users[1].name", "repeats 'u0' of users[0]", {"users": [user(), user()]}),
    ("users[0]", "give a User", {"users": ["u0"]}),
    ("users[0].links", "links are a list", {"users": [user(links="edge")]}),
    ("users[0].links", "links are a list", {"users": [user(links=Link("edge", 1.0))]}),
    ("users[0].links[0]", "give a Link", {"users": [user(links=["edge"])]}),
    ("users[0].links[0].server", "did you mean 'edge'", {"users": [user(links=[Link("egde", 1.0)])]}),
    ("users[0].links[1]", "repeats the link to 'edge'", {"users": [user(links=[Link("edge", 1.0)] * 2)]}),
    ("users[0].links[0]", "neither of", {"users": [user(links=[Link("edge")])]}),
    ("users[0].links[0]", "both of", {"users": [user(links=[Link("edge", 1.0, 20.0)])]}),
    ("users[0].links[0].uplink_mbps", "is 0.0", {"users": [user(links=[Link("edge", uplink_mbps=0)])]}),
    ("users[1].links[0].efficiency", "is nan", {"users": [user("a"), user(links=[Link("edge", math.nan)])]}),
    ("servers[0].bandwidth_mhz", "is missing", {"servers": [Server("edge", gflops=1.0)]}),
    ("servers[0].gflops", "is missing", {"servers": [Server("edge", bandwidth_mhz=1.0)]}),
    ("servers[0].blocks", "a whole number", {"servers": [dataclasses.replace(EDGE, blocks=10.0)]}),
    ("servers[0].units", "is too large", {"servers": [dataclasses.replace(EDGE, units=10**20)]}),
    ("servers[0].model", "did you mean", {"servers": [dataclasses.replace(EDGE, model="edge_gpuu")]}),
    ("servers[1].name", "repeats 'edge'", {"servers": [EDGE, EDGE]}),
    ("devices[1].name", "repeats", {"devices": [PHONE, PHONE]}),
    ("devices[0].gflops", "is missing", {"devices": [Device("x")]}),
    ("radios[0]", "give a name or a Radio", {"radios": [PHONE]}),
    ("alocation", "did you mean 'allocation'", {"alocation": "units"}),
    ("allocation", "'shared' is not known", {"allocation": "shared"}),
]  # fmt: skip


@pytest.mark.parametrize(("where", "fragment", "changes"), REFUSED)
def test_refuses_and_says_where(where: str, fragment: str, changes: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        build(**({"users": [user()], "servers": [EDGE]} | changes))
    assert caught.value.where == where
    assert fragment in str(caught.value)


def test_a_link_is_named_by_its_place_in_the_records() -> None:
    links = [Link("s2", 3.0), Link("edge", -2.0)]  # sorted by server, the second comes first
    with pytest.raises(InputError) as caught:
        build([user(links=links)], [EDGE, Server("s2", gflops=1.0, bandwidth_mhz=1.0)])
    assert caught.value.where == "users[0].links[1].efficiency"
