"""What the chosen options ask of their servers: one row a user, as columns."""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Bools, Floats, Ints
from instances.errors import InputError
from instances.options import DeviceLimit, OptionTable

__all__ = ["Demand", "demand_of", "rows_by_server"]


@dataclasses.dataclass(frozen=True, eq=False)
class Demand:
    """One chosen option a user; every column has shape [n_users] and weights are multiplied in.

    ``server`` (−1: local), ``uplink_s`` a' and ``server_s`` c (s on the whole resource), ``device_s`` l,
    ``device_j`` w·e, ``send_w`` w·p, ``constant_j`` w·q, ``budget_s`` B = D − t, ``clock_min``, ``clock_max``.
    ``device_limit``: J that the device may spend, or None.
    """

    server: Ints
    uplink_s: Floats
    server_s: Floats
    device_s: Floats
    device_j: Floats
    send_w: Floats
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
    rows, weight = table.take(chosen), table.weight
    return Demand(rows.server, rows.uplink_s, rows.server_s, rows.device_s, weight * rows.device_j,
                  weight * rows.tx_w, weight * rows.fixed_j, rows.budget_s, table.clock_min,
                  table.clock_max, rows.device_limit)  # fmt: skip


def rows_by_server(demand: Demand, feasible: Bools) -> tuple[Ints, Ints, Ints]:
    """Users that need shares on feasible servers, sorted by server; those servers; and each user's place among them."""
    rows = np.flatnonzero(demand.needs_shares)
    rows = rows[feasible[demand.server[rows]]]
    rows = rows[np.argsort(demand.server[rows], kind="stable")]
    servers, seg = np.unique(demand.server[rows], return_inverse=True)
    return rows, servers.astype(np.int64), seg.reshape(-1).astype(np.int64)
