"""Instances as JSON: for people to read and write, up to some ten thousand users.

One object. Machines are tables of records, users are records that refer to them by name; a name that no
table lists is looked up in the catalogue. A network of the catalogue is stored as its name and fingerprint,
any other in full. Numbers without limit (memory, download, backhaul) are left out. A number may be given in another
unit under another name, such as ``bandwidth_hz`` (`instances.units`). The fields are `instances.records`'::

    {"schema": "edgecut-instance/1",
     "servers": [{"name": "edge", "gflops": 5000, "bandwidth_mhz": 20}],
     "users": [{"name": "u0", "network": "resnet50", "device": "phone", "deadline_s": 0.1,
                "links": [{"server": "edge", "efficiency": 4.2}]}]}

Schema "edgecut-instance/2" has what "edgecut-instance/1" has and option families: ``variants`` ({"name", "network",
"runs", …}), ``clouds``, a ``cloud`` of servers, an ``accuracy_floor`` of users and a ``deadline_rule``. An instance
without them is written as the first.

An instance of J-L has ``latency_weight_w``, one of J-C a ``tariff``: {"per_j", "currency", and one number a server, in
their order, in each of "per_server_s", "per_mbit", "rent"}. Files of other problems have neither.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np

from instances.build import build
from instances.columns import Columns, Floats
from instances.dnn import Dnn, load_network, network_names
from instances.families_file import FAMILY_FIELDS, families_from_json, families_to_json, with_clouds, with_floors
from instances.instance import Instance
from instances.json_text import check_fields, check_list, check_object, check_schema
from instances.records import Device, Link, Radio, Server, User
from instances.scalars import number, refuse, text
from instances.tariff import PER_SERVER, Tariff
from instances.units import in_base_units

__all__ = [
    "FAMILY",
    "VERSION",
    "header_from_json",
    "header_to_json",
    "instance_from_json",
    "instance_to_json",
]

FAMILY, VERSION = "edgecut-instance", 1
WITH_FAMILIES = f"{FAMILY}/2"
"""Schema of an instance with variants, clouds, accuracy floors or the worst run's deadlines."""

LABELS = ("name", "problem", "allocation", "cut_rule", "horizon_s", "server_energy_weight", "latency_weight_w",
          "provenance")  # fmt: skip
"""Plain fields of an instance, in the order of the file; `Instance` has their defaults."""

_NUMBERS = ("horizon_s", "server_energy_weight", "latency_weight_w")

_TABLES = ("networks", "devices", "radios", "servers")
_TARIFF = {"per_j": True, "currency": False, **dict.fromkeys(PER_SERVER, True)}
_FIELDS = {
    "schema": True,
    **dict.fromkeys(LABELS, False),
    "tariff": False,
    **dict.fromkeys(_TABLES, False),
    "servers": True,
}
_FIELDS_WITH_FAMILIES = {**_FIELDS, **dict.fromkeys(FAMILY_FIELDS, False)}

_Record = TypeVar("_Record", Device, Radio, Server, Link, User)


def instance_to_json(instance: Instance) -> dict[str, Any]:
    """The instance as plain JSON data (schema "edgecut-instance/1")."""
    return header_to_json(instance) | {"users": _users_to_json(instance)}


def instance_from_json(data: Mapping[str, Any]) -> Instance:
    """Read what `instance_to_json` wrote, or somebody by hand.

    Raises:
        InputError: at the field's path, for anything missing, unknown, of the wrong type or impossible.
    """
    header = header_from_json(data, {"users": True})
    users = [_user(user, f"users[{i}]") for i, user in enumerate(check_list(data["users"], "users"))]
    return build(users, **header)


def header_to_json(instance: Instance) -> dict[str, Any]:
    """Everything but users and links."""
    # What one problem only has is written for that problem only: files of the others stay as they were.
    written = [field for field in LABELS if field != "latency_weight_w" or instance.problem == "J-L"]
    labels = {field: getattr(instance, field) for field in written}
    numbers = {field: float(value) for field, value in labels.items() if field in _NUMBERS}
    tariff = {} if instance.tariff is None else {"tariff": _tariff_to_json(instance.tariff)}
    families = families_to_json(instance)
    servers = _with_budgets(_rows_to_json(instance.servers), "energy_budget_j", instance.energy_budget_j)
    return {
        "schema": WITH_FAMILIES if families or instance.accuracy_floor is not None else f"{FAMILY}/{VERSION}",
        **labels,
        **numbers,
        "provenance": dict(instance.provenance),
        **tariff,
        "networks": [_network_to_json(network) for network in instance.networks],
        "devices": _rows_to_json(instance.devices),
        "radios": _rows_to_json(instance.radios),
        "servers": with_clouds(instance, servers),
        **families,
    }


def header_from_json(data: Mapping[str, Any], more: Mapping[str, bool] | None = None) -> dict[str, Any]:
    """Arguments of `build` other than the users.

    Args:
        data: the object.
        more: fields that it has beside those of `header_to_json`.
    """
    with_families = data.get("schema") == WITH_FAMILIES
    if not with_families:
        check_schema(data, FAMILY, VERSION)
    known = {**(_FIELDS_WITH_FAMILIES if with_families else _FIELDS), **(more or {})}
    data = in_base_units(data, known, "")
    check_fields(data, known, "")
    tables = {name: check_list(data.get(name, []), name) for name in _TABLES}
    labels = {field: data[field] for field in LABELS if field in data}
    if data.get("tariff") is not None:
        labels["tariff"] = _tariff(data["tariff"])
    return (
        labels
        | families_from_json(data)
        | {
            "networks": [_network(entry, f"networks[{i}]") for i, entry in enumerate(tables["networks"])],
            "devices": [_record(Device, entry, f"devices[{i}]") for i, entry in enumerate(tables["devices"])],
            "radios": [_record(Radio, entry, f"radios[{i}]") for i, entry in enumerate(tables["radios"])],
            "servers": [_record(Server, entry, f"servers[{i}]") for i, entry in enumerate(tables["servers"])],
        }
    )


def _with_budgets(rows: list[dict[str, Any]], field: str, budget: Floats | None) -> list[dict[str, Any]]:
    """The rows, each with its budget where it has one."""
    if budget is None:
        return rows
    return [row | ({field: j} if j != math.inf else {}) for row, j in zip(rows, budget.tolist(), strict=True)]


def _tariff_to_json(tariff: Tariff) -> dict[str, Any]:
    columns = {field: getattr(tariff, field).tolist() for field in PER_SERVER}
    return {"per_j": float(tariff.per_j), "currency": tariff.currency, **columns}


def _tariff(data: Any) -> Tariff:
    """Prices of a JSON object; the columns are in the order of the servers. What they may be is for `Instance`."""
    data = in_base_units(check_object(data, _TARIFF, "tariff"), _TARIFF, "tariff")
    check_fields(data, _TARIFF, "tariff")
    columns = {field: _prices(data[field], f"tariff.{field}") for field in PER_SERVER}
    label = {"currency": data["currency"]} if "currency" in data else {}
    return Tariff(per_j=number(data["per_j"], "tariff.per_j"), **columns, **label)


def _prices(data: Any, where: str) -> Any:
    return np.array([number(price, f"{where}[{s}]") for s, price in enumerate(check_list(data, where))])


def _users_to_json(instance: Instance) -> list[dict[str, Any]]:
    users, links = instance.users, instance.links
    rows = _rows_to_json(links)
    server = instance.servers.name.tolist()
    for row in rows:
        del row["user"]
        row["server"] = server[row["server"]]
    start = np.searchsorted(links.user, np.arange(len(users) + 1)).tolist()
    networks = [network.name for network in instance.networks]
    devices, radios = instance.devices.name.tolist(), instance.radios.name.tolist()
    return with_floors(instance, _with_budgets([
        {
            "name": user["name"],
            "network": networks[user["network"]],
            "device": devices[user["device"]],
            "radio": radios[user["radio"]],
            "deadline_s": user["deadline_s"],
            "weight": user["weight"],
            "links": rows[start[i] : start[i + 1]],
        }
        for i, user in enumerate(_rows_to_json(users))
    ], "device_budget_j", instance.device_budget_j))  # fmt: skip


def _rows_to_json(table: Columns) -> list[dict[str, Any]]:
    """One object a row; infinite numbers are left out."""
    names = [field.name for field in dataclasses.fields(table)]
    columns = [getattr(table, name).tolist() for name in names]
    return [
        {name: value for name, value in zip(names, row, strict=True) if value != math.inf}
        for row in zip(*columns, strict=True)
    ]


def _network_to_json(network: Dnn) -> dict[str, Any]:
    if network.name in network_names() and load_network(network.name).fingerprint == network.fingerprint:
        return {"name": network.name, "fingerprint": network.fingerprint}
    return network.to_json()


def _network(data: Any, where: str) -> Dnn:
    if isinstance(data, Mapping) and ("layers" in data or "schema" in data):
        return Dnn.from_json(data, where)
    check_fields(data, {"name": True, "fingerprint": False}, where)
    name = text(data["name"], f"{where}.name")
    if name not in network_names():
        refuse(f"{where}.name", f"no network is called '{name}' in the catalogue", "only its name is given",
               "give the network in full, with its layers")  # fmt: skip
    network = load_network(name)
    given = data.get("fingerprint")
    if given is not None and given != network.fingerprint:
        refuse(f"{where}.fingerprint", f"is {given!r}", f"the catalogue's '{name}' has {network.fingerprint}",
               "leave it out to take the catalogue's network, or give the network in full")  # fmt: skip
    return network


def _user(data: Any, where: str) -> User:
    user = _record(User, data, where)
    for field in ("network", "device"):
        text(getattr(user, field), f"{where}.{field}")
    if user.radio is not None:
        text(user.radio, f"{where}.radio")
    links = check_list(data.get("links", []), f"{where}.links")
    return dataclasses.replace(user, links=[_record(Link, link, f"{where}.links[{k}]") for k, link in enumerate(links)])


def _record(kind: type[_Record], data: Any, where: str) -> _Record:
    """Record of a JSON object; values are checked by `build`. An optional field may be null."""
    known = _fields_of(kind)
    data = in_base_units(check_object(data, known, where), known, where)
    check_fields(data, known, where)
    return kind(**{k: v for k, v in data.items() if v is not None or known[k]})


def _fields_of(kind: type[Any]) -> dict[str, bool]:
    return {field.name: field.default is dataclasses.MISSING for field in dataclasses.fields(kind)}
