"""The optimum of a tiny instance under whole units in rational arithmetic: no rounding anywhere."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction

from instances.options import LOCAL, OptionTable

__all__ = ["exact_optimum"]

_State = tuple[int, int, int, Fraction, Fraction]
"""Server, blocks, units, MB there, weighted J."""


def exact_optimum(table: OptionTable) -> Fraction | None:
    """Least cost over every option and every number of blocks and units, J; None: no plan.

    The table's floats are taken as the exact numbers that they are. J-E only.
    """
    states = [list(_states(table, user)) for user in range(table.n_users)]
    static = [Fraction(float(j)) for j in table.static_j]
    room = [None if mb == float("inf") else Fraction(float(mb)) for mb in table.memory_mb]
    best: Fraction | None = None
    for joint in itertools.product(*states):
        cost = sum((state[4] for state in joint), Fraction(0))
        used = {state[0] for state in joint} - {LOCAL}
        cost += sum((static[s] for s in used), Fraction(0))
        if (best is None or cost < best) and all(_fits(table, room[s], s, joint) for s in used):
            best = cost
    return best


def _fits(table: OptionTable, room: Fraction | None, server: int, joint: tuple[_State, ...]) -> bool:
    mine = [state for state in joint if state[0] == server]
    held = sum((state[3] for state in mine), Fraction(0))
    return (
        sum(state[1] for state in mine) <= int(table.blocks[server])
        and sum(state[2] for state in mine) <= int(table.units[server])
        and (room is None or held <= room)
    )


def _states(table: OptionTable, user: int) -> Iterator[_State]:
    """What the user can do in time."""
    for o in range(int(table.start[user]), int(table.start[user + 1])):
        server = int(table.server[o])
        if server == LOCAL:
            cost = _cost(table, o, Fraction(0), Fraction(0))
            if cost is not None:
                yield LOCAL, 0, 0, Fraction(0), cost
            continue
        air = Fraction(float(table.uplink_mhz_s[o])) / Fraction(float(table.bandwidth_mhz[server]))
        run = Fraction(float(table.server_s[o]))
        held = Fraction(float(table.server_mb[o]))
        blocks, units = int(table.blocks[server]), int(table.units[server])
        for b in range(blocks + 1) if air == 0 else range(1, blocks + 1):
            for u in range(units + 1) if run == 0 else range(1, units + 1):
                air_s = air * blocks / b if b else Fraction(0)
                cost = _cost(table, o, air_s, run * units / u if u else Fraction(0))
                if cost is not None:
                    yield server, b, u, held, cost


def _cost(table: OptionTable, o: int, air_s: Fraction, run_s: Fraction) -> Fraction | None:
    """Weighted J at the slowest clock that is in time; None: late."""
    user = int(table.user[o])

    def exact(column: str, row: int) -> Fraction:
        return Fraction(float(getattr(table, column)[row]))

    left = exact("deadline_s", user) - exact("fixed_s", o) - air_s - run_s
    work = exact("device_s", o)
    if left < 0 or (left == 0 and work > 0) or work > left * exact("clock_max", user):
        return None
    clock = max(exact("clock_min", user), work / left) if work else exact("clock_min", user)
    return exact("weight", user) * (exact("device_j", o) * clock**2 + exact("tx_w", o) * air_s + exact("fixed_j", o))
