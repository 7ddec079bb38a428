"""From an instance to its option table: one row for every cut on every link, and one for staying local."""

from __future__ import annotations

import dataclasses

import numpy as np

from instances import physics
from instances.admission import price_admission, with_rejections
from instances.columns import Floats, Ints
from instances.cuts import CutSet, efficient_cuts
from instances.instance import Instance
from instances.options import LOCAL, OptionTable
from instances.supported import supported_rows

__all__ = ["expand"]


@dataclasses.dataclass(frozen=True)
class _Arrivals:
    """Links plus one pseudo-link (server −1) a user, sorted by (user, server)."""

    user: Ints
    server: Ints
    link: Ints  # row of instance.links, or −1


def expand(instance: Instance, *, feasible_only: bool = True) -> OptionTable:
    """Option table of an instance.

    Options that cannot meet the deadline even with whole shares and the fastest clock, or whose weights (or energy,
    under J-A) fit neither device nor server, are left out unless ``feasible_only`` is false. A user may be left
    without options: `solvers` explain that as infeasibility. Under J-A every user may also be turned away.
    """
    cut_sets = tuple(efficient_cuts(network) for network in instance.networks)
    offset = np.concatenate([[0], np.cumsum([len(c.upload_mbit) for c in cut_sets])]).astype(np.int64)
    arrivals = _arrivals(instance)
    kind, first_of_kind = _kinds(instance, arrivals)
    rows_of_kind = [_rows_of_kind(instance, cut_sets, arrivals, int(k)) for k in first_of_kind]
    arrival, row = _unfold(kind, rows_of_kind)
    table = _table(instance, cut_sets, offset, arrivals, arrival, row)
    table = table.take(_feasible(instance, table, cut_sets)) if feasible_only else table
    return with_rejections(instance, table) if instance.problem == "J-A" else table


def _arrivals(instance: Instance) -> _Arrivals:
    n = instance.n_users
    user = np.concatenate([np.arange(n), instance.links.user])
    server = np.concatenate([np.full(n, LOCAL), instance.links.server])
    link = np.concatenate([np.full(n, -1), np.arange(len(instance.links))])
    order = np.argsort(user * (instance.n_servers + 1) + server + 1, kind="stable")
    return _Arrivals(user[order], server[order], link[order])


def _server_profile(instance: Instance) -> Ints:
    """[servers] servers of equal speed share a number, so that their cut choices are worked out once."""
    speeds = np.column_stack([instance.servers.gflops, instance.servers.memory_gb_s, instance.servers.launch_s])
    if not len(speeds):
        return np.zeros(0, dtype=np.int64)
    return np.asarray(np.unique(speeds, axis=0, return_inverse=True)[1].reshape(-1), dtype=np.int64)


def _kinds(instance: Instance, arrivals: _Arrivals) -> tuple[Ints, Ints]:
    """Number of the (network, device, server profile) of each arrival, and one arrival of each number."""
    profile = _server_profile(instance)
    side = np.where(arrivals.server == LOCAL, 0, profile[arrivals.server] + 1 if len(profile) else 0)
    users = instance.users
    key = (users.network[arrivals.user] * len(instance.devices) + users.device[arrivals.user]) * (
        int(profile.max(initial=-1)) + 2
    ) + side
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    return inverse.reshape(-1).astype(np.int64), first.astype(np.int64)


def _rows_of_kind(instance: Instance, cut_sets: tuple[CutSet, ...], arrivals: _Arrivals, example: int) -> Ints:
    """Rows of the network's cut set that this kind of arrival may use."""
    user, server = int(arrivals.user[example]), int(arrivals.server[example])
    cuts = cut_sets[int(instance.users.network[user])]
    everything_local = cuts.on_device.all(axis=1)
    if server == LOCAL:
        return np.flatnonzero(everything_local)
    rows = np.flatnonzero(~everything_local)
    if instance.cut_rule == "efficient":
        return rows
    device_s = _device_time(instance, cuts, int(instance.users.device[user]))[rows]
    server_s = _server_time(instance, cuts, server)[rows]
    return rows[supported_rows(device_s, cuts.upload_mbit[rows], server_s)]


def _unfold(kind: Ints, rows_of_kind: list[Ints]) -> tuple[Ints, Ints]:
    """Arrival and cut row of every option: the rows of each arrival's kind, one after the other."""
    counts = np.array([len(rows) for rows in rows_of_kind], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(counts)])[:-1]
    flat = np.concatenate(rows_of_kind) if rows_of_kind else np.zeros(0, dtype=np.int64)
    per_arrival = counts[kind]
    arrival = np.repeat(np.arange(len(kind)), per_arrival)
    within = np.arange(len(arrival)) - np.repeat(np.cumsum(per_arrival) - per_arrival, per_arrival)
    return arrival, flat[starts[kind][arrival] + within]


def _device_time(instance: Instance, cuts: CutSet, device: int) -> Floats:
    d, net = instance.devices, cuts.network
    layer = physics.layer_time_s(net.gflop, net.traffic_mb, d.gflops[device], d.memory_gb_s[device], d.launch_s[device])
    return np.asarray(cuts.on_device @ layer)


def _server_time(instance: Instance, cuts: CutSet, server: int) -> Floats:
    s, net = instance.servers, cuts.network
    layer = physics.layer_time_s(net.gflop, net.traffic_mb, s.gflops[server], s.memory_gb_s[server], s.launch_s[server])
    return np.asarray(~cuts.on_device @ layer)


def _times(
    instance: Instance, cut_sets: tuple[CutSet, ...], offset: Ints, cut: Ints, device: Ints, server: Ints
) -> tuple[Floats, Floats]:
    """Device and server time of every option, by looking up tables of cut × device and cut × server profile."""
    per_device = np.array(
        [np.concatenate([_device_time(instance, c, d) for c in cut_sets]) for d in range(len(instance.devices))]
    )
    profile = _server_profile(instance)
    examples = np.unique(profile, return_index=True)[1]
    per_server = [np.concatenate([_server_time(instance, c, int(s)) for c in cut_sets]) for s in examples]
    table = np.array([np.zeros(int(offset[-1])), *per_server])
    side = np.where(server == LOCAL, 0, profile[server] + 1 if len(profile) else 0)
    return per_device[device, cut], table[side, cut]


def _table(
    instance: Instance, cut_sets: tuple[CutSet, ...], offset: Ints, arrivals: _Arrivals, arrival: Ints, row: Ints
) -> OptionTable:
    users, servers, links, radios = instance.users, instance.servers, instance.links, instance.radios
    user, server, link = arrivals.user[arrival], arrivals.server[arrival], arrivals.link[arrival]
    cut = offset[users.network[user]] + row
    device, radio, remote = users.device[user], users.radio[user], server != LOCAL
    device_s, server_s = _times(instance, cut_sets, offset, cut, device, server)
    upload = np.concatenate([c.upload_mbit for c in cut_sets])[cut]
    result = np.array([n.result_mbit for n in instance.networks])[users.network[user]]
    server_gflop = np.concatenate([c.server_gflop for c in cut_sets])[cut]

    def at_server(column: Floats) -> Floats:
        return np.where(remote, column[server], 0.0) if len(column) else np.zeros(len(server))

    def on_link(column: Floats, otherwise: float) -> Floats:
        return np.where(remote, column[link], otherwise) if len(column) else np.full(len(link), otherwise)

    down = on_link(links.download_mbps, np.inf)
    fixed_s = physics.fixed_time_s(
        on_link(links.round_trip_s, 0.0),
        upload,
        np.where(remote, result, 0.0),
        down,
        on_link(links.backhaul_mbps, np.inf),
    )
    radio_j = radios.tx_j_per_mbit[radio] * upload + np.where(
        remote, physics.receive_j(result, down, radios.rx_w[radio], radios.rx_j_per_mbit[radio]), 0.0
    )
    tariff = instance.tariff
    if tariff is None:
        per_j = 1.0
        served_j = instance.server_energy_weight * at_server(servers.j_per_gflop) * server_gflop
    else:  # money: joules are bought at one price, the server's own energy is in its prices
        per_j = tariff.per_j
        served_j = at_server(tariff.per_server_s) * server_s + at_server(tariff.per_mbit) * upload
    power = physics.active_power_w(instance.devices.kappa, instance.devices.clock_ghz)
    table = OptionTable(
        user=user, server=server, cut=cut, device_s=device_s, device_j=per_j * device_s * power[device],
        uplink_mhz_s=physics.uplink_mhz_s(upload, on_link(links.efficiency, 1.0)),
        tx_w=np.where(remote, per_j * radios.tx_w[radio], 0.0), server_s=server_s, fixed_s=fixed_s,
        fixed_j=per_j * radio_j + served_j,
        server_mb=np.where(remote, np.concatenate([c.server_weight_mb for c in cut_sets])[cut], 0.0),
        deadline_s=users.deadline_s, weight=users.weight,
        second_w=np.full(len(users), float(instance.latency_weight_w)),
        clock_min=instance.devices.clock_min[users.device], clock_max=instance.devices.clock_max[users.device],
        bandwidth_mhz=servers.bandwidth_mhz, blocks=servers.blocks, units=servers.units,
        memory_mb=servers.memory_mb, static_j=instance.static_j, allocation=instance.allocation,
        cut_sets=cut_sets, cut_offset=offset[:-1],
    )  # fmt: skip
    if instance.problem != "J-A":
        return table
    return price_admission(instance, table, at_server(servers.j_per_gflop) * server_gflop, radio_j)


def _feasible(instance: Instance, table: OptionTable, cut_sets: tuple[CutSet, ...]) -> Ints:
    device_mb = np.concatenate([c.device_weight_mb for c in cut_sets])[table.cut]
    fits = device_mb <= instance.devices.memory_mb[instance.users.device[table.user]]
    fits &= (table.stock_part <= 1).all(axis=1)
    return np.flatnonzero(fits & np.isfinite(table.cost_j()))
