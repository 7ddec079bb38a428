"""Optimum of a tiny units table by enumeration of servers' Pareto sets; shares nothing with the formulations."""

from __future__ import annotations

import itertools
import math

from instances.options import OptionTable

_State = dict[tuple[int, ...], float]


def enumerate_units(table: OptionTable) -> float:
    """J of the best plan by dynamic programming over users with every (option, blocks, units) written out.

    A state is (blocks, units, option memory) used at each server, exactly; nothing is dropped but dearer equals.
    """
    states: dict[tuple[tuple[int, int, float], ...], float] = {((0, 0, 0.0),) * table.n_servers: 0.0}
    for user in range(table.n_users):
        moves = list(_moves(table, user))
        after: dict[tuple[tuple[int, int, float], ...], float] = {}
        for state, cost in states.items():
            for server, blocks, units, megabytes, price in moves:
                new = _move(table, state, server, blocks, units, megabytes)
                if new is not None and cost + price < after.get(new, math.inf):
                    after[new] = cost + price
        states = after
    return min((cost + _static(table, state) for state, cost in states.items()), default=math.inf)


def _moves(table: OptionTable, user: int) -> itertools.chain[tuple[int, int, int, float, float]]:
    return itertools.chain.from_iterable(
        _of_option(table, o) for o in range(int(table.start[user]), int(table.start[user + 1]))
    )


def _of_option(table: OptionTable, option: int) -> list[tuple[int, int, int, float, float]]:
    server = int(table.server[option])
    if server < 0:
        return [(-1, 0, 0, 0.0, _price(table, option, 1.0, 1.0))]
    found = []
    for b in range(1, int(table.blocks[server]) + 1):
        for m in range(1, int(table.units[server]) + 1):
            price = _price(table, option, b / table.blocks[server], m / table.units[server])
            if math.isfinite(price):
                found.append((server, b, m, float(table.server_mb[option]), price))
    return found


def _price(table: OptionTable, o: int, beta: float, phi: float) -> float:
    """w (e z² + p a/(βW) + q) with the slowest clock that meets the deadline, straight from the model's definition."""
    i, s = int(table.user[o]), int(table.server[o])
    air = table.uplink_mhz_s[o] / (table.bandwidth_mhz[s] * beta) if s >= 0 else 0.0
    run = table.server_s[o] / phi if s >= 0 else 0.0
    left = table.deadline_s[i] - table.fixed_s[o] - air - run
    if left < 0 or (table.device_s[o] > 0 and left <= 0):
        return math.inf
    clock = max(table.clock_min[i], table.device_s[o] / left if left > 0 else 0.0)
    if clock > table.clock_max[i] * (1 + 1e-12):
        return math.inf
    return float(table.weight[i] * (table.device_j[o] * clock**2 + table.tx_w[o] * air + table.fixed_j[o]))


def _move(table: OptionTable, state: tuple[tuple[int, int, float], ...], server: int, blocks: int, units: int,
          megabytes: float) -> tuple[tuple[int, int, float], ...] | None:  # fmt: skip
    if server < 0:
        return state
    b, m, mb = state[server]
    b, m, mb = b + blocks, m + units, round(mb + megabytes, 9)
    if b > table.blocks[server] or m > table.units[server] or mb > table.memory_mb[server] + 1e-9:
        return None
    return (*state[:server], (b, m, mb), *state[server + 1 :])


def _static(table: OptionTable, state: tuple[tuple[int, int, float], ...]) -> float:
    return float(sum(table.static_j[s] for s, used in enumerate(state) if used[0] or used[1]))
