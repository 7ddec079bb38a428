"""Shares in whole blocks and units: the exact ones against enumeration, the heuristic against the exact ones."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

from instances.options import OptionTable
from solvers.allocation import (
    allocate,
    allocate_any,
    allocate_units,
    allocate_units_exact,
)
from tests.solvers.allocation_tables import (
    assert_primal,
    everyone,
    make_table,
    random_table,
)


def enumerate_units(table: OptionTable) -> float:
    """Optimum over all whole allocations of one server, by enumeration; energies only."""
    n, blocks, units = table.n_users, int(table.blocks[0]), int(table.units[0])
    cost = table.cost_j((np.arange(blocks + 1) / blocks)[:, None, None], (np.arange(units + 1) / units)[None, :, None])
    splits = [[k for k in itertools.product(range(p + 1), repeat=n) if sum(k) <= p] for p in (blocks, units)]
    return min(sum(cost[b[i], m[i], i] for i in range(n)) for b in splits[0] for m in splits[1])


@pytest.mark.parametrize("tag", ["plain", "a0", "c0", "e0", "l0", "mixed"])
def test_exact_units_equal_enumeration(tag: str) -> None:
    for seed in range(5):
        table = random_table(seed, tag, users=1 + seed % 3)
        # Powers and weights stay: 0 times an endless time is not a number in the enumeration.
        table = dataclasses.replace(
            table, server=np.zeros(table.n_users, dtype=np.int64), deadline_s=table.deadline_s * 1.5,
            tx_w=np.maximum(table.tx_w, 0.01), weight=np.maximum(table.weight, 0.1), blocks=np.full(table.n_servers, 4),
            units=np.full(table.n_servers, 3),
        )  # fmt: skip
        best = enumerate_units(table) + 0.3
        got = allocate_units_exact(table, everyone(table))
        assert got.objective_j == pytest.approx(best, rel=1e-12)
        assert got.gap <= 1e-15 or not np.isfinite(best)
        assert bool(got.feasible[0]) == np.isfinite(best)


def test_units_heuristic_against_the_optimum() -> None:
    excess, missed, count = [], 0, 0
    for seed, tag in itertools.product(range(25), ("plain", "c0", "e0", "spread")):
        table = random_table(seed, tag, allocation="units", blocks=10, units=8)
        table = dataclasses.replace(table, deadline_s=table.deadline_s * 1.3)
        best, got = allocate_units_exact(table, everyone(table)), allocate_any(table, everyone(table))
        continuous = allocate(table, everyone(table))
        assert continuous.objective_j <= best.objective_j * (1 + 1e-12)
        assert got.bound_j <= best.objective_j * (1 + 1e-12) or not np.isfinite(best.objective_j)
        if not np.isfinite(best.objective_j):
            assert not np.isfinite(got.objective_j)
            continue
        count += 1
        if np.isfinite(got.objective_j):
            # Tenths do not add up to 1 in floating point.
            assert_primal(table, got, room=1e-15)
            for share, pieces in ((got.uplink_share, 10), (got.compute_share, 8)):
                np.testing.assert_allclose(share * pieces, np.round(share * pieces), atol=1e-9)
            excess.append(got.objective_j / best.objective_j - 1)
        else:
            missed += 1
    assert count >= 60
    assert missed <= 0.02 * count
    assert min(excess) >= -1e-12
    assert np.mean(excess) <= 2e-3


def test_more_users_than_blocks_is_infeasible() -> None:
    table = make_table([0] * 5, 1e3, uplink_mhz_s=np.ones(5), tx_w=np.ones(5), server_s=np.ones(5), blocks=4, units=9)
    assert not allocate_units(table, everyone(table)).feasible[0]
    assert not allocate_units_exact(table, everyone(table)).feasible[0]
