"""P4, P6 and P7 on numbers: whole pieces as columns."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from instances.options import LOCAL
from tests.theory.knapsack import Knapsack
from tests.theory.shares import best_shares
from tests.theory.tables import SEEDS, random_table

# P4 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_p4_dominated_columns_change_neither_optimum_nor_relaxation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    full = Knapsack.full(random_table(rng, 4, 2, deadline=(0.55, 0.7), static=0.05), memory=True)
    small = full.undominated()
    assert len(small.option) < 0.7 * len(full.option)
    assert small.optimum() == pytest.approx(full.optimum(), rel=1e-7)
    assert small.lp()[0] == pytest.approx(full.lp()[0], rel=1e-7)


# P6 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("memory", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_p6_few_users_are_fractional_and_the_gap_is_small(seed: int, memory: bool) -> None:
    rng = np.random.default_rng(seed)
    table = random_table(rng, 10, 2, deadline=(0.55, 0.8), static=0.3, pieces=5)
    table = dataclasses.replace(table, memory_mb=np.full(2, 15.0))
    columns = Knapsack.full(table, memory=memory).undominated()
    value, x = columns.lp()
    user, k = table.user[columns.option], len(columns.option)
    fractional = np.unique(user[(x[:k] > 1e-7) & (x[:k] < 1 - 1e-7)])
    y = x[k:]
    partly = (y > 1e-7) & (y < 1 - 1e-7)
    assert len(fractional) + partly.sum() <= (3 if memory else 2) * table.n_servers
    cost, at = columns.cost, table.server[columns.option]
    spread = np.array([cost[(user == i) & (at == LOCAL)].min() - cost[user == i].min() for i in fractional])
    room = spread.sum() + ((1 - y) * table.static_j)[partly].sum()
    assert value * (1 - 1e-9) <= columns.optimum() <= (value + room) * (1 + 1e-9)


# P7 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_p7_units_cost_at_least_continuous_and_at_most_a_smaller_continuous(seed: int) -> None:
    rng = np.random.default_rng(seed)
    users = 3
    table = random_table(rng, users, per_pair=1, local=False, deadline=(0.5, 0.8), pieces=12)
    rows = np.arange(users)
    units = Knapsack.full(table).optimum()
    doubled = Knapsack.full(dataclasses.replace(table, blocks=2 * table.blocks, units=2 * table.units)).optimum()
    continuous = best_shares(table, rows)[0]
    less = 1 - users / 12
    shrunk = dataclasses.replace(
        table, uplink_mhz_s=table.uplink_mhz_s / less, tx_w=table.tx_w, server_s=table.server_s / less
    )
    reduced = best_shares(shrunk, rows)[0]  # shares of a capacity `less`, written as shares of 1
    assert continuous * (1 - 1e-7) <= doubled <= units * (1 + 1e-9)
    assert units <= reduced * (1 + 1e-7)
