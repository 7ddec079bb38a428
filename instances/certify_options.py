"""What every option of some users takes, from layers and links, each figure rounded down (the time left: up).

The least cost of an option grows with every figure but the budget, so lower bounds of the figures give lower bounds of
the cost. An option is left out only when it breaks a rule by more than the checker forgives.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from instances.certify_costs import FORGIVEN as FORGIVEN_ENERGY
from instances.certify_costs import Spending, budget_up, closed_servers, costs_down
from instances.certify_cuts import CutList, list_cuts, rows_that_count, time_down
from instances.certify_least import Drain, with_least
from instances.columns import Floats, Ints
from instances.instance import Instance
from instances.outward import add_down, below, div_down, mul_down, mul_up, sub_up, up

__all__ = ["LARGEST", "LOCAL", "REJECTION", "Offers", "Options"]

LOCAL = -1
REJECTION = -1
"""Cut of the option to be turned away (J-A), which is local."""
LARGEST = 1e100
"""Lower bounds beyond this are cut down to it: what is made of them then cannot overflow."""
FORGIVEN = 1e-9
"""Part of a memory that the checker lets pass beyond it."""


@dataclasses.dataclass(frozen=True, eq=False)
class Options:
    """[n] options of users ``first`` … ``last`` − 1, sorted by user, then server; lower bounds but for ``budget``.

    ``user``, ``server`` (−1: local), ``cut`` (row over all networks' lists); ``air`` a', ``run`` c, ``device`` l,
    ``budget`` D − t (at least), ``deadline``, s; ``clock_w`` w e, ``fixed`` w (q + ω t), J; ``send_w`` w p, ``floor``
    κ, W; ``memory`` r/R, ``energy`` ε/H (0 where there is no limit); ``slow``, ``fast``: range of the clock; ``least``:
    cost at full shares, inf for what breaks a rule. ``drain``: what devices with a budget spend, or None.
    """

    first: int
    last: int
    user: Ints
    server: Ints
    cut: Ints
    air: Floats
    run: Floats
    device: Floats
    budget: Floats
    clock_w: Floats
    send_w: Floats
    fixed: Floats
    memory: Floats
    slow: Floats
    fast: Floats
    least: Floats
    deadline: Floats
    floor: Floats
    energy: Floats
    drain: Drain | None = None

    def __len__(self) -> int:
        return len(self.user)

    def take(self, rows: Ints) -> Options:
        """Some of them."""
        columns = {f.name: getattr(self, f.name)[rows] for f in dataclasses.fields(self)[2:-1]}
        return Options(self.first, self.last, **columns, drain=None if self.drain is None else self.drain.take(rows))


class Offers:
    """All options of an instance, made for some users at a time."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.lists: list[CutList] = [list_cuts(network) for network in instance.networks]
        self.offset = np.append(0, np.cumsum([len(cuts) for cuts in self.lists])).astype(np.int64)
        self._profile, self._examples = _equal_rows(
            instance.servers.gflops, instance.servers.memory_gb_s, instance.servers.launch_s
        )
        self._device_s = self._times(range(len(instance.devices)), on_device=True)
        self._server_s = self._times(self._examples.tolist(), on_device=False)
        self._kind, self._start, self._count, self._rows = self._kinds()
        self._first_link = np.searchsorted(instance.links.user, np.arange(instance.n_users + 1))

    def _times(self, machines: Iterable[int], *, on_device: bool) -> Floats:
        """[machines, cuts] at most the time of each cut's layers."""
        table = self.instance.devices if on_device else self.instance.servers
        rows = [[time_down(cuts, table, row, on_device=on_device) for cuts in self.lists] for row in machines]
        return np.array([np.concatenate(row) for row in rows]).reshape(len(rows), self.n_cuts)

    def _kinds(self) -> tuple[Ints, Ints, Ints, Ints]:
        """Kind (network, device, server profile) of each link; start, count and rows of each kind's cuts."""
        instance = self.instance
        links, users = instance.links, instance.users
        if not len(links):
            nothing = np.zeros(0, dtype=np.int64)
            return nothing, nothing, nothing, nothing
        profile = self._profile[links.server]
        key = (users.network[links.user] * len(instance.devices) + users.device[links.user]) * len(self._examples)
        _, first, kind = np.unique(key + profile, return_index=True, return_inverse=True)
        found = []
        for k in first.tolist():
            user = int(links.user[k])
            cuts, device = self.lists[int(users.network[user])], int(users.device[user])
            server = int(self._examples[profile[k]])
            found.append(rows_that_count(cuts, instance.cut_rule, instance.devices, device, instance.servers, server))
        count = np.array([len(rows) for rows in found], dtype=np.int64)
        return kind.reshape(-1).astype(np.int64), np.cumsum(count) - count, count, np.concatenate(found)

    @property
    def n_cuts(self) -> int:
        """Cuts of all lists together: options number them one after the other."""
        return int(self.offset[-1])

    def allows(self, user: int, server: int, cut: int) -> bool:
        """Whether (server, cut) is an option of the user, good or bad."""
        g = int(self.instance.users.network[user])
        row = cut - int(self.offset[g])
        if (server, cut) == (LOCAL, REJECTION):
            return self.instance.problem == "J-A"
        if not 0 <= row < len(self.lists[g]):
            return False
        if server == LOCAL:
            return row == self.lists[g].whole
        here = slice(int(self._first_link[user]), int(self._first_link[user + 1]))
        link = np.flatnonzero(self.instance.links.server[here] == server)
        if not len(link):
            return False
        kind = int(self._kind[here][link[0]])
        start = int(self._start[kind])
        return bool((self._rows[start : start + int(self._count[kind])] == row).any())

    def parts(self, size: int) -> Iterator[tuple[int, int]]:
        """Ranges of users that together have about ``size`` options each."""
        per_link = np.append(0, np.cumsum(self._count[self._kind]))
        total = per_link[self._first_link] + np.arange(self.instance.n_users + 1)
        wanted = np.searchsorted(total, np.arange(size, int(total[-1]), size))
        return itertools.pairwise(np.unique(np.concatenate([[0], wanted, [self.instance.n_users]])).tolist())

    def of(self, first: int, last: int) -> Options:
        """The options of some users that may break no rule."""
        user, server, cut, link = self._listed(first, last)
        instance = self.instance
        dev, net = instance.users.device[user], instance.users.network[user]
        device_mb, server_mb = self._of_cuts("device_mb")[cut], self._of_cuts("server_mb")[cut]
        fits = device_mb <= mul_up(instance.devices.memory_mb[dev], 1 + 2 * FORGIVEN)
        remote = server >= 0
        room = np.where(remote, instance.servers.memory_mb[server], np.inf) if instance.n_servers else np.inf
        fits &= ~remote | (server_mb <= mul_up(room, 1 + 2 * FORGIVEN))
        if instance.energy_budget_j is not None:
            forgiven = up(instance.energy_budget_j * FORGIVEN_ENERGY)
            most = np.where(closed_servers(instance), -1.0, up(budget_up(instance) + forgiven))
            fits &= ~remote | (self._use_j(server, cut) <= most[server])
        keep = np.flatnonzero(fits)
        user, server, cut, link = user[keep], server[keep], cut[keep], link[keep]
        found = self._figures(first, last, user, server, cut, link, net[keep])
        found = found.take(np.flatnonzero(np.isfinite(found.least)))
        return _with_rejections(found, instance.users.weight) if instance.problem == "J-A" else found

    def _use_j(self, server: Ints, cut: Ints) -> Floats:
        """[n] at most the dynamic energy that options take at their servers, J."""
        return below(mul_down(self.instance.servers.j_per_gflop[server], self._of_cuts("server_gflop")[cut]))

    def _listed(self, first: int, last: int) -> tuple[Ints, Ints, Ints, Ints]:
        """User, server, cut and link (−1: none) of every option, sorted by user, then server; the local one first."""
        users, links = self.instance.users, self.instance.links
        a, b = int(self._first_link[first]), int(self._first_link[last])
        count = self._count[self._kind[a:b]]
        link = np.repeat(np.arange(a, b), count)
        within = np.arange(len(link)) - np.repeat(np.cumsum(count) - count, count)
        row = self._rows[np.repeat(self._start[self._kind[a:b]], count) + within] if len(link) else link
        alone = np.arange(first, last)
        whole = np.array([cuts.whole for cuts in self.lists], dtype=np.int64)
        user = np.concatenate([alone, links.user[link]])
        order = np.argsort(user, kind="stable")
        server = np.concatenate([np.full(len(alone), LOCAL), links.server[link]])
        row = np.concatenate([whole[users.network[alone]], row])
        link = np.concatenate([np.full(len(alone), -1), link])
        user = user[order]
        return user, server[order], row[order] + self.offset[users.network[user]], link[order]

    def _of_cuts(self, name: str) -> Floats:
        """[cuts] a figure of all lists, one after the other."""
        return np.concatenate([getattr(cuts, name) for cuts in self.lists])

    def _figures(self, first: int, last: int, user: Ints, server: Ints, cut: Ints, link: Ints, net: Ints) -> Options:
        instance = self.instance
        users, devices, servers, links, radios = (instance.users, instance.devices, instance.servers, instance.links,
                                                  instance.radios)  # fmt: skip
        remote, dev, rad = server >= 0, users.device[user], users.radio[user]

        def at(column: Floats, rows: Ints, otherwise: float) -> Floats:
            return np.where(remote, column[rows], otherwise) if len(column) else np.full(len(rows), otherwise)

        upload = self._of_cuts("upload_mbit")[cut]
        result = np.where(remote, np.array([n.result_mbit for n in instance.networks])[net], 0.0)
        down_s = below(div_down(result, at(links.download_mbps, link, np.inf)))
        wide_s = below(below(add_down(upload, result)) / at(links.backhaul_mbps, link, np.inf))
        fixed_s = below(add_down(at(links.round_trip_s, link, 0.0), wide_s, down_s))
        watts = below(mul_down(devices.kappa, _cube(mul_down(devices.clock_ghz, 1e9))))
        device = self._device_s[dev, cut]
        run = np.where(remote, self._server_s[self._profile[server], cut], 0.0) if len(servers) else 0.0 * device
        mhz_s = below(upload / at(links.efficiency, link, 1.0))
        air = np.where(remote, below(mhz_s / at(servers.bandwidth_mhz, server, 1.0)), 0.0)
        radio = below(add_down(mul_down(radios.tx_j_per_mbit[rad], upload), mul_down(radios.rx_w[rad], down_s),
                               mul_down(radios.rx_j_per_mbit[rad], result)))  # fmt: skip
        radio = np.where(remote, radio, 0.0)
        computing = below(mul_down(watts[dev], device))
        send_w = np.where(remote, radios.tx_w[rad], 0.0)
        gflop = np.where(remote, self._of_cuts("server_gflop")[cut], 0.0)
        cost = costs_down(instance, Spending(user, server, computing, radio, send_w, gflop, run, upload, fixed_s))
        with np.errstate(invalid="ignore"):
            memory = below(div_down(self._of_cuts("server_mb")[cut], at(servers.memory_mb, server, np.inf)))
        air, run, device, clock_w, fixed, memory = (
            np.minimum(column, LARGEST) for column in (air, run, device, cost.clock, cost.fixed, memory)
        )
        found = Options(
            first, last, user, server, cut, air, run, device, sub_up(users.deadline_s[user], fixed_s), clock_w,
            cost.send, fixed, memory, devices.clock_min[dev], devices.clock_max[dev], np.zeros(len(user)),
            users.deadline_s[user], cost.floor, self._energy(server, cut), self._drain(user, computing, send_w, radio),
        )  # fmt: skip
        return with_least(found)

    def _energy(self, server: Ints, cut: Ints) -> Floats:
        """[n] at most the part of its server's dynamic energy that each option takes; 0 where that has no limit."""
        if self.instance.energy_budget_j is None:
            return np.zeros(len(server))
        room = np.where(server >= 0, budget_up(self.instance)[server], np.inf)
        with np.errstate(divide="ignore", invalid="ignore"):
            part = below(div_down(self._use_j(server, cut), room))
        return np.where((room > 0) & (server >= 0), np.minimum(part, LARGEST), 0.0)

    def _drain(self, user: Ints, computing: Floats, send_w: Floats, radio: Floats) -> Drain | None:
        budget = self.instance.device_budget_j
        if budget is None:
            return None
        return Drain(computing, send_w, sub_up(mul_up(budget[user], 1 + FORGIVEN_ENERGY), radio))


def _with_rejections(found: Options, weight: Floats) -> Options:
    """The options and, behind each user's, to be turned away at the user's weight."""
    users = np.arange(found.first, found.last)
    more: dict[str, Any] = {f.name: np.zeros(len(users)) for f in dataclasses.fields(found)[2:-1]}
    more |= {"user": users, "server": np.full(len(users), LOCAL), "cut": np.full(len(users), REJECTION)}
    more |= {"fixed": weight[users], "least": weight[users], "slow": np.ones(len(users)), "fast": np.ones(len(users))}
    order = np.argsort(np.concatenate([found.user, users]), kind="stable")
    joined = {name: np.concatenate([getattr(found, name), column])[order] for name, column in more.items()}
    drain = None if found.drain is None else found.drain.with_free(len(users)).take(order)
    return Options(found.first, found.last, **joined, drain=drain)


def _cube(x: Floats) -> Floats:
    """At most x³ for x ≥ 0."""
    return below(mul_down(below(mul_down(x, x)), x))


def _equal_rows(*columns: Floats) -> tuple[Ints, Ints]:
    """Number of the kind of each row, and one row of each kind."""
    rows = np.column_stack(columns)
    if not len(rows):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    _, example, number = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    return number.reshape(-1).astype(np.int64), example.astype(np.int64)
