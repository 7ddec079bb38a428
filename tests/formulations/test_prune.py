"""Pruning keeps the optimum."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from formulations import get_formulation
from instances.expand import expand
from instances.prune import prune
from instances.stocks import layers, stocks_bind
from tests.builders import tiny_admission
from tests.formulations.helpers import optimum, tables, without_memory


@pytest.mark.parametrize(
    ("allocation", "name", "last"), [("units", "joint_units", 140), ("continuous", "joint_tangent", 114)]
)
def test_optimum_stays(allocation: str, name: str, last: int) -> None:
    removed = 0
    for table in tables(range(100, last), users=4, servers=2, layers=5, allocation=allocation):
        small = prune(table)
        removed += len(table) - len(small)
        assert np.diff(small.start).min() > 0
        before, after = (optimum(get_formulation(name).build(t)) for t in (table, small))
        assert after == pytest.approx(before, rel=1e-6) or (math.isinf(before) and math.isinf(after))
    assert removed > 0


@pytest.mark.parametrize(
    ("allocation", "name", "last"), [("units", "joint_units", 24), ("continuous", "joint_tangent", 8)]
)
def test_optimum_stays_where_energy_is_a_stock_beside_memory(allocation: str, name: str, last: int) -> None:
    """Branching networks, tight memory, energy and (for half of them) energies that count: two stocks at once."""
    removed = both = 0
    for seed in range(last):
        table = expand(tiny_admission(seed, 4, 2, 5, allocation))
        weight = table.server_mb.max(initial=1.0)
        table = dataclasses.replace(table, memory_mb=np.full(2, 1.5 * weight))
        if seed % 2:
            rng = np.random.default_rng(seed)
            fixed = np.where(table.is_local, table.fixed_j, rng.uniform(0.0, 0.4, len(table)))
            table = dataclasses.replace(table, fixed_j=fixed, tx_w=np.where(table.is_local, 0.0, 0.5))
        both += int(stocks_bind(table).all(axis=1).any())
        small = prune(table)
        removed += len(table) - len(small)
        before, after = (optimum(get_formulation(name).build(t)) for t in (table, small))
        assert after == pytest.approx(before, rel=1e-6, abs=1e-9)
    assert removed > 0 and both > last // 4


def test_layers_put_lighter_options_first_and_know_the_closest() -> None:
    rng = np.random.default_rng(3)
    for _ in range(50):
        stock = rng.integers(0, 4, (int(rng.integers(1, 12)), int(rng.integers(1, 3)))).astype(float)
        found = list(layers(stock))
        assert sorted(np.concatenate([layer.rows for layer in found])) == list(range(len(stock)))
        amount = [stock[layer.rows[0]] for layer in found]
        lighter: list[set[int]] = []
        for k, layer in enumerate(found):
            assert (stock[layer.rows] == amount[k]).all()
            # All that is lighter is reached through the closest.
            lighter.append(set(layer.below).union(*(lighter[j] for j in layer.below)))
            expected = {j for j in range(len(found)) if j != k and (amount[j] <= amount[k]).all()}
            assert lighter[k] == expected
            assert all(not (amount[i] <= amount[j]).all() for i in layer.below for j in layer.below if i != j)


def test_twice_is_once_and_ties_keep_one() -> None:
    for table in tables(range(130, 140), users=3, layers=4, allocation="units"):
        free = without_memory(table)
        doubled = free.take(np.repeat(np.arange(len(free)), 2))
        once = prune(doubled)
        assert np.diff(once.start).min() > 0
        assert len(prune(once)) <= len(once)
        keys = np.stack([once.user, once.server, once.cut])
        assert len(np.unique(keys, axis=1).T) == len(once)
