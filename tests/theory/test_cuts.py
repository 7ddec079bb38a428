"""P8 and P9 on numbers: which options and cuts matter."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from scipy.optimize import linprog

from instances.dnn import NETWORK_INPUT
from instances.options import OptionTable
from instances.supported import supported_rows
from tests.builders import tiny_network
from tests.theory.knapsack import Knapsack
from tests.theory.price_bound import PriceBound
from tests.theory.tables import SEEDS, random_table

# P8 ------------------------------------------------------------------------------------------


def cell_dominates(table: OptionTable, good: int, poor: int, grid: np.ndarray) -> bool:
    """Whether P8(b) holds on the grid."""
    low, high = np.meshgrid(grid[:-1], grid[:-1]), np.meshgrid(grid[1:], grid[1:])
    least = table.cost_j(high[0].reshape(-1, 1), high[1].reshape(-1, 1), np.array([poor]))
    most = table.cost_j(low[0].reshape(-1, 1), low[1].reshape(-1, 1), np.array([good]))
    return bool((most <= least).all() and table.server_mb[good] <= table.server_mb[poor])


@pytest.mark.parametrize("seed", SEEDS)
def test_p8_pruned_options_are_not_missed(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = random_table(rng, 4, 2, per_pair=5, deadline=(0.55, 0.8), static=0.02)
    grid, full = np.linspace(0, 1, 41), table.cost_j()
    alive, dropped = np.ones(len(table), dtype=bool), {"local": 0, "cells": 0}
    for o in np.flatnonzero(~table.is_local):
        rivals = np.flatnonzero(alive & (table.user == table.user[o]))
        local = rivals[table.is_local[rivals]]
        same = [r for r in rivals if table.server[r] == table.server[o] and r != o]
        if full[local].min() <= full[o]:
            alive[o], dropped["local"] = False, dropped["local"] + 1
        elif any(cell_dominates(table, int(r), int(o), grid) for r in same):
            alive[o], dropped["cells"] = False, dropped["cells"] + 1
    assert dropped["cells"] > 0
    before = Knapsack.full(table).optimum()
    assert Knapsack.full(table.take(np.flatnonzero(alive))).optimum() == pytest.approx(before, rel=1e-7)


# P9 ------------------------------------------------------------------------------------------


def crossing_mbit(net, on_device: np.ndarray) -> tuple[float, float]:  # type: ignore[no-untyped-def]
    """Mbit sent when each tensor goes once, and when it goes once a reader."""
    arcs = [
        p
        for v in range(net.n_layers)
        if not on_device[v]
        for p in net.predecessors[v]
        if p == NETWORK_INPUT or on_device[p]
    ]
    size = {p: net.input_mbit if p == NETWORK_INPUT else float(net.output_mbit[p]) for p in arcs}
    return sum(size.values()), sum(size[p] for p in arcs)


def down_closed(net) -> list[np.ndarray]:  # type: ignore[no-untyped-def]
    """All down-closed sets."""
    masks = [np.array(bits, dtype=bool) for bits in itertools.product([False, True], repeat=net.n_layers)]
    return [m for m in masks if all(p == NETWORK_INPUT or m[p] for v in np.flatnonzero(m) for p in net.predecessors[v])]


@pytest.mark.parametrize("seed", SEEDS)
def test_p9_a_tensor_counts_once(seed: int) -> None:
    net = tiny_network(np.random.default_rng(seed), 6)
    sent = [crossing_mbit(net, mask) for mask in down_closed(net)]
    assert all(once <= arcs + 1e-12 for once, arcs in sent)
    nothing = next(mask for mask in down_closed(net) if not mask.any())
    assert crossing_mbit(net, nothing)[0] == pytest.approx(net.input_mbit)
    assert crossing_mbit(net, np.ones(6, dtype=bool))[0] == 0


def test_p9_twin_cuts_cost_the_same_on_every_machine_and_others_do_not() -> None:
    rng = np.random.default_rng(5)
    twins, merged = np.array([[2.0, 3.0]]), np.array([[1.0, 2.0], [2.0, 4.0]])  # rows: GFLOP, MB moved
    whole, other = (
        np.array([[1.5, 3.0], [1.5, 3.0]]),
        np.array([[2.0, 2.0], [1.0, 4.0]]),
    )  # same sums; other intensities
    for _ in range(50):
        x, y, launch = rng.exponential(1.0, 3)

        def time(layers: np.ndarray, x: float = x, y: float = y, launch: float = launch) -> float:
            return float((np.maximum(layers[:, 0] * x, layers[:, 1] * y) + launch).sum())

        assert time(twins) == time(twins.copy())
        assert time(merged) == pytest.approx(time(whole))

    def rates(layers: np.ndarray) -> np.ndarray:
        return np.array([np.maximum(layers[:, 0], layers[:, 1] * y).sum() for y in (0.4, 0.5, 1.0)])

    assert not np.allclose(rates(merged), rates(other))  # equal totals alone are not enough


@pytest.mark.parametrize("seed", SEEDS)
def test_p9_one_price_of_the_deadline_is_served_by_a_hull_cut(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = random_table(rng, 1, per_pair=30, local=False)
    table = dataclasses.replace(
        table,
        device_j=2.0 * table.device_s,
        tx_w=np.full(30, 0.8),
        fixed_s=np.full(30, 0.01),
        fixed_j=0.1 * table.server_s + 0.01 * table.uplink_s,
    )
    point = np.column_stack([table.device_s, table.uplink_s, table.server_s])
    mu, nu, lam = np.exp(rng.uniform(-3, 1, 3))
    value = [PriceBound(table, o, mu, nu).bound(lam) for o in range(30)]
    best = int(np.argmin(value))
    # Best for some direction: no mixture of the others is at least as good in all three coordinates.
    others = np.delete(point, best, axis=0)
    mix = linprog(np.zeros(29), others.T, point[best], np.ones((1, 29)), [1.0], method="highs")
    assert mix.status == 2


def test_p9_supported_cuts_can_lose() -> None:
    device, upload = np.array([0.0, 10.0, 5.1]), np.array([10.0, 0.0, 5.1])
    kept = supported_rows(device, upload, np.full(3, 0.001))
    assert kept.tolist() == [0, 1]
    table = random_table(np.random.default_rng(0), 1, per_pair=3, local=False)
    table = dataclasses.replace(
        table,
        device_s=device,
        device_j=4.0 * device,
        uplink_mhz_s=upload * table.bandwidth_mhz,
        tx_w=np.ones(3),
        server_s=np.zeros(3),
        fixed_s=np.zeros(3),
        fixed_j=np.zeros(3),
        deadline_s=np.array([20.0]),
        weight=np.ones(1),
        clock_min=np.array([0.1]),
        clock_max=np.ones(1),
    )
    cost = table.cost_j()
    assert cost[2] == pytest.approx(0.75 * cost[kept].min(), rel=0.01)
