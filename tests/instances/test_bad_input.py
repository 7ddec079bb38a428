"""Bad JSON files, and files that are not there: each gets an InputError that says what, where, why and what would mend it."""

# ruff: noqa: E501  (the tables have one case a line)

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from instances.errors import InputError
from instances.files import load, save, write_json
from tests.builders import tiny_instance, tiny_network
from tests.instances.spoiling import DROP, FILE, Text, refused, with_text, with_value

GOOD: dict[str, Any] = {
    "schema": "edgecut-instance/1",
    "name": "by hand",
    "allocation": "units",
    "networks": [tiny_network(np.random.default_rng(0), 3, "net").to_json()],
    "devices": [{"name": "cam", "gflops": 5.0}],
    "radios": [{"name": "wifi", "tx_w": 0.5}],
    "servers": [{"name": "edge", "gflops": 500.0, "bandwidth_mhz": 20.0, "blocks": 10, "units": 10}],
    "users": [
        {"name": f"u{i}", "network": "net", "device": "cam", "radio": "wifi", "deadline_s": 0.5,
         "links": [{"server": "edge", "efficiency": 4.0}]}
        for i in range(4)
    ],
}  # fmt: skip

PRICES: dict[str, Any] = {"per_j": 1e-6, "per_server_s": [1e-4], "per_mbit": [1e-6], "rent": [0.0]}


def in_money(changes: dict[str, Any]) -> Text:
    """The instance under J-C, with prices changed (or dropped)."""

    def change(text: str) -> str:
        prices = {name: value for name, value in (PRICES | changes).items() if value is not DROP}
        return json.dumps(json.loads(text) | {"problem": "J-C", "tariff": prices})

    return change


# (what is wrong, where the error points, what it says, change)
BAD: list[tuple[str, str, str, Text]] = [
    # grammar
    ("empty", FILE, "is empty", lambda t: ""),
    ("blank", FILE, "is empty", lambda t: " \n"),
    ("truncated in the middle", FILE, "cut short", lambda t: t[: len(t) // 2]),
    ("truncated at the last brace", FILE, "cut short", lambda t: t[:-1]),
    ("truncated in a string", FILE, "cut short", lambda t: t[: t.index("by hand") + 3]),
    ("not JSON", FILE, "line 1 column 1", lambda t: "users: 3"),
    ("trailing comma", FILE, "is not JSON at line 1", lambda t: t[:-1] + ",}"),
    ("something behind", FILE, "Extra data", lambda t: t + "{}"),
    ("single quotes", FILE, "is not JSON", lambda t: t.replace('"', "'")),
    ("a list", FILE, "must hold one object", lambda t: f"[{t}]"),
    ("a number", FILE, "must hold one object", lambda t: "3"),
    ("null", FILE, "must hold one object", lambda t: "null"),
    ("nesting bomb of lists", FILE, "nested too deeply", lambda t: "[" * 200_000),
    ("nesting bomb of objects", FILE, "nested too deeply", lambda t: '{"a":' * 100_000 + "1" + "}" * 100_000),
    ("deep provenance", FILE, "nested too deeply", with_text('"by hand"', '"x", "provenance": {"a": ' + "[" * 99 + "]" * 99 + "}")),
    # numbers and keys that Python's parser lets pass
    ("NaN", "users[2].deadline_s", "is NaN", with_value("users.2.deadline_s", float("nan"))),
    ("Infinity", "users[2].deadline_s", "is Infinity", with_value("users.2.deadline_s", float("inf"))),
    ("-Infinity", "users[0].links[0].efficiency", "is -Infinity", with_value("users.0.links.0.efficiency", -float("inf"))),
    ("1e999", "users[0].deadline_s", "is 1e999", with_text('"deadline_s": 0.5', '"deadline_s": 1e999')),
    ("five thousand digits", "users[0].deadline_s", "is 9999", with_text('"deadline_s": 0.5', '"deadline_s": ' + "9" * 5000)),
    ("400 digits", "users[0].deadline_s", "is 9999", with_text('"deadline_s": 0.5', '"deadline_s": ' + "9" * 400)),
    ("300 digits", "users[0].deadline_s", "is 1e+300", with_text('"deadline_s": 0.5', '"deadline_s": 1' + "0" * 300)),
    ("a key twice", "users[0]", "gives 'deadline_s' twice", with_text('"deadline_s": 0.5', '"deadline_s": 0.5, "deadline_s": 0.4')),
    ("a key twice at the top", FILE, "gives 'name' twice", with_text('"name": "by hand"', '"name": "a", "name": "b"')),
    ("half a character", "users[0].name", "surrogate", with_value("users.0.name", "\ud800")),
    ("half a character in a key", "users[0]", "surrogate", with_value("users.0.\ud800", 1)),
    # budgets
    ("a server's budget as text", "servers[0].energy_budget_j", "a number is needed", with_value("servers.0.energy_budget_j", "9")),
    ("a server's budget below zero", "servers[0].energy_budget_j", "is -1.0 ('edge')", with_value("servers.0.energy_budget_j", -1)),
    ("a server's budget outside J-A", "servers[0].energy_budget_j", "J-E counts energy", with_value("servers.0.energy_budget_j", 9)),
    ("a device's budget outside J-A", "users[1].device_budget_j", "J-E counts energy", with_value("users.1.device_budget_j", 9)),
    ("a device's budget as text", "users[1].device_budget_j", "a number is needed", with_value("users.1.device_budget_j", "9")),
    # schema
    ("no schema", "schema", "is missing", with_value("schema", DROP)),
    ("newer schema", "schema", "upgrade", with_value("schema", "edgecut-instance/3")),
    ("much newer schema", "schema", "upgrade", with_value("schema", "edgecut-instance/" + "9" * 5000)),
    ("other schema", "schema", "right file", with_value("schema", "edgecut-result/1")),
    ("schema of another type", "schema", "right file", with_value("schema", 1)),
    # fields
    ("unknown field of a user", "users[3].deadlines", "did you mean 'deadline_s'?", with_value("users.3.deadlines", 1)),
    ("unknown field at the top", "user", "did you mean 'users'?", with_value("user", [])),
    ("unknown field of a link", "users[0].links[0].efficency", "'efficiency'", with_value("users.0.links.0.efficency", 1)),
    ("unknown field of a server", "servers[0].bandwith_mhz", "'bandwidth_mhz'", with_value("servers.0.bandwith_mhz", 1)),
    ("unknown field of a layer", "networks[0].layers[1].flops", "'flop'", with_value("networks.0.layers.1.flops", 1)),
    ("missing deadline", "users[1].deadline_s", "is missing", with_value("users.1.deadline_s", DROP)),
    ("missing users", "users", "is missing", with_value("users", DROP)),
    ("missing servers", "servers", "is missing", with_value("servers", DROP)),
    ("missing bandwidth", "servers[0].bandwidth_mhz", "is missing", with_value("servers.0.bandwidth_mhz", DROP)),
    ("missing layer size", "networks[0].layers[0].output_bytes", "is missing", with_value("networks.0.layers.0.output_bytes", DROP)),
    # fields of one problem only
    ("J-L without a weight", "latency_weight_w", "more than zero, in W", with_value("problem", "J-L")),
    ("a weight of latency under J-E", "latency_weight_w", "take J-L", with_value("latency_weight_w", 1.0)),
    ("a negative weight of latency", "latency_weight_w", "zero or more", with_value("latency_weight_w", -1.0)),
    ("a weight of latency as text", "latency_weight_w", "is '1'", with_value("latency_weight_w", "1")),
    ("J-C without prices", "tariff", "is missing", with_value("problem", "J-C")),
    ("prices under J-E", "tariff", "take J-C", with_value("tariff", PRICES)),
    ("prices a list", "tariff", "an object is needed", with_value("tariff", [1])),
    ("a price missing", "tariff.rent", "is missing", in_money({"rent": DROP})),
    ("a price unknown", "tariff.per_mb", "'per_mbit'", in_money({"per_mb": [1]})),
    ("a price as text", "tariff.per_mbit[0]", "is '1'", in_money({"per_mbit": ["1"]})),
    ("a price below zero", "tariff.per_mbit[0]", "this is a price", in_money({"per_mbit": [-1]})),
    ("a price beyond measure", "tariff.rent[0]", "this is a price", in_money({"rent": [1e31]})),
    ("a joule below zero", "tariff.per_j", "zero or more", in_money({"per_j": -1})),
    ("a joule true", "tariff.per_j", "is true", in_money({"per_j": True})),
    ("prices of two servers", "tariff", "2 rows for 1 servers", in_money({"per_server_s": [1, 1], "per_mbit": [1, 1], "rent": [1, 1]})),
    ("columns of prices that differ", "tariff.rent", "has 2 rows", in_money({"rent": [1, 1]})),
    ("a price for all", "tariff.rent", "a list is needed", in_money({"rent": 1})),
    ("no currency", "tariff.currency", "unit of the objective", in_money({"currency": ""})),
    ("currency a number", "tariff.currency", "is 3", in_money({"currency": 3})),
    # types
    ("deadline as text", "users[0].deadline_s", "is '0.5'", with_value("users.0.deadline_s", "0.5")),
    ("deadline null", "users[0].deadline_s", "is null", with_value("users.0.deadline_s", None)),
    ("deadline true", "users[0].deadline_s", "is true", with_value("users.0.deadline_s", True)),
    ("name a number", "users[0].name", "is 7", with_value("users.0.name", 7)),
    ("users an object", "users", "a list is needed", with_value("users", {})),
    ("user a name", "users[0]", "an object is needed", with_value("users.0", "u0")),
    ("links an object", "users[0].links", "a list is needed", with_value("users.0.links", {"server": "edge"})),
    ("blocks a fraction", "servers[0].blocks", "whole number", with_value("servers.0.blocks", 2.5)),
    ("blocks enormous", "servers[0].blocks", "too large", with_value("servers.0.blocks", 10**40)),
    ("allocation a list", "allocation", "is not known", with_value("allocation", ["units"])),
    ("instance's name a number", "name", "is 3", with_value("name", 3)),
    ("provenance a list", "provenance", "mapping", with_value("provenance", [1])),
    ("horizon as text", "horizon_s", "is '1'", with_value("horizon_s", "1")),
    ("network a number", "users[0].network", "is 3", with_value("users.0.network", 3)),
    ("networks a number", "networks", "a list is needed", with_value("networks", 3)),
    ("a network a number", "networks[0]", "an object is needed", with_value("networks.0", 3)),
    ("layers a number", "networks[0].layers", "", with_value("networks.0.layers", 3)),
    ("predecessors text", "networks[0].layers[1].predecessors", "", with_value("networks.0.layers.1.predecessors", "conv1")),
    # values
    ("deadline zero", "users[3].deadline_s", "is 0.0", with_value("users.3.deadline_s", 0)),
    ("weight negative", "users[3].weight", "is -1.0", with_value("users.3.weight", -1)),
    ("no bandwidth", "servers[0].bandwidth_mhz", "is 0.0", with_value("servers.0.bandwidth_mhz", 0)),
    ("negative speed", "devices[0].gflops", "is -5.0", with_value("devices.0.gflops", -5)),
    ("no compute units", "servers[0].units", "is 0", with_value("servers.0.units", 0)),
    ("negative efficiency", "users[2].links[0].efficiency", "is -4.0", with_value("users.2.links.0.efficiency", -4)),
    ("clock range upside down", "devices[0].clock_min", "clock_max is 1", with_value("devices.0.clock_min", 2)),
    ("no users", "users", "there are none", with_value("users", [])),
    ("unknown allocation", "allocation", "one of continuous, units", with_value("allocation", "shares")),
    ("negative layer", "networks[0].layers[0].flop", "is -1", with_value("networks.0.layers.0.flop", -1)),
    ("cycle", "networks[net].predecessors[0]", "", with_value("networks.0.layers.0.predecessors", [1])),
    # references and repetitions
    ("unknown device", "users[1].device", "did you mean 'cam'?", with_value("users.1.device", "cma")),
    ("unknown network", "users[1].network", "no network is called", with_value("users.1.network", "nett")),
    ("unknown radio", "users[1].radio", "no radio is called", with_value("users.1.radio", "smoke")),
    ("unknown server", "users[1].links[0].server", "did you mean 'edge'?", with_value("users.1.links.0.server", "edeg")),
    ("network by name, not in the catalogue", "networks[0].name", "in full", with_value("networks.0", {"name": "netty"})),
    ("user twice", "users[3].name", "repeats 'u0' of users[0]", with_value("users.3.name", "u0")),
    ("server twice", "servers[1].name", "repeats 'edge'", with_value("servers", [GOOD["servers"][0]] * 2)),
    ("device twice", "devices[1].name", "repeats 'cam'", with_value("devices", [GOOD["devices"][0]] * 2)),
    ("link twice", "users[0].links[1]", "repeats", with_value("users.0.links", [GOOD["users"][0]["links"][0]] * 2)),
    ("no name", "users[0].name", "is ''", with_value("users.0.name", "")),
]  # fmt: skip


def test_the_unspoiled_file_is_fine(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(json.dumps(GOOD))
    assert load(tmp_path / FILE).n_users == 4


@pytest.mark.parametrize(("where", "fragment", "change"), [c[1:] for c in BAD], ids=[c[0] for c in BAD])
def test_bad_json(tmp_path: Path, where: str, fragment: str, change: Text) -> None:
    path = tmp_path / FILE
    path.write_text(change(json.dumps(GOOD)), encoding="utf-8")
    error = refused(path)
    assert error.where == (str(path) if where == FILE else where)
    assert fragment in str(error)
    assert error.what and (error.why or error.fix or where.startswith("networks"))


def test_a_deadline_that_nobody_can_meet_is_accepted(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(with_value("users.0.deadline_s", 1e-9)(json.dumps(GOOD)))
    assert load(tmp_path / FILE).users.deadline_s[0] == 1e-9


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(json.dumps(GOOD).encode().replace(b"by hand", b"by h\xe9nd"))
    assert "is not UTF-8 at byte" in str(refused(tmp_path / FILE))


@pytest.mark.parametrize("suffix", [".json", ".parquet"])
def test_files_that_are_not_there(tmp_path: Path, suffix: str) -> None:
    assert "does not exist" in str(refused(tmp_path / f"none{suffix}"))
    assert "there is no folder" in str(refused(tmp_path / "none" / f"none{suffix}"))
    (tmp_path / f"folder{suffix}").mkdir()
    assert "is a folder" in str(refused(tmp_path / f"folder{suffix}"))
    assert "null" in str(refused(Path(f"a\0b{suffix}")))
    with pytest.raises(InputError, match="there is no folder"):
        save(tiny_instance(0), tmp_path / "none" / f"a{suffix}")
    with pytest.raises(InputError, match="is a folder"):
        save(tiny_instance(0), tmp_path / f"folder{suffix}")
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"folder{suffix}"]


@pytest.mark.parametrize("name", ["a", "a.yaml", "a.pkl", "a.json.gz"])
def test_other_suffixes(tmp_path: Path, name: str) -> None:
    assert "name it .json" in refused(tmp_path / name).fix
    with pytest.raises(InputError, match="suffix"):
        save(tiny_instance(0), tmp_path / name)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"])
def test_writing_what_json_cannot_hold(tmp_path: Path, value: Any) -> None:
    with pytest.raises(InputError, match=r"^a\[1\]"):
        write_json(tmp_path / "x.json", {"a": [1, value]})
    assert list(tmp_path.iterdir()) == []


def test_no_truncation_of_a_json_file_passes(tmp_path: Path) -> None:
    text = json.dumps(GOOD).encode()
    for cut in range(0, len(text), 37):
        (tmp_path / FILE).write_bytes(text[:cut])
        refused(tmp_path / FILE)


JUNK: list[Any] = [None, True, -1, 0, 1e308, 2**70, "", "x", [], {}, [[]], [None], {"name": None}]


def spoil(data: Any, rng: random.Random) -> Any:
    """The data with one random place replaced by junk."""
    data = copy.deepcopy(data)
    value: Any = data
    while True:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = rng.choice(keys)
        if not isinstance(value[key], (dict, list)) or not value[key] or rng.random() < 0.2:
            value[key] = rng.choice(JUNK)
            return data
        value = value[key]


def test_no_random_spoiling_raises_anything_else(tmp_path: Path) -> None:
    rng, caught = random.Random(1), 0
    for _ in range(600):
        (tmp_path / FILE).write_text(json.dumps(spoil(GOOD, rng)))
        try:
            load(tmp_path / FILE)
        except InputError as error:
            caught += 1
            assert error.where and error.what
    assert caught > 300
