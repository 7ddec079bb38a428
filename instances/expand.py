"""From an instance to its option table: one row for every way to run a request over every link, or locally."""

from __future__ import annotations

import dataclasses

import numpy as np

from instances import physics
from instances.admission import price_admission, with_rejections
from instances.columns import Floats, Ints
from instances.instance import Instance
from instances.latency import price_latency
from instances.menu import Menu
from instances.options import LOCAL, OptionTable
from instances.quality import accurate_enough, price_quality

__all__ = ["expand"]


@dataclasses.dataclass(frozen=True)
class _Arrivals:
    """Links plus one pseudo-link (server −1) a user, sorted by (user, server)."""

    user: Ints
    server: Ints
    link: Ints  # row of instance.links, or −1


def expand(instance: Instance, *, feasible_only: bool = True) -> OptionTable:
    """Option table of an instance.

    Options that cannot meet the deadline even with whole shares and the fastest clock, whose weights (or energy, under
    J-A) fit neither device nor server, or whose accuracy is below the user's floor, are left out unless
    ``feasible_only`` is false. A user may be left without options: `solvers` explain that as infeasibility. Under J-A
    every user may also be turned away.
    """
    menu = Menu(instance)
    arrivals = _arrivals(instance)
    kind, first_of_kind = _kinds(instance, menu, arrivals)
    rows_of_kind = [_rows_of_kind(instance, menu, arrivals, int(k)) for k in first_of_kind]
    arrival, row = _unfold(kind, rows_of_kind)
    table = _table(instance, menu, arrivals, arrival, row)
    table = table.take(_feasible(instance, table)) if feasible_only else table
    return with_rejections(instance, table) if instance.problem == "J-A" else table


def _arrivals(instance: Instance) -> _Arrivals:
    n = instance.n_users
    user = np.concatenate([np.arange(n), instance.links.user])
    server = np.concatenate([np.full(n, LOCAL), instance.links.server])
    link = np.concatenate([np.full(n, -1), np.arange(len(instance.links))])
    order = np.argsort(user * (instance.n_servers + 1) + server + 1, kind="stable")
    return _Arrivals(user[order], server[order], link[order])


def _kinds(instance: Instance, menu: Menu, arrivals: _Arrivals) -> tuple[Ints, Ints]:
    """Number of the (network, device, server profile) of each arrival, and one arrival of each number."""
    users, side = instance.users, _side(menu, arrivals.server)
    key = (users.network[arrivals.user] * len(instance.devices) + users.device[arrivals.user]) * (
        int(menu.profile.max(initial=-1)) + 2
    ) + side
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    return inverse.reshape(-1).astype(np.int64), first.astype(np.int64)


def _side(menu: Menu, server: Ints) -> Ints:
    """Row of each server in tables with one row a profile, behind one for no server."""
    return np.where(server == LOCAL, 0, menu.profile[server] + 1 if len(menu.profile) else 0)


def _rows_of_kind(instance: Instance, menu: Menu, arrivals: _Arrivals, example: int) -> Ints:
    """Rows of the menu that this kind of arrival may use."""
    user, server = int(arrivals.user[example]), int(arrivals.server[example])
    network, device = int(instance.users.network[user]), int(instance.users.device[user])
    return menu.local_rows(network) if server == LOCAL else menu.remote_rows(network, device, server)


def _unfold(kind: Ints, rows_of_kind: list[Ints]) -> tuple[Ints, Ints]:
    """Arrival and cut row of every option: the rows of each arrival's kind, one after the other."""
    counts = np.array([len(rows) for rows in rows_of_kind], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(counts)])[:-1]
    flat = np.concatenate(rows_of_kind) if rows_of_kind else np.zeros(0, dtype=np.int64)
    per_arrival = counts[kind]
    arrival = np.repeat(np.arange(len(kind)), per_arrival)
    within = np.arange(len(arrival)) - np.repeat(np.cumsum(per_arrival) - per_arrival, per_arrival)
    return arrival, flat[starts[kind][arrival] + within]


def _table(instance: Instance, menu: Menu, arrivals: _Arrivals, arrival: Ints, cut: Ints) -> OptionTable:
    users, servers, links, radios = instance.users, instance.servers, instance.links, instance.radios
    user, server, link = arrivals.user[arrival], arrivals.server[arrival], arrivals.link[arrival]
    device, radio, remote, side = users.device[user], users.radio[user], server != LOCAL, _side(menu, server)
    upload, reach = menu.column("upload_mbit")[cut], menu.column("reach")[cut]
    whole_result = np.concatenate([np.full(len(w), w.network.result_mbit) for w in menu.sets])[cut]
    result = whole_result * reach
    server_gflop = menu.column("server_gflop")[cut]
    device_s, server_s = menu.device_s(timed=True)[device, cut], menu.server_s(timed=True)[side, cut]
    # Energy and money are those of the expected run, whatever deadlines look at.
    if instance.deadline_rule == "expected":
        busy_s, paid_s, sent, got = device_s, server_s, upload, result
    else:
        busy_s, paid_s = menu.device_s(timed=False)[device, cut], menu.server_s(timed=False)[side, cut]
        sent = menu.column("expected_upload_mbit")[cut]
        got = whole_result * menu.column("expected_reach")[cut]

    def at_server(column: Floats) -> Floats:
        return np.where(remote, column[server], 0.0) if len(column) else np.zeros(len(server))

    def on_link(column: Floats, otherwise: float) -> Floats:
        return np.where(remote, column[link], otherwise) if len(column) else np.full(len(link), otherwise)

    down = on_link(links.download_mbps, np.inf)
    fixed_s = physics.fixed_time_s(
        on_link(links.round_trip_s, 0.0) * reach,
        upload,
        np.where(remote, result, 0.0),
        down,
        on_link(links.backhaul_mbps, np.inf),
    )
    radio_j = radios.tx_j_per_mbit[radio] * sent + np.where(
        remote, physics.receive_j(got, down, radios.rx_w[radio], radios.rx_j_per_mbit[radio]), 0.0
    )
    tariff = instance.tariff
    if tariff is None:
        per_j = 1.0
        served_j = instance.server_energy_weight * at_server(servers.j_per_gflop) * server_gflop
    else:  # money: joules are bought at one price, the server's own energy is in its prices
        per_j = tariff.per_j
        served_j = at_server(tariff.per_server_s) * paid_s + at_server(tariff.per_mbit) * sent
    if len(instance.clouds) and instance.n_servers:
        passing_s, passing_j = menu.beyond()
        cloud = np.where(remote, instance.cloud_of[server] + 1, 0)
        fixed_s, served_j = fixed_s + passing_s[cloud, cut], served_j + passing_j[cloud, cut]
    power = physics.active_power_w(instance.devices.kappa, instance.devices.clock_ghz)
    tx_w = np.where(remote, per_j * radios.tx_w[radio], 0.0)
    if instance.deadline_rule != "expected":  # air time is that of the worst run, and often not used
        tx_w = tx_w * np.divide(sent, upload, out=np.zeros(len(sent)), where=upload > 0)
    table = OptionTable(
        user=user, server=server, cut=cut, device_s=device_s, device_j=per_j * busy_s * power[device],
        uplink_mhz_s=physics.uplink_mhz_s(upload, on_link(links.efficiency, 1.0)),
        tx_w=tx_w, server_s=server_s, fixed_s=fixed_s,
        fixed_j=per_j * radio_j + served_j,
        server_mb=np.where(remote, menu.column("server_weight_mb")[cut], 0.0),
        deadline_s=users.deadline_s, weight=users.weight,
        second_w=np.full(len(users), float(instance.latency_weight_w)),
        clock_min=instance.devices.clock_min[users.device], clock_max=instance.devices.clock_max[users.device],
        bandwidth_mhz=servers.bandwidth_mhz, blocks=servers.blocks, units=servers.units,
        memory_mb=servers.memory_mb, static_j=instance.static_j, allocation=instance.allocation,
        cut_sets=menu.sets, cut_offset=menu.offset[:-1],
    )  # fmt: skip
    if instance.problem == "J-A":
        return price_admission(instance, table, at_server(servers.j_per_gflop) * server_gflop, radio_j)
    if instance.problem == "J-M":
        return price_latency(table)
    return price_quality(table) if instance.problem == "J-Q" else table


def _feasible(instance: Instance, table: OptionTable) -> Ints:
    device_mb = np.concatenate([ways.device_weight_mb for ways in table.cut_sets])[table.cut]
    fits = device_mb <= instance.devices.memory_mb[instance.users.device[table.user]]
    fits &= (table.stock_part <= 1).all(axis=1)
    fits &= accurate_enough(instance, table)
    return np.flatnonzero(fits & np.isfinite(table.cost_j()))
