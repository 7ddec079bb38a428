"""Tables with one option a user, drawn so that shares exist, and what every allocation must keep."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from instances import physics
from instances.options import OptionTable
from solvers.allocation import (
    Allocation,
)

__all__ = ["COLUMNS", "TAGS", "assert_primal", "everyone", "make_table", "random_table", "table_scaled"]

TAGS = ("plain", "a0", "c0", "p0", "e0", "w0", "l0", "pinned", "loose", "mixed", "spread", "local")
COLUMNS = ("device_s", "device_j", "uplink_mhz_s", "tx_w", "server_s")


def make_table(
    server: list[int], budget_s: object, *, blocks: int = 6, units: int = 6, **columns: object
) -> OptionTable:
    """One option a user; unnamed columns are 1 (weights and clocks) or 0."""
    n, n_servers = len(server), max([*server, 0]) + 1
    zero, one = np.zeros(n), np.ones(n)
    values: dict[str, object] = {
        **dict.fromkeys((*COLUMNS, "fixed_s", "fixed_j", "server_mb"), zero),
        "weight": one, "clock_min": 0.5 * one, "clock_max": one, "static_j": np.zeros(n_servers),
        "bandwidth_mhz": np.ones(n_servers), "allocation": "continuous",
    } | columns  # fmt: skip
    return OptionTable(
        user=np.arange(n), server=np.array(server), cut=np.zeros(n, dtype=np.int64),
        deadline_s=np.broadcast_to(np.asarray(budget_s, float), (n,)).copy(),
        blocks=np.full(n_servers, blocks), units=np.full(n_servers, units),
        memory_mb=np.full(n_servers, 1e9), **values,
    )  # fmt: skip


def random_table(seed: int, tag: str = "plain", users: int | None = None, **changes: object) -> OptionTable:
    """Feasible table: deadlines leave room for some random shares that sum to 1."""
    rng = np.random.default_rng([seed, TAGS.index(tag)])
    n, n_servers = users or int(rng.integers(1, 7)), int(rng.integers(1, 3))
    lowest = -1 if tag == "local" else 0
    server = np.sort(rng.integers(lowest, n_servers, n))
    width = 1.0 if tag == "spread" else 0.0
    a, c, length, energy = (rng.lognormal(0, 0.8, n) * 10 ** rng.uniform(-width, width, n) for _ in range(4))
    power, weight = rng.uniform(0.1, 2, n), rng.choice([1.0, 0.5, 2.0], n)
    low, high = rng.uniform(0.3, 0.8, n), rng.uniform(1.0, 1.3, n)
    some = rng.random(n) < rng.choice([0.5, 1.0])
    # Each letter names the column that is zero.
    for letter, column in (("a", a), ("c", c), ("p", power), ("e", energy), ("w", weight), ("l", length)):
        if tag == f"{letter}0" or (tag == "mixed" and rng.random() < 0.5):
            column[some] = 0.0
    if tag == "pinned":
        low[some] = high[some]
    local = server < 0
    a[local], c[local] = 0.0, 0.0
    shares = rng.uniform(0.2, 1, (2, n))
    for s in range(-1, n_servers):
        shares[:, server == s] /= shares[:, server == s].sum(axis=1, keepdims=True)
    need = a / shares[0] + c / shares[1]
    factor = 1000.0 if tag == "loose" else rng.uniform(1.02, 1.6)
    return make_table(
        list(server), factor * need + length / high * rng.uniform(1.01, 2.0), device_s=length, device_j=energy,
        uplink_mhz_s=a * 1.0, tx_w=power, server_s=c, fixed_j=rng.uniform(0, 0.1, n), weight=weight, clock_min=low,
        clock_max=high, static_j=np.full(max(server.max(), 0) + 1, 0.3), **changes,
    )  # fmt: skip


def everyone(table: OptionTable) -> np.ndarray:
    return np.arange(table.n_users)


def assert_primal(table: OptionTable, got: Allocation, room: float = 0.0) -> None:
    """Shares fit, deadlines hold, clocks are allowed, and the objective is that of the option table."""
    remote = table.server >= 0
    for share in (got.uplink_share, got.compute_share):
        assert (share >= 0).all()
        assert np.bincount(table.server[remote], share[remote], table.n_servers).max(initial=0) <= 1 + room
        assert all(math.fsum(share[table.server == s]) <= 1 + room for s in range(table.n_servers))
    latency = physics.latency_s(table.device_s, got.clock, table.uplink_s, got.uplink_share, table.server_s,
                                got.compute_share, table.fixed_s)  # fmt: skip
    assert (latency <= table.deadline_s * (1 + 1e-12)).all()
    assert (got.clock >= table.clock_min).all()
    assert (got.clock <= table.clock_max).all()
    static = table.static_j[np.unique(table.server[remote])].sum()
    cost = table.cost_j(got.uplink_share, got.compute_share).sum() + static
    assert got.objective_j == pytest.approx(cost, rel=1e-12)


def table_scaled(table: OptionTable, column: str, factor: float) -> OptionTable:
    return dataclasses.replace(table, **{column: getattr(table, column) * factor})
