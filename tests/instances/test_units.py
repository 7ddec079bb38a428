"""Other units: the same instance, restated in any of them, is the same instance and compiles to the same matrix."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from formulations import get_formulation
from instances.build import build
from instances.dnn import Dnn
from instances.errors import InputError
from instances.expand import expand
from instances.generate import generate
from instances.instance import Instance
from instances.json_file import instance_from_json, instance_to_json
from instances.prune import prune
from instances.records import Cloud, Device, Link, Radio, Server, User
from instances.units import UNITS, _names_of, in_base_units, in_units
from tests.builders import tiny_admission, tiny_instance

KINDS: dict[str, type] = {"devices": Device, "radios": Radio, "servers": Server, "clouds": Cloud}
HEADER = ("horizon_s", "latency_weight_w", "server_energy_weight")
TARIFF = ("per_j", "per_server_s", "per_mbit", "rent", "currency")
NETWORK = ("schema", "name", "source", "input_bytes", "result_bytes", "layers", "accuracy")
LAYER = ("name", "kind", "flop", "weight_bytes", "output_bytes", "predecessors", "run_probability")


def short(value: Any) -> Any:
    """Six digits, so that other units can say the same in seventeen."""
    if isinstance(value, Mapping):
        return {key: short(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [short(entry) for entry in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


class Restater:
    """Says objects in other units, drawn at random; counts which it used."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self.used: set[str] = set()

    def object(self, data: Mapping[str, Any], fields: Iterable[str]) -> dict[str, Any]:
        aliases: dict[str, list[tuple[str, Fraction]]] = {}
        for alias, (field, factor) in _names_of(tuple(fields)).aliases.items():
            aliases.setdefault(field, []).append((alias, factor))
        return dict(self._field(key, value, aliases.get(key, [])) for key, value in data.items())

    def _field(self, key: str, value: Any, ways: list[tuple[str, Fraction]]) -> tuple[str, Any]:
        for place in self._rng.permutation(len(ways)).tolist():
            alias, factor = ways[place]
            said = _said(value, factor)
            if said is not None:
                self.used.add(alias)
                return alias, said
        return key, value


def _said(value: Any, factor: Fraction) -> Any:
    """The value in the other unit; None where seventeen digits do not say it."""
    if isinstance(value, list):
        all_said = [_said(one, factor) for one in value]
        return None if None in all_said else all_said
    exact = Fraction(value if isinstance(value, int) else repr(value)) / factor
    said = int(exact) if exact.denominator == 1 and isinstance(value, int) else float(exact)
    return said if Fraction(said if isinstance(said, int) else repr(said)) == exact else None


def restated(data: dict[str, Any], restater: Restater) -> dict[str, Any]:
    """A whole instance in other units."""
    again = restater.object(copy.deepcopy(data), HEADER)
    if "tariff" in again:
        again["tariff"] = restater.object(again["tariff"], TARIFF)
    for table, kind in KINDS.items():
        again[table] = [restater.object(row, _fields(kind)) for row in again.get(table, [])]
    if not again["clouds"]:
        del again["clouds"]
    again["users"] = [
        {
            **restater.object(user, _fields(User)),
            "links": [restater.object(link, _fields(Link)) for link in user["links"]],
        }
        for user in again["users"]
    ]
    again["networks"] = [
        {**restater.object(net, NETWORK), "layers": [restater.object(row, LAYER) for row in net["layers"]]}
        if "layers" in net else net
        for net in again["networks"]
    ]  # fmt: skip
    return again


def _fields(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


def same_matrix(one: Instance, other: Instance) -> None:
    """The same options and, where a MILP states them, the same program: equal to the last bit."""
    tables = [expand(one), expand(other)]
    for field in dataclasses.fields(tables[0]):
        a, b = (getattr(table, field.name) for table in tables)
        if isinstance(a, np.ndarray):
            assert np.array_equal(a, b), field.name
    name = {"units": "joint_units", "continuous": "joint_tangent"}[one.allocation]
    if one.problem == "J-M":
        return
    programs = [get_formulation(name).build(prune(table)).program for table in tables]
    assert np.array_equal(programs[0].cost, programs[1].cost)
    assert (programs[0].rows.matrix != programs[1].rows.matrix).nnz == 0
    assert np.array_equal(programs[0].rows.upper, programs[1].rows.upper)


def instances() -> dict[str, Instance]:
    found = {
        f"{problem} {allocation}": tiny_instance(3, allocation=allocation, tightness=0.2, problem=problem)
        for problem in ("J-E", "J-L", "J-C")
        for allocation in ("units", "continuous")
    }
    found["budgets"] = tiny_admission(4, allocation="units", device_budgets=True)
    found["mixed"] = generate("mixed", users=3, servers=1, seed=2)
    return found


@pytest.mark.parametrize("name", instances())
def test_the_same_instance_in_other_units_compiles_to_the_same_matrix(name: str) -> None:
    data = short(instance_to_json(instances()[name]))
    plain = instance_from_json(data)
    used: set[str] = set()
    for seed in range(4):
        restater = Restater(seed)
        again = json.loads(json.dumps(restated(data, restater)))
        assert again != data
        other = instance_from_json(again)
        assert other.fingerprint == plain.fingerprint
        assert instance_to_json(other) == instance_to_json(plain)
        used |= restater.used
        if seed == 0:
            same_matrix(plain, other)
    assert {"bandwidth_hz", "bandwidth_ghz", "deadline_ms"} & used
    assert len(used) >= 20


def test_hertz_bytes_bits_and_joules() -> None:
    """By hand: 20 MHz, 2 GHz, 100 Mbit/s, 300 MB, 10 ms, 5 mJ."""
    server = in_units(Server, name="s", flops=5e12, bandwidth_hz=20_000_000, memory_bytes=300_000_000,
                      idle_mw=1500, energy_budget_mj=5, mj_per_gflop=20)  # fmt: skip
    plain = Server("s", gflops=5000.0, bandwidth_mhz=20, memory_mb=300, idle_w=1.5, energy_budget_j=0.005,
                   j_per_gflop=0.02)  # fmt: skip
    assert server == plain
    assert in_units(Server, name="s", bandwidth_ghz=0.02, memory_gb=0.3, memory_mb_s=2000, nj_per_flop=0.02) == Server(
        "s", bandwidth_mhz=20, memory_mb=300, memory_gb_s=2, j_per_gflop=0.02
    )
    assert in_units(Device, name="d", tflops=0.02, clock_mhz=1800, launch_us=15) == Device(
        "d", gflops=20, clock_ghz=1.8, launch_s=15e-6
    )
    assert in_units(Radio, name="r", tx_mw=1200, tx_nj_per_bit=20) == Radio("r", tx_w=1.2, tx_j_per_mbit=0.02)
    assert in_units(Link, server="s", uplink_gbps=0.1, round_trip_ms=10, download_kbps=1e5) == Link(
        "s", uplink_mbps=100, round_trip_s=0.01, download_mbps=100
    )


def test_records_in_other_units_build_the_same_instance() -> None:
    def made(server: Server, deadline: dict[str, float]) -> Instance:
        user = in_units(
            User, name="u", network="alexnet", device="phone", links=[Link("s", efficiency=4.0)], **deadline
        )
        return build([user], [server])

    one = made(Server("s", gflops=5000, bandwidth_mhz=20), {"deadline_s": 0.1})
    other = made(in_units(Server, name="s", tflops=5, bandwidth_hz=2e7), {"deadline_ms": 100})
    assert one.fingerprint == other.fingerprint
    same_matrix(one, other)


def test_decimals_are_scaled_as_they_were_written() -> None:
    """0.1 GHz is 100 MHz exactly, though the nearest double to 0.1 is a little more."""
    for said in ("0.1", "0.3", "1e-3", "123.456", "7e-7"):
        found = in_base_units({"clock_mhz": float(said)}, ("clock_ghz",), "")
        assert found == {"clock_ghz": float(Fraction(said) / 1000)}


def test_networks_in_other_units() -> None:
    network = {"schema": "edgecut-dnn/1", "name": "n", "source": "", "input_kbit": 8, "result_bits": 80, "layers": [
        {"name": "a", "kind": "conv", "gflop": 0.5, "weight_mb": 1.25, "output_mbit": 0.7,
         "predecessors": [-1]}]}  # fmt: skip
    found = Dnn.from_json(network).to_json()
    assert (found["input_bytes"], found["result_bytes"]) == (1000, 10)
    assert found["layers"][0] | {"kind": "conv"} == {
        "name": "a", "kind": "conv", "flop": 500_000_000, "weight_bytes": 1_250_000, "output_bytes": 87_500,
        "predecessors": [-1]}  # fmt: skip
    with pytest.raises(InputError, match="whole number"):
        Dnn.from_json({**network, "result_bits": 81})


@pytest.mark.parametrize(
    ("values", "where", "says"),
    [
        ({"bandwidth_thz": 1, "bandwidth_mhz": 2}, "servers[0].bandwidth_thz", "'bandwidth_mhz' says"),
        ({"bandwidth_phz": 1}, "servers[0].bandwidth_phz", "bandwidth_hz, bandwidth_khz, bandwidth_mhz"),
        ({"bandwidth_mb": 1}, "servers[0].bandwidth_mb", "is not a field"),
        ({"memory_mbps": 1, "bandwidth_mhz": 1}, "servers[0].memory_mbps", "is not a field"),
        ({"bandwidth_hz": "2e7"}, "servers[0].bandwidth_hz", "a number is needed"),
        ({"bandwidth_hz": True}, "servers[0].bandwidth_hz", "a number is needed"),
        ({"bandwidth_thz": 10**400}, "servers[0].bandwidth_thz", "too large"),
        ({"bandwidth_thz": 1e308}, "servers[0].bandwidth_thz", "too large"),
        ({"bandwidth_hz": -1}, "servers[0].bandwidth_mhz", "uplink in MHz"),
        ({"bandwith_mhz": 1}, "servers[0].bandwith_mhz", "did you mean 'bandwidth_mhz'?"),
    ],
)
def test_what_is_no_unit_is_refused(values: dict[str, Any], where: str, says: str) -> None:
    data = {"schema": "edgecut-instance/1", "servers": [{"name": "s", "gflops": 1, **values}],
            "users": [{"name": "u", "network": "alexnet", "device": "phone", "deadline_s": 1}]}  # fmt: skip
    with pytest.raises(InputError) as caught:
        instance_from_json(data)
    assert caught.value.where == where
    assert says in str(caught.value)


def test_every_field_with_a_unit_has_others() -> None:
    """No field whose name ends in a unit is left out of the table, but those that share a name with a kind."""
    fields = {f for kind in (*KINDS.values(), User, Link) for f in _fields(kind)} | {*HEADER, *TARIFF}
    plain = {field for field in fields if field in {f for f, _ in _names_of(tuple(sorted(fields))).aliases.values()}}
    without = fields - plain
    assert without == {
        "name", "model", "kappa", "clock_min", "clock_max", "blocks", "units", "cloud", "network", "device", "links",
        "radio", "weight", "accuracy_floor", "server", "efficiency", "server_energy_weight", "rent", "currency",
    }  # fmt: skip
    assert all(factor > 0 for units in UNITS.values() for factor in units.values())
