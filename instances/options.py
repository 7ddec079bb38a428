"""The option table: every way to run every request, as numbers. The pivot of the package.

Everything upstream (networks, radios, servers) ends in rows of it; everything downstream (formulations,
prices, heuristics) starts from it and never looks at an instance.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from instances import physics
from instances.columns import Bools, Floats, Ints
from instances.errors import InputError

if TYPE_CHECKING:
    from instances.plan import Cut
    from instances.ways import Ways

__all__ = ["LOCAL", "REJECTED", "DeviceLimit", "OptionTable"]

LOCAL = -1
"""Server index of the option that runs the whole network on the device."""

REJECTED = -2
"""Server index, in plans, of a user that is turned away (J-A only); as an option it is local, with cut −1."""

HAIR = 1e-12
"""Part of a deadline that rounding may cost."""

PER_OPTION = (
    "user",
    "server",
    "cut",
    "device_s",
    "device_j",
    "uplink_mhz_s",
    "tx_w",
    "server_s",
    "fixed_s",
    "fixed_j",
    "server_mb",
    "server_use_j",
)

PER_USER = ("deadline_s", "weight", "second_w", "clock_min", "clock_max")


@dataclasses.dataclass(frozen=True, eq=False)
class DeviceLimit:
    """What options may cost the device: ``device_j`` e z² + ``tx_w`` p τ ≤ ``room_j``, each [n_options], J."""

    device_j: Floats
    tx_w: Floats
    room_j: Floats

    def take(self, rows: Any) -> DeviceLimit:
        """Those of some options."""
        return DeviceLimit(self.device_j[rows], self.tx_w[rows], self.room_j[rows])

    @classmethod
    def join(cls, limits: Sequence[DeviceLimit | None], counts: Sequence[int]) -> DeviceLimit | None:
        """Those of several tables with so many options each, one behind the other; None: no limits there."""
        if all(limit is None for limit in limits):
            return None
        parts = [cls(np.zeros(0), np.zeros(0), np.zeros(0)).with_free(n) if limit is None else limit
                 for limit, n in zip(limits, counts, strict=True)]  # fmt: skip
        return cls(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("device_j", "tx_w", "room_j")))

    def with_free(self, count: int) -> DeviceLimit:
        """The same and ``count`` more options without limit."""
        zero = np.zeros(count)
        columns = ((self.device_j, zero), (self.tx_w, zero), (self.room_j, np.full(count, np.inf)))
        return DeviceLimit(*(np.concatenate(pair) for pair in columns))

    def holds(self, clock: Floats, air_s: Floats) -> Bools:
        """Whether it is kept at these clocks and times of sending, s (that broadcast to [..., n_options])."""
        return np.asarray(self.device_j * clock**2 + self.tx_w * air_s <= self.room_j)


@dataclasses.dataclass(frozen=True, eq=False)
class OptionTable:
    """Options sorted by user, then server; users and servers as columns beside them.

    Per option [n_options]: ``user``, ``server`` (−1: local), ``cut`` (row of `cuts`), ``device_s`` l, ``device_j`` e,
    ``uplink_mhz_s`` a, ``tx_w`` p, ``server_s`` c, ``fixed_s`` t, ``fixed_j`` q, ``server_mb`` memory taken there,
    ``server_use_j`` energy taken there (J; all 0 where no server has an energy budget).
    Per user [n_users]: ``deadline_s``, ``weight``, ``second_w`` ω (W: what a second of its latency counts as; zeros
    when left out), ``clock_min``, ``clock_max``.
    Per server [n_servers]: ``bandwidth_mhz``, ``blocks``, ``units``, ``memory_mb``, ``static_j``, ``energy_j`` room
    for dynamic energy (J; inf: no budget).
    ``allocation``: continuous or units. ``cut_sets``, ``cut_offset``: cut r is row
    r − cut_offset[m] of cut_sets[m], the ways to run mode m (a network, or a variant of one). ``device_limit``: J that
    options may cost the device, or None. ``aggregate``: whether users' costs add up (sum) or the
    largest counts (max).
    To be turned away (J-A) is an option too: a local one with cut −1 that takes nothing and costs ``fixed_j``.

    J stands for the problem's unit: under J-C the columns e, p, q and ``static_j`` are money (and money a second).

    Raises:
        InputError: ``second_w`` is not one number a user.
    """

    user: Ints
    server: Ints
    cut: Ints
    device_s: Floats
    device_j: Floats
    uplink_mhz_s: Floats
    tx_w: Floats
    server_s: Floats
    fixed_s: Floats
    fixed_j: Floats
    server_mb: Floats
    deadline_s: Floats
    weight: Floats
    clock_min: Floats
    clock_max: Floats
    bandwidth_mhz: Floats
    blocks: Ints
    units: Ints
    memory_mb: Floats
    static_j: Floats
    allocation: str
    cut_sets: tuple[Ways, ...] = ()
    cut_offset: Ints = dataclasses.field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    second_w: Floats = dataclasses.field(default_factory=lambda: np.zeros(0))
    server_use_j: Floats = dataclasses.field(default_factory=lambda: np.zeros(0))
    energy_j: Floats = dataclasses.field(default_factory=lambda: np.zeros(0))
    device_limit: DeviceLimit | None = None
    aggregate: str = "sum"

    def __post_init__(self) -> None:
        if not len(self.second_w):
            object.__setattr__(self, "second_w", np.zeros(self.n_users))
        if len(self.second_w) != self.n_users:
            raise InputError("OptionTable.second_w", f"has {len(self.second_w)} rows for {self.n_users} users",
                             fix="take it along with the other columns of users: `of_users`")  # fmt: skip
        if not len(self.energy_j):
            object.__setattr__(self, "energy_j", np.full(self.n_servers, np.inf))
        if not np.isfinite(self.energy_j).any():
            # A view of one zero: large tables without budgets do not pay for the column.
            object.__setattr__(self, "server_use_j", np.broadcast_to(np.zeros(()), len(self.user)))

    def __len__(self) -> int:
        return len(self.user)

    @property
    def n_users(self) -> int:
        """Number of users, also those left without an option."""
        return len(self.deadline_s)

    @property
    def n_servers(self) -> int:
        """Number of servers."""
        return len(self.bandwidth_mhz)

    @property
    def start(self) -> Ints:
        """[n_users + 1] options of user i are rows start[i] … start[i+1]−1."""
        return np.searchsorted(self.user, np.arange(self.n_users + 1)).astype(np.int64)

    @property
    def is_local(self) -> Bools:
        """[n_options] whether the option uses no server."""
        return np.asarray(self.server == LOCAL)

    @property
    def is_rejection(self) -> Bools:
        """[n_options] whether the option is to be turned away."""
        return np.asarray(self.cut < 0)

    @property
    def stocks(self) -> tuple[str, ...]:
        """Names of the resources of which every option takes a fixed amount; energy where a server has a budget."""
        return ("memory", "energy") if np.isfinite(self.energy_j).any() else ("memory",)

    @property
    def stock(self) -> Floats:
        """[n_options, stocks] what each option takes at its server, MB and J."""
        return np.stack([self.server_mb, self.server_use_j][: len(self.stocks)], axis=1)

    @property
    def stock_room(self) -> Floats:
        """[n_servers, stocks] what there is, MB and J; inf: no limit."""
        return np.stack([self.memory_mb, self.energy_j][: len(self.stocks)], axis=1)

    @property
    def stock_part(self) -> Floats:
        """[n_options, stocks] part of what its server has that each option takes; 0 where nothing is limited."""
        taken = self.stock
        room = self.stock_room[self.server] if self.n_servers else np.full(taken.shape, np.inf)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.where((taken > 0) & ~self.is_local[:, None], taken / room, 0.0))

    @property
    def uplink_s(self) -> Floats:
        """[n_options] s on the whole uplink of its server: a/W (0 for local options)."""
        return self._uplink_s(slice(None))

    def _uplink_s(self, rows: Any) -> Floats:
        """`uplink_s` of some options, without working out the others."""
        server = self.server[rows]
        band = np.where(server == LOCAL, 1.0, self.bandwidth_mhz[server] if self.n_servers else 1.0)
        return np.asarray(self.uplink_mhz_s[rows] / band)

    @property
    def budget_s(self) -> Floats:
        """[n_options] D − t: what is left for device, uplink and server together."""
        return np.asarray(self.deadline_s[self.user] - self.fixed_s)

    @property
    def slack_s(self) -> Floats:
        """[n_options] D − t − l/z_max: what is left for uplink and server at the fastest clock."""
        return np.asarray(self.budget_s - self.device_s / self.clock_max[self.user])

    @property
    def floor_w(self) -> Floats:
        """[n_users] κ = w ω, what a second of latency costs in the objective, J/s: no price of time falls below it."""
        return np.asarray(self.weight * self.second_w)

    @property
    def own_j(self) -> Floats:
        """[n_options] w (q + ω t): the part of the cost that neither shares nor clock change, J."""
        user = self.user
        return np.asarray(self.weight[user] * (self.fixed_j + self.second_w[user] * self.fixed_s))

    def unhurried_clock(self, rows: Any = slice(None)) -> Floats:
        """[len(rows)] best clock of options that have time to spare; the slowest one where seconds do not count."""
        user = self.user[rows]
        if not self.second_w.any():
            return np.asarray(self.clock_min[user])
        return physics.unhurried_clock(self.device_s[rows], self.device_j[rows], self.second_w[user],
                                       self.clock_min[user], self.clock_max[user])  # fmt: skip

    def of_users(self, users: Any) -> dict[str, Any]:
        """Columns of some users (rows or a mask), for a table that numbers its users afresh."""
        return {name: getattr(self, name)[users] for name in PER_USER}

    def cost_j(self, uplink_share: Any = 1.0, compute_share: Any = 1.0, rows: Any = slice(None)) -> Floats:
        """Least weighted cost w (E + ω T) of options at given shares, J (clock chosen best).

        Inf where the deadline or the device's limit fails (no problem has a limit and a price of time at once).

        Shares broadcast against ``[len(rows)]`` on the last axis, so ``[k, 1]`` shares give ``[k, n]`` costs.
        """
        user = self.user[rows]
        fastest, device_s = self.clock_max[user], self.device_s[rows]
        budget = self.deadline_s[user] - self.fixed_s[rows]
        air = physics.over_share(self._uplink_s(rows), uplink_share)
        run = physics.over_share(self.server_s[rows], compute_share)
        slack = budget - air - run
        # A hair of room: what is late by rounding only, after a sum of three times, is not late.
        room = slack + HAIR * np.abs(budget)
        fits = (room >= 0) & (physics.clock_for(device_s, room, 0.0) <= fastest)
        clock = np.minimum(physics.clock_for(device_s, slack, self.unhurried_clock(rows)), fastest)
        if self.device_limit is not None:
            fits &= self.device_limit.take(rows).holds(clock, air)
        sending_j = self.tx_w[rows] * np.where(fits, air, 0.0)
        energy = self.device_j[rows] * clock**2 + sending_j + self.fixed_j[rows]
        if self.second_w.any():
            latency_s = device_s / clock + np.where(fits, air + run, 0.0) + self.fixed_s[rows]
            energy = energy + self.second_w[user] * latency_s
        return np.where(fits, self.weight[user] * energy, np.inf)

    def take(self, rows: Any) -> Self:
        """Table with some options only (indices in order, or a mask); users and servers stay."""
        columns: dict[str, Any] = {name: getattr(self, name)[rows] for name in PER_OPTION}
        if self.device_limit is not None:
            columns["device_limit"] = self.device_limit.take(rows)
        return dataclasses.replace(self, **columns)

    def part(self, users: Bools) -> Self:
        """Table of some users alone ([n_users] mask), numbered afresh; servers stay."""
        number = np.cumsum(users) - 1
        part = self.take(np.flatnonzero(users[self.user]))
        return dataclasses.replace(part, user=number[part.user], **self.of_users(users))

    def way(self, option: int) -> Cut:
        """What the option runs, and where; not for rejections."""
        return self.way_of_cut(int(self.cut[option]))

    def way_of_cut(self, row: int) -> Cut:
        """What a number in ``cut`` stands for."""
        mode = int(np.searchsorted(self.cut_offset, row, side="right")) - 1
        return self.cut_sets[mode].cut(row - int(self.cut_offset[mode]))

    def row_of_way(self, cut: Cut) -> int:
        """The number in ``cut`` that stands for it; −1: none does."""
        for offset, ways in zip(self.cut_offset.tolist(), self.cut_sets, strict=True):
            if (ways.mode.network, ways.mode.variant) == (cut.network, cut.variant):
                beyond = np.zeros(ways.network.n_layers, dtype=bool) if cut.passed_on is None else cut.passed_on
                same = (ways.on_device == cut.on_device).all(axis=1) & (ways.passed_on == beyond).all(axis=1)
                return int(offset + np.argmax(same)) if same.any() else -1
        return -1

    def on_device(self, option: int) -> Bools:
        """[n_layers] which layers the option leaves on the device; not for rejections."""
        return self.way(option).on_device
