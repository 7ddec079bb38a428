"""Constraint families of the compact units model, as arrays."""

from __future__ import annotations

import numpy as np

from formulations.parts.capacity import piece_size
from formulations.parts.compact_columns import CompactColumns, Pieces
from formulations.parts.rows import keep_in_range, make_rows, stack_rows
from formulations.program import Rows
from instances.columns import Floats, Ints

__all__ = ["clock_floor", "clock_rows", "deadline_rows", "first_tangents", "forbid_pieces", "link_pieces", "pieces_fit",
           "send_rows", "time_rows"]  # fmt: skip

LEAST_ENERGY, STEEPEST = 1e-6, 1e6
"""Tangents of clock energies below this (in units, which loses no more than that) or steeper are left out."""

CLOCKS = 3
"""First tangents of the clock's energy: at so many clock ratios from z_min to z_max."""


def link_pieces(c: CompactColumns, pieces: Pieces, work: Floats) -> Rows:
    """Σ_{o of pair with work} x_o ≤ Σ_n piece_n ≤ Σ_{o of pair} x_o."""
    n, remote = len(c.pair_user), np.flatnonzero(c.pair_of >= 0)
    busy = remote[work[remote] > 0]
    row = np.concatenate([c.pair_of[busy], pieces.pair, n + c.pair_of[remote], n + pieces.pair])
    column = np.concatenate([busy, pieces.column, remote, pieces.column])
    ones = [-np.ones(len(busy)), np.ones(len(pieces)), np.ones(len(remote)), -np.ones(len(pieces))]
    return make_rows(row, column, np.concatenate(ones), 0.0, np.inf, (2 * n, c.n_columns))


def pieces_fit(c: CompactColumns, pieces: Pieces, most: Ints) -> Rows:
    """Σ n piece_n ≤ P y_s a server."""
    size, server = piece_size(most), c.pair_server[pieces.pair]
    n_servers = len(most)
    row = np.concatenate([server, np.arange(n_servers)])
    column = np.concatenate([pieces.column, c.on + np.arange(n_servers)])
    value = np.concatenate([pieces.count * size[server], -most * size])
    return make_rows(row, column, value, -np.inf, 0.0, (n_servers, c.n_columns))


def time_rows(c: CompactColumns, kind: str) -> Rows:
    """air_i ≥ (P/b) Σ_{o of i on s} (A_o/D_i) x_o − M (1 − blocks_isb) for every b, with M = (P/b) max A/D.

    ``kind`` is ``air``, or ``run`` with units and server time in place of blocks and uplink.
    """
    pieces, work, most = _resource(c, kind)
    part = work / c.table.deadline_s[c.table.user]
    factor = most[c.pair_server[pieces.pair]] / pieces.count
    slowest = np.zeros(len(c.pair_user))
    remote = np.flatnonzero(c.pair_of >= 0)
    np.maximum.at(slowest, c.pair_of[remote], part[remote])
    big = factor * slowest[pieces.pair]
    order = remote[np.argsort(c.pair_of[remote], kind="stable")]
    begin = np.searchsorted(c.pair_of[order], np.arange(len(c.pair_user) + 1))
    counts = np.diff(begin)[pieces.pair]
    row = np.repeat(np.arange(len(pieces)), counts)
    within = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    option = order[begin[pieces.pair][row] + within]
    users = c.of_users(kind)[c.pair_user[pieces.pair]]
    everything = np.arange(len(pieces))
    return keep_in_range(
        make_rows(
            np.concatenate([everything, row, everything]),
            np.concatenate([users, option, pieces.column]),
            np.concatenate([np.ones(len(pieces)), -factor[row] * part[option], -big]),
            -big,
            np.inf,
            (len(pieces), c.n_columns),
        )
    )


def _resource(c: CompactColumns, kind: str) -> tuple[Pieces, Floats, Ints]:
    if kind == "air":
        return c.blocks, c.table.uplink_s, c.table.blocks
    return c.units, c.table.server_s, c.table.units


def deadline_rows(c: CompactColumns) -> Rows:
    """device_i + air_i + run_i + Σ (t_o/D_i) x_o ≤ 1, and device_i ≥ Σ l_o/(z_max D_i) x_o."""
    t, n = c.table, c.table.n_users
    users = np.arange(n)
    fixed = t.fixed_s / t.deadline_s[t.user]
    fastest = t.device_s / (t.clock_max * t.deadline_s)[t.user]
    total = make_rows(
        np.concatenate([users, users, users, t.user]),
        np.concatenate([*(c.of_users(k) for k in ("device", "air", "run")), np.arange(len(t))]),
        np.concatenate([np.ones(3 * n), fixed]),
        -np.inf,
        1.0,
        (n, c.n_columns),
    )
    device = make_rows(
        np.concatenate([users, t.user]),
        np.concatenate([c.of_users("device"), np.arange(len(t))]),
        np.concatenate([np.ones(n), -fastest]),
        0.0,
        np.inf,
        (n, c.n_columns),
    )
    return stack_rows([keep_in_range(total), keep_in_range(device)])


def send_rows(c: CompactColumns) -> Rows:
    """send_i ≥ (w p D/unit) (air_i − 1 + Σ_{o with this p} x_o) for every transmit power p > 0 of user i."""
    t = c.table
    rows = np.flatnonzero((c.pair_of >= 0) & (t.tx_w > 0))
    keys = np.stack([t.user[rows].astype(float), t.tx_w[rows]], axis=1)
    kinds, place = np.unique(keys, axis=0, return_inverse=True)
    place, n = place.reshape(-1), len(kinds)
    user = kinds[:, 0].astype(np.int64)
    price = t.weight[user] * kinds[:, 1] * t.deadline_s[user] / c.unit[user]
    k = np.arange(n)
    return keep_in_range(
        make_rows(
            np.concatenate([k, k, place]),
            np.concatenate([c.of_users("send")[user], c.of_users("air")[user], rows]),
            np.concatenate([np.ones(n), -price, -price[place]]),
            -price,
            np.inf,
            (n, c.n_columns),
        )
    )


def clock_rows(c: CompactColumns, option: Ints, clock: Floats) -> Rows:
    """clock_i ≥ (w e/unit) (3 z² x_o − 2 z³ (D/l) device_i): tangent at clock ratio z.

    w e z² = w e l²/δ² for device time δ is convex in δ; the tangent at z is w e (3 z² − 2 z³ δ/l). Without the
    option the right-hand side is at most 0, as device_i ≥ 0, so that no M is needed at all.
    """
    t, user = c.table, c.table.user[option]
    energy = t.weight[user] * t.device_j[option] / c.unit[user]
    slope = 2 * energy * clock**3 * t.deadline_s[user] / np.maximum(t.device_s[option], 1e-300)
    # Scaled into range, such rows would lose a term that they need to hold.
    sound = (energy * clock**2 > LEAST_ENERGY) & (slope < STEEPEST)
    option, user = option[sound], user[sound]
    clock, energy, slope = clock[sound], energy[sound], slope[sound]
    n = len(option)
    k = np.arange(n)
    return keep_in_range(
        make_rows(
            np.concatenate([k, k, k]),
            np.concatenate([c.of_users("clock")[user], c.of_users("device")[user], option]),
            np.concatenate([np.ones(n), slope, -3 * energy * clock**2]),
            0.0,
            np.inf,
            (n, c.n_columns),
        )
    )


def forbid_pieces(c: CompactColumns, option: int, blocks: int, units: int) -> Rows:
    """x_o + Σ_{n ≤ b} blocks_n + Σ_{n ≤ m} units_n ≤ 2: so few pieces miss the deadline of o."""
    pair = int(c.pair_of[option])
    few = [p.column[(p.pair == pair) & (p.count <= n)] for p, n in ((c.blocks, blocks), (c.units, units))]
    column = np.concatenate([[option], *few])
    most = float((len(few[0]) > 0) + (len(few[1]) > 0))
    return make_rows(np.zeros(len(column)), column, 1.0, -np.inf, most, (1, c.n_columns))


def first_tangents(c: CompactColumns) -> tuple[Ints, Floats]:
    """Options and clock ratios of the first tangents: z_min to z_max, for options that use the device."""
    t = c.table
    busy = np.flatnonzero((t.device_s > 0) & (t.device_j > 0))
    part = np.linspace(0.0, 1.0, CLOCKS)[:, None]
    user = t.user[busy]
    clock = t.clock_min[user] * (1 - part) + t.clock_max[user] * part
    return np.tile(busy, CLOCKS), clock.ravel()


def clock_floor(c: CompactColumns) -> Rows:
    """clock_i ≥ Σ_o (w e z_min²/unit) x_o: no clock is slower than z_min."""
    t = c.table
    floor = t.weight[t.user] * t.device_j * t.clock_min[t.user] ** 2 / c.unit[t.user]
    users = np.arange(t.n_users)
    return keep_in_range(
        make_rows(
            np.concatenate([users, t.user]),
            np.concatenate([c.of_users("clock"), np.arange(len(t))]),
            np.concatenate([np.ones(t.n_users), -floor]),
            0.0,
            np.inf,
            (t.n_users, c.n_columns),
        )
    )
