"""Build an instance from records: names become rows, models and defaults numbers, records columns."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from instances.dnn import Dnn
from instances.errors import InputError, nearest
from instances.families import cloud_columns, server_clouds, variant_columns
from instances.instance import BUDGETS, Instance, Links, Servers, Users
from instances.machines import (
    PLAIN_RADIO,
    as_columns,
    budget_of,
    check_record,
    device_columns,
    radio_columns,
    server_budgets,
    server_columns,
)
from instances.records import Cloud, Device, Link, Radio, Server, User, Variant
from instances.references import devices_among, networks_among, radios_among
from instances.scalars import number, refuse, text

__all__ = ["Cloud", "Device", "Link", "Radio", "Server", "User", "Variant", "build"]

_FROM_RECORDS = ("name", "networks", "devices", "radios", "users", "servers", "links", *BUDGETS, "variants", "clouds",
                 "server_cloud", "accuracy_floor")  # fmt: skip


def build(
    users: Sequence[User],
    servers: Sequence[Server],
    *,
    networks: Sequence[Dnn] = (),
    devices: Sequence[Device] = (),
    radios: Sequence[Radio] = (),
    variants: Sequence[Variant] = (),
    clouds: Sequence[Cloud] = (),
    name: str = "instance",
    **options: Any,
) -> Instance:
    """Instance of these users and servers.

    Args:
        users, servers: one record each.
        networks, devices, radios: what users may refer to by name, before the catalogue is asked.
        variants: other ways to run users' networks.
        clouds: what servers may name as their ``cloud``.
        name: label.
        options: ``allocation``, ``problem``, ``horizon_s``, ``server_energy_weight``, ``cut_rule``,
            ``provenance``, ``latency_weight_w``, ``tariff`` and ``deadline_rule`` as in `Instance`.

    Raises:
        InputError: naming the record's field (``users[3].links[0].server``): an unknown name with the nearest
            known one, a missing number, a wrong type, a repeated link, and whatever `Instance` refuses.
    """
    _check_options(options)
    nets, machines, radio_set = networks_among(networks), devices_among(devices), radios_among(radios)
    server_table = server_columns(servers)
    reach = _Reach(server_table)
    rows, device_budgets, floors = [], [], []
    for i, user in enumerate(users):
        where = f"users[{i}]"
        check_record(user, User, where)
        rows.append((
            text(user.name, f"{where}.name"),
            nets.row(user.network, f"{where}.network"),
            machines.row(user.device, f"{where}.device"),
            radio_set.row(PLAIN_RADIO if user.radio is None else user.radio, f"{where}.radio"),
            number(user.deadline_s, f"{where}.deadline_s"),
            number(user.weight, f"{where}.weight"),
        ))  # fmt: skip
        device_budgets.append(budget_of(user.device_budget_j, f"{where}.device_budget_j"))
        floors.append(0.0 if user.accuracy_floor is None else number(user.accuracy_floor, f"{where}.accuracy_floor"))
        reach.add_user(i, user)
    alternatives, behind = variant_columns(variants, nets), cloud_columns(clouds)
    try:
        return Instance(
            name=name,
            networks=tuple(nets.entries),
            devices=device_columns(machines.entries),
            radios=radio_columns(radio_set.entries),
            users=as_columns(Users, rows),
            servers=server_table,
            links=as_columns(Links, reach.rows),
            energy_budget_j=server_budgets(servers),
            device_budget_j=np.array(device_budgets, dtype=np.float64),
            variants=alternatives,
            clouds=behind,
            server_cloud=server_clouds(servers, behind),
            accuracy_floor=np.array(floors, dtype=np.float64),
            **options,
        )
    except InputError as error:
        raise reach.at_record(error) from None


def _check_options(options: Mapping[str, Any]) -> None:
    known = [field.name for field in dataclasses.fields(Instance) if field.name not in _FROM_RECORDS]
    for option in options:
        if option not in known:
            refuse(option, "is not an option of an instance", fix=nearest(option, known))


class _Reach:
    """Rows of the links, and the place of each in the records."""

    def __init__(self, servers: Servers) -> None:
        pairs = zip(servers.name.tolist(), servers.bandwidth_mhz.tolist(), strict=True)
        self._servers = {name: (s, mhz) for s, (name, mhz) in enumerate(pairs)}
        self.rows: list[tuple[int, int, float, float, float, float]] = []
        self._places: list[str] = []

    def add_user(self, i: int, user: User) -> None:
        """Enter the user's links, server names resolved and rates turned into efficiencies."""
        if isinstance(user.links, (str, Link)) or not isinstance(user.links, Sequence):
            refuse(f"users[{i}].links", f"is {user.links!r}", "links are a list", "give [Link(...), ...]")
        first = len(self.rows)
        for k, link in enumerate(user.links):
            where = f"users[{i}].links[{k}]"
            check_record(link, Link, where)
            server, mhz = self._server(link, where)
            for row in range(first, len(self.rows)):
                if self.rows[row][1] == server:
                    refuse(where, f"repeats the link to '{link.server}' of {self._places[row]}",
                           "a user reaches a server in one way", "keep one of them")  # fmt: skip
            self.rows.append((
                i,
                server,
                _efficiency(link, mhz, where),
                _rate(link.download_mbps, f"{where}.download_mbps"),
                number(link.round_trip_s, f"{where}.round_trip_s"),
                _rate(link.backhaul_mbps, f"{where}.backhaul_mbps"),
            ))  # fmt: skip
            self._places.append(where)

    def _server(self, link: Link, where: str) -> tuple[int, float]:
        name = text(link.server, f"{where}.server")
        if name not in self._servers:
            refuse(f"{where}.server", f"no server is called '{name}'", fix=nearest(name, self._servers))
        return self._servers[name]

    def at_record(self, error: InputError) -> InputError:
        """The error with a row of the sorted links named by its place in the records."""
        match = re.fullmatch(r"links\[(\d+)\](.*)", error.where)
        if match is None:
            return error
        order = sorted(range(len(self.rows)), key=lambda row: self.rows[row][:2])
        return InputError(self._places[order[int(match[1])]] + match[2], error.what, error.why, error.fix)


def _rate(value: float | None, where: str) -> float:
    return math.inf if value is None else number(value, where)


def _efficiency(link: Link, bandwidth_mhz: float, where: str) -> float:
    """bit/s/Hz of the link's uplink, from the rate over the whole bandwidth if that is what is given."""
    if (link.efficiency is None) == (link.uplink_mbps is None):
        count = "neither" if link.efficiency is None else "both"
        refuse(
            where,
            f"has {count} of efficiency and uplink_mbps",
            "each follows from the other",
            "give one of them",
        )
    if link.uplink_mbps is None:
        return number(link.efficiency, f"{where}.efficiency")
    rate = number(link.uplink_mbps, f"{where}.uplink_mbps")
    if not 0 < rate < math.inf:
        refuse(f"{where}.uplink_mbps", f"is {rate!r}", "this is a rate in Mbit/s", "give more than zero")
    # A server without bandwidth is refused by validation, with a better message than a division's.
    return rate / bandwidth_mhz if bandwidth_mhz else rate
