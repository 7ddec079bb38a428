"""What the chosen options ask of their servers: one row a user, as columns."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from instances.columns import Bools, Floats, Ints
from instances.errors import InputError
from instances.options import DeviceLimit, OptionTable

__all__ = ["Demand", "demand_of", "demand_of_rows", "rows_by_server", "variable_cost"]


@dataclasses.dataclass(frozen=True, eq=False)
class Demand:
    """One chosen option a user; every column has shape [n_users] and weights are multiplied in.

    ``server`` (−1: local), ``uplink_s`` a' and ``server_s`` c (s on the whole resource), ``device_s`` l,
    ``device_j`` w·e, ``send_w`` w·p, ``floor_w`` κ = w·ω (what a second of latency costs, J/s), ``constant_j``
    w·(q + ω·t), ``budget_s`` B = D − t, ``clock_min`` the slowest clock that can be best (z_min, or the one at which a
    second is worth κ; docs/theory.md, P10), ``clock_max``. ``device_limit``: J that the device may spend, or None.
    """

    server: Ints
    uplink_s: Floats
    server_s: Floats
    device_s: Floats
    device_j: Floats
    send_w: Floats
    floor_w: Floats
    constant_j: Floats
    budget_s: Floats
    clock_min: Floats
    clock_max: Floats
    device_limit: DeviceLimit | None = None

    def __len__(self) -> int:
        return len(self.server)

    @property
    def slack_s(self) -> Floats:
        """[n_users] S = B − l/z_max: what is left for uplink and server at the fastest clock."""
        return np.asarray(self.budget_s - self.device_s / self.clock_max)

    @property
    def needs_shares(self) -> Bools:
        """[n_users] whether the user is served at all and has something to send or to compute there."""
        return np.asarray((self.server >= 0) & (self.uplink_s + self.server_s > 0))


def demand_of(table: OptionTable, chosen: Ints) -> Demand:
    """Demand of ``chosen`` (one row of the table a user, in user order).

    Raises:
        InputError: not one row a user, or a row of another user.
    """
    chosen = np.asarray(chosen, dtype=np.int64)
    if chosen.shape != (table.n_users,):
        raise InputError("chosen", f"has shape {chosen.shape}", "every user needs one option",
                         f"give {table.n_users} rows of the option table")  # fmt: skip
    inside = (chosen >= 0) & (chosen < len(table))
    wrong = ~inside
    wrong[inside] = table.user[chosen[inside]] != np.flatnonzero(inside)
    if wrong.any():
        i = int(np.flatnonzero(wrong)[0])
        raise InputError(f"chosen[{i}]", f"is {chosen[i]}", "that is not an option of this user",
                         f"choose a row between {table.start[i]} and {table.start[i + 1] - 1}")  # fmt: skip
    return demand_of_rows(table, chosen)


def demand_of_rows(table: OptionTable, rows: Ints) -> Demand:
    """Demand of any rows of the table, one entry each."""
    part, user = table.take(rows), table.user[rows]
    weight = table.weight[user]
    return Demand(part.server, part.uplink_s, part.server_s, part.device_s, weight * part.device_j,
                  weight * part.tx_w, table.floor_w[user], part.own_j, part.budget_s, table.unhurried_clock(rows),
                  table.clock_max[user], part.device_limit)  # fmt: skip


def variable_cost(device_j: Any, device_s: Any, clock: Any, air: Any, run: Any, power: tuple[Any, Any]) -> Floats:
    """w (e z² + p a'/β) + κ (l/z + a'/β + c/φ): all of a user's cost that shares and clock change, J.

    Args:
        device_j, device_s: w·e and l.
        clock, air, run: z, a'/β and c/φ; where a time is infinite the cost is that, or 0 where it costs nothing.
        power: w·p and κ, J/s. All broadcast.
    """
    send, second = power
    sending, computing = send + second, second
    with np.errstate(invalid="ignore"):
        air_j = np.where(sending > 0, sending * air, 0.0)
        run_j = np.where(computing > 0, computing * run, 0.0)
    return np.asarray(device_j * clock**2 + second * (device_s / clock) + air_j + run_j, dtype=float)


def rows_by_server(demand: Demand, feasible: Bools) -> tuple[Ints, Ints, Ints]:
    """Users that need shares on feasible servers, sorted by server; those servers; and each user's place among them."""
    rows = np.flatnonzero(demand.needs_shares)
    rows = rows[feasible[demand.server[rows]]]
    rows = rows[np.argsort(demand.server[rows], kind="stable")]
    servers, seg = np.unique(demand.server[rows], return_inverse=True)
    return rows, servers.astype(np.int64), seg.reshape(-1).astype(np.int64)
