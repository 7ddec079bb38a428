"""The menu of an instance: ways to run every mode, which of them each server may be asked for, and their times."""

from __future__ import annotations

import numpy as np

from instances.columns import Bools, Floats, Ints
from instances.instance import Devices, Instance, Servers
from instances.supported import supported_rows
from instances.tiers import Beyond, PairsOfCuts, layer_s
from instances.variants import Mode, modes_of
from instances.ways import Ways, all_ways, efficient_ways, first_of_equals, in_time

__all__ = ["Menu"]


class Menu:
    """Ways of all modes one after the other; a *row* is a place among them.

    ``sets``: the ways of each mode; ``offset`` [modes + 1]: their first rows. ``profile`` [servers]: servers of equal
    number have equal menus and times.
    """

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.profile, self._examples = _profiles(instance)
        self._own: dict[tuple[int, int], Ints] = {}  # (mode, profile) → ways within the mode's set, where a cloud is
        self.sets = tuple(self._ways(m, mode) for m, mode in enumerate(modes_of(instance)))
        self.offset = np.concatenate([[0], np.cumsum([len(ways) for ways in self.sets])]).astype(np.int64)

    def column(self, name: str) -> Floats:
        """[rows] a column of `Ways`."""
        return np.concatenate([getattr(ways, name) for ways in self.sets])

    def local_rows(self, network: int) -> Ints:
        """Rows that keep all layers on the device, for users of a network."""
        found = [self.offset[m] + np.flatnonzero(self.sets[m].on_device.all(axis=1)) for m in self._modes(network)]
        return np.concatenate(found).astype(np.int64)

    def remote_rows(self, network: int, device: int, server: int) -> Ints:
        """Rows that users of a network on a device may ask a server for."""
        found = []
        for m in self._modes(network):
            within = self._own.get((m, int(self.profile[server])))
            if within is None:
                ways = self.sets[m]
                within = np.flatnonzero(~ways.on_device.all(axis=1) & ~ways.passed_on.any(axis=1))
                if self.instance.cut_rule != "efficient":
                    within = within[self._supported(ways, within, device, server)]
            found.append(self.offset[m] + within)
        return np.concatenate(found).astype(np.int64)

    def device_s(self, *, timed: bool) -> Floats:
        """[devices, rows] s on each device, as deadlines count it or expected."""
        devices = self.instance.devices
        return np.array([self._times(devices, d, "on_device", timed=timed) for d in range(len(devices))])

    def server_s(self, *, timed: bool) -> Floats:
        """[1 + profiles, rows] s on a server of each profile; the first row, without a server, is 0."""
        servers = self.instance.servers
        rows = [self._times(servers, int(s), "on_server", timed=timed) for s in self._examples]
        return np.array([np.zeros(int(self.offset[-1])), *rows])

    def beyond(self) -> tuple[Floats, Floats]:
        """[1 + clouds, rows] each: fixed s and cost that passing on adds; the first row, without a cloud, is 0."""
        parts = [[Beyond.of(self.instance, ways, c) for ways in self.sets] for c in range(len(self.instance.clouds))]
        nothing = np.zeros(int(self.offset[-1]))
        fixed_s = [np.concatenate([b.fixed_s for b in row]) for row in parts]
        served = [np.concatenate([b.served for b in row]) for row in parts]
        return np.array([nothing, *fixed_s]), np.array([nothing, *served])

    def _modes(self, network: int) -> list[int]:
        return [m for m, ways in enumerate(self.sets) if ways.mode.network == network]

    def _ways(self, m: int, mode: Mode) -> Ways:
        """The efficient cuts of a mode, then the pairs of cuts that servers with a cloud add.

        Whoever uses it: parts of an instance must number their ways alike.
        """
        instance = self.instance
        plain = efficient_ways(mode, instance.deadline_rule)
        passing = [p for p, s in enumerate(self._examples) if instance.cloud_of[s] >= 0]
        if not passing:
            return plain
        pairs_of_mode = PairsOfCuts(mode, plain, instance.deadline_rule)
        pairs = [pairs_of_mode.at(instance, int(self._examples[p])) for p in passing]
        on_device = np.concatenate([plain.on_device, *(d for d, _ in pairs)])
        passed_on = np.concatenate([plain.passed_on, *(u for _, u in pairs)])
        both, number = first_of_equals(np.hstack([on_device, passed_on]))
        order, number = _by_first_mention(number)
        edges = np.cumsum([len(plain), *(len(d) for d, _ in pairs)])
        for p, first, last in zip(passing, edges[:-1], edges[1:], strict=True):
            self._own[m, p] = np.unique(number[first:last])
        both, n = both[order], mode.runs.n_layers
        return all_ways(mode, both[:, :n], both[:, n:], instance.deadline_rule)

    def _times(self, machines: Devices | Servers, row: int, side: str, *, timed: bool) -> Floats:
        return np.concatenate([_time(self.instance, ways, machines, row, getattr(ways, side), timed=timed)
                               for ways in self.sets])  # fmt: skip

    def _supported(self, ways: Ways, rows: Ints, device: int, server: int) -> Ints:
        device_s = _time(self.instance, ways, self.instance.devices, device, ways.on_device, timed=True)
        server_s = _time(self.instance, ways, self.instance.servers, server, ways.on_server, timed=True)
        return supported_rows(device_s[rows], ways.upload_mbit[rows], server_s[rows])


def _time(instance: Instance, ways: Ways, machines: Devices | Servers, row: int, side: Bools, *, timed: bool) -> Floats:
    """[n] s of one side's layers on one machine."""
    layer = layer_s(ways.mode, machines.gflops[row], machines.memory_gb_s[row], machines.launch_s[row])
    net = ways.network
    return np.asarray(side @ (layer * (in_time(net, instance.deadline_rule) if timed else net.run_probability)))


def _profiles(instance: Instance) -> tuple[Ints, Ints]:
    """[servers] number of each server's profile, and one server of each; its speeds and what lies behind it."""
    s, n = instance.servers, instance.n_servers
    columns: list[Floats | Ints] = [s.gflops, s.memory_gb_s, s.launch_s]
    if len(instance.clouds):
        prices = np.zeros(n) if instance.tariff is None else instance.tariff.per_server_s
        columns += [instance.cloud_of, s.j_per_gflop, prices]
    if not n:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    _, first, number = np.unique(np.column_stack(columns), axis=0, return_index=True, return_inverse=True)
    return number.reshape(-1).astype(np.int64), first.astype(np.int64)


def _by_first_mention(number: Ints) -> tuple[Ints, Ints]:
    """Numbers in the order of their first mention, and every mention's place in it."""
    used, first = np.unique(number, return_index=True)
    order = used[np.argsort(first)]
    place = np.empty(len(used), dtype=np.int64)
    place[order] = np.arange(len(order))
    return order, place[number]
