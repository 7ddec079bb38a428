"""Requests from instances, from the catalogue and from plain descriptions of machines and wires."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from instances import physics
from instances.catalog import lookup
from instances.columns import Floats
from instances.dnn import Dnn, load_network
from instances.errors import InputError, nearest
from instances.instance import Instance
from instances.request import Request

__all__ = ["Machine", "Wire", "chain_of_tiers", "from_catalog", "request_of"]


@dataclass(frozen=True)
class Machine:
    """A machine: roofline numbers as in `instances.catalog`, and what running costs.

    ``active_w``: W while it computes; ``j_per_gflop``: J a GFLOP. Give those that count in the objective.
    """

    name: str
    gflops: float
    memory_gb_s: float = math.inf
    launch_s: float = 0.0
    memory_mb: float = math.inf
    active_w: float = 0.0
    j_per_gflop: float = 0.0

    @classmethod
    def of_device(cls, name: str) -> Machine:
        """A device of the catalogue at its nominal clock."""
        model = lookup("devices", name)
        return cls(name, model.gflops, model.memory_gb_s, model.launch_s, model.memory_mb, active_w=model.active_w)

    @classmethod
    def of_server(cls, name: str, weight: float = 1.0) -> Machine:
        """A server of the catalogue; a joule there counts ``weight``."""
        model = lookup("servers", name)
        return cls(name, model.gflops, model.memory_gb_s, model.launch_s, model.memory_mb,
                   j_per_gflop=weight * model.j_per_gflop)  # fmt: skip

    def time_s(self, network: Dnn) -> Floats:
        """[n_layers] s of each layer on the whole machine."""
        return physics.layer_time_s(network.gflop, network.traffic_mb, self.gflops, self.memory_gb_s, self.launch_s)

    def energy_j(self, network: Dnn) -> Floats:
        """[n_layers] J of each layer that count."""
        return np.asarray(self.active_w * self.time_s(network) + self.j_per_gflop * network.gflop)


@dataclass(frozen=True)
class Wire:
    """The way from a machine to the next one up: Mbit/s up and down, s of round trip, and what counts of its energy.

    Sending d Mbit up in τ s costs ``tx_w`` τ + ``tx_j_per_mbit`` d; receiving likewise.
    """

    up_mbps: float
    down_mbps: float
    round_trip_s: float = 0.0
    tx_w: float = 0.0
    tx_j_per_mbit: float = 0.0
    rx_w: float = 0.0
    rx_j_per_mbit: float = 0.0

    def __post_init__(self) -> None:
        for name in ("up_mbps", "down_mbps"):
            if not getattr(self, name) > 0:
                raise InputError(f"wire.{name}", f"is {getattr(self, name)}", fix="give more than 0 Mbit/s")

    @property
    def up(self) -> tuple[float, float]:
        """s and J of a Mbit up."""
        return 1 / self.up_mbps, self.tx_w / self.up_mbps + self.tx_j_per_mbit

    @property
    def down(self) -> tuple[float, float]:
        """s and J of a Mbit down."""
        return 1 / self.down_mbps, self.rx_w / self.down_mbps + self.rx_j_per_mbit


def chain_of_tiers(
    network: Dnn,
    tiers: Sequence[Machine],
    wires: Sequence[Wire],
    *,
    one_way: bool = True,
    deadline_s: float = math.inf,
) -> Request:
    """Machines in a line, tier 0 nearest to the user; ``wires[k]`` leads from tier k to tier k + 1.

    Tensors are relayed from neighbour to neighbour; opening a tier costs the round trip of the wire to it.

    Raises:
        InputError: not one wire between each two neighbours.
    """
    m = len(tiers)
    if len(wires) != m - 1:
        raise InputError("wires", f"are {len(wires)} for {m} tiers", fix=f"give {max(m - 1, 0)}")
    seconds, joules = (np.where(np.eye(m, dtype=bool), 0.0, fill) for fill in (np.inf, 0.0))
    for k, wire in enumerate(wires):
        (seconds[k, k + 1], joules[k, k + 1]), (seconds[k + 1, k], joules[k + 1, k]) = wire.up, wire.down
    return Request(
        network=network,
        machines=tuple(tier.name for tier in tiers),
        time_s=np.array([tier.time_s(network) for tier in tiers]),
        energy_j=np.array([tier.energy_j(network) for tier in tiers]),
        memory_mb=np.array([tier.memory_mb for tier in tiers]),
        send_s_per_mbit=seconds,
        send_j_per_mbit=joules,
        opening_s=np.array([0.0, *(wire.round_trip_s for wire in wires)]),
        deadline_s=deadline_s,
        one_way=one_way,
        route="relay" if m > 2 else "direct",
    )


def from_catalog(
    network: Dnn | str,
    device: str,
    server: str,
    radio: str,
    *,
    up_mbps: float | None = None,
    down_mbps: float | None = None,
    round_trip_s: float = 0.0,
    server_weight: float = 1.0,
    one_way: bool = True,
    deadline_s: float = math.inf,
) -> Request:
    """A device and a server of the catalogue with a radio between them, at its usual rates unless others are given.

    Args:
        network: a network, or the name of one of the catalogue's.
        server_weight: how much a joule at the server counts; 0: the device's energy alone.

    Raises:
        InputError: an unknown name, or a rate that is not positive.
    """
    model = lookup("radios", radio)
    wire = Wire(
        model.up_mbps if up_mbps is None else up_mbps, model.down_mbps if down_mbps is None else down_mbps,
        round_trip_s, model.tx_w, model.tx_j_per_mbit, model.rx_w, model.rx_j_per_mbit,
    )  # fmt: skip
    net = load_network(network) if isinstance(network, str) else network
    tiers = (Machine.of_device(device), Machine.of_server(server, server_weight))
    return chain_of_tiers(net, tiers, (wire,), one_way=one_way, deadline_s=deadline_s)


def request_of(instance: Instance, user: int | str, server: int | str, *, one_way: bool) -> Request:
    """See `Request.of`."""
    i = _row(user, [str(name) for name in instance.users.name], "user")
    s = _row(server, [str(name) for name in instance.servers.name], "server")
    links, users = instance.links, instance.users
    found = np.flatnonzero((links.user == i) & (links.server == s))
    if not len(found):
        reached = ", ".join(str(instance.servers.name[k]) for k in links.server[links.user == i][:8])
        raise InputError("request", f"user {users.name[i]} has no link to server {instance.servers.name[s]}",
                         fix=f"one of {reached}" if reached else "")  # fmt: skip
    k, d, r = int(found[0]), int(users.device[i]), int(users.radio[i])
    devices, servers, radios = instance.devices, instance.servers, instance.radios
    active_w = float(physics.active_power_w(devices.kappa[d], devices.clock_ghz[d]))
    tiers = (
        Machine(f"device of {users.name[i]}", devices.gflops[d], devices.memory_gb_s[d], devices.launch_s[d],
                devices.memory_mb[d], active_w=active_w),
        Machine(f"server {servers.name[s]}", servers.gflops[s], servers.memory_gb_s[s], servers.launch_s[s],
                servers.memory_mb[s], j_per_gflop=instance.server_energy_weight * servers.j_per_gflop[s]),
    )  # fmt: skip
    wire = Wire(float(links.efficiency[k] * servers.bandwidth_mhz[s]), float(links.download_mbps[k]),
                float(links.round_trip_s[k]), radios.tx_w[r], radios.tx_j_per_mbit[r], radios.rx_w[r],
                radios.rx_j_per_mbit[r])  # fmt: skip
    net = instance.networks[int(users.network[i])]
    request = chain_of_tiers(net, tiers, (wire,), one_way=one_way, deadline_s=float(users.deadline_s[i]))
    # Wide-area hops take time both ways, and no energy of the radio.
    wide_area = np.where(np.eye(2, dtype=bool), 0.0, 1 / links.backhaul_mbps[k])
    return request.replace(send_s_per_mbit=request.send_s_per_mbit + wide_area)


def _row(which: int | str, names: list[str], what: str) -> int:
    if isinstance(which, str):
        if which not in names:
            raise InputError(what, f"'{which}' is not in the instance", fix=nearest(which, names))
        return names.index(which)
    if not 0 <= which < len(names):
        raise InputError(what, f"{which} is not one of the {len(names)} there are")
    return int(which)
