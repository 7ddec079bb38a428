"""What a group of options costs on one server with the best shares: many groups in one allocation, each only once.

Groups are handed to the allocation as if each had a server of its own, so that a search can price dozens of candidate
moves in the time of one. Static energy is left to the caller.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence

import numpy as np

from instances.columns import Floats
from instances.options import OptionTable
from solvers.allocation import allocate, allocate_any, load_of, option_terms

__all__ = ["Group", "Groups", "Prices", "Settled"]

Group = tuple[int, tuple[int, ...]]
"""A server and the options that it runs, in growing order."""

_MOST_KNOWN = 200_000


@dataclasses.dataclass(frozen=True, eq=False)
class Settled:
    """Best shares of a group: ``cost_j`` without static energy (inf: does not fit), shares of its options in order."""

    cost_j: float
    uplink_share: Floats
    compute_share: Floats


@dataclasses.dataclass(frozen=True)
class Prices:
    """Prices of a group under continuous shares, J for the whole resource, and the group's cost there."""

    uplink: float
    compute: float
    cost_j: float


_UNUSED = Prices(0.0, 0.0, 0.0)


class Groups:
    """Costs of groups of one option table, remembered."""

    def __init__(self, table: OptionTable) -> None:
        self.table = table
        self._terms = option_terms(table)
        self._stock, self._room = table.stock, table.stock_room
        self._settled: dict[Group, Settled] = {}
        self._prices: dict[Group, Prices] = {}

    def settle(self, wanted: Sequence[Group]) -> list[Settled]:
        """Best shares of each group."""
        if len(self._settled) > _MOST_KNOWN:
            self._settled.clear()
        new = [g for g in dict.fromkeys(wanted) if g not in self._settled]
        hopeful = []
        for group in new:
            if not group[1]:
                self._settled[group] = Settled(0.0, np.zeros(0), np.zeros(0))
            elif self._is_hopeless(group):
                self._settled[group] = _unfit(len(group[1]))
            else:
                hopeful.append(group)
        if hopeful:
            self._allocate(hopeful)
        return [self._settled[g] for g in wanted]

    def costs(self, wanted: Sequence[Group]) -> Floats:
        """[groups] J, inf where a group does not fit."""
        return np.array([settled.cost_j for settled in self.settle(wanted)])

    def prices(self, wanted: Iterable[Group]) -> list[Prices]:
        """Prices of each group (continuous shares, whatever the rule: a bound on the group's cost goes with them)."""
        groups = list(wanted)
        new = [g for g in dict.fromkeys(groups) if g[1] and g not in self._prices]
        if new:
            table, sizes = self._joined(new)
            got = allocate(table, np.arange(sum(sizes)))
            for k, group in enumerate(new):
                self._prices[group] = Prices(
                    float(got.uplink_price[k]), float(got.compute_price[k]), float(got.server_j[k])
                )
        return [self._prices[g] if g[1] else _UNUSED for g in groups]

    def _is_hopeless(self, group: Group) -> bool:
        server, options = group[0], list(group[1])
        if (self._stock[options].sum(axis=0) > self._room[server] * (1 + 1e-12)).any():
            return True
        return not float(load_of(self._terms[options].sum(axis=0))) <= 1 + 1e-12

    def _allocate(self, groups: list[Group]) -> None:
        table, sizes = self._joined(groups)
        got = allocate_any(table, np.arange(sum(sizes)))
        ends = np.cumsum(sizes)
        for k, group in enumerate(groups):
            mine = slice(ends[k] - sizes[k], ends[k])
            cost = float(got.server_j[k]) if got.feasible[k] else math.inf
            self._settled[group] = Settled(cost, got.uplink_share[mine], got.compute_share[mine])
            # Under units too these are the prices and (to rounding) the cost of the best continuous shares.
            bound = float(got.server_bound_j[k])
            self._prices[group] = Prices(float(got.uplink_price[k]), float(got.compute_price[k]), bound)

    def _joined(self, groups: list[Group]) -> tuple[OptionTable, list[int]]:
        """One table in which group k is served by server k; and the sizes of the groups."""
        sizes = [len(options) for _, options in groups]
        rows = np.concatenate([np.array(options, dtype=np.int64) for _, options in groups])
        server = np.array([s for s, _ in groups], dtype=np.int64)
        table, user = self.table, self.table.user[rows]
        joined = dataclasses.replace(
            table.take(rows), user=np.arange(len(rows)), server=np.repeat(np.arange(len(groups)), sizes),
            **table.of_users(user), bandwidth_mhz=table.bandwidth_mhz[server], blocks=table.blocks[server],
            units=table.units[server], memory_mb=table.memory_mb[server], static_j=np.zeros(len(groups)),
            energy_j=table.energy_j[server],
        )  # fmt: skip
        return joined, sizes


def _unfit(size: int) -> Settled:
    return Settled(math.inf, np.zeros(size), np.zeros(size))
