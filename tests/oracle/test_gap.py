"""Optimum minus relaxation on many small instances, and where its limit is reached (docs/theory.md, P6)."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest

from instances.options import LOCAL, OptionTable
from solvers import METHODS, Limits
from solvers.answer import Clock
from tests.theory.knapsack import Knapsack
from tests.theory.tables import random_table


def ask(method: str, table: OptionTable, **limits: float) -> tuple[float, float]:
    """Objective and bound, J."""
    bounds = Limits(**limits)  # type: ignore[arg-type]
    rng, clock = np.random.default_rng(0), Clock(bounds)
    answer = METHODS[method].solve(table, limits=bounds, rng=rng, clock=clock)
    return answer.objective_j, answer.bound_j


def spread(table: OptionTable) -> np.ndarray:
    """[n_users] Δ_i: J of running locally minus J of the cheapest option alone in the world."""
    cost = table.cost_j()
    rows = [slice(a, b) for a, b in itertools.pairwise(table.start)]
    return np.array([cost[r][table.is_local[r]].min() - cost[r].min() for r in rows])


def some_table(seed: int, users: int, static: float = 0.0) -> OptionTable:
    """Crowded servers, so that integrality costs something; everybody can run locally."""
    rng = np.random.default_rng(seed)
    servers = 1 + seed % 2
    table = random_table(rng, users, servers, deadline=(0.52, 0.7), static=static, pieces=4 + seed % 3)
    crowd = rng.uniform(1.0, 4.0)
    return dataclasses.replace(table, uplink_mhz_s=crowd * table.uplink_mhz_s, server_s=crowd * table.server_s)


def units_gap(table: OptionTable, memory: bool) -> tuple[float, float, float]:
    """Optimum − LP of the columns, and the finer and the coarser limit of P6(b), J."""
    columns = Knapsack.full(table, memory=memory).undominated()
    value, x = columns.lp()
    k, user = len(columns.option), table.user[columns.option]
    far, y = spread(table), x[k:]
    fractional = np.unique(user[(x[:k] > 1e-7) & (x[:k] < 1 - 1e-7)])
    partly = (y > 1e-7) & (y < 1 - 1e-7)
    fine = far[fractional].sum() + ((1 - y) * table.static_j)[partly].sum()
    coarse = (3 if memory else 2) * table.n_servers * max(far.max(), table.static_j.max())
    return columns.optimum() - value, float(fine), float(coarse)


def compare_units(seeds: range, memory: bool) -> None:
    """Both forms of P6(b) hold; most gaps are there to be bounded at all."""
    nearest = positive = 0.0
    for seed in seeds:
        table = some_table(seed, 6 + seed % 3, static=0.2 * (seed % 4 > 1))
        table = dataclasses.replace(table, memory_mb=np.full(table.n_servers, 12.0))
        gap, fine, coarse = units_gap(table, memory)
        assert -1e-7 <= gap <= fine + 1e-7 <= coarse + 2e-7, seed
        if gap > 1e-4:
            nearest, positive = max(nearest, gap / fine), positive + 1
    assert positive >= 0.4 * len(seeds) and nearest > 0.02


def compare_continuous(seeds: range) -> None:
    """P6(d) with the relaxation of P3, which has no static energy here and so no use for rows x ≤ y."""
    nearest = positive = 0.0
    for seed in seeds:
        table = dataclasses.replace(some_table(seed, 4), allocation="continuous")
        table = dataclasses.replace(table, memory_mb=np.full(table.n_servers, math.inf))
        optimum, relaxed = ask("brute_force", table)[0], ask("joint_relaxed", table)[1]
        limit = 2 * table.n_servers * spread(table).max()
        assert -1e-6 * optimum <= optimum - relaxed <= limit * (1 + 1e-9)
        nearest, positive = max(nearest, (optimum - relaxed) / limit), positive + (optimum - relaxed > 1e-3)
    assert positive >= 0.4 * len(seeds) and nearest > 0.001


@pytest.mark.parametrize("memory", [False, True])
def test_p6_gap_of_whole_units_is_within_its_limit(memory: bool) -> None:
    compare_units(range(12), memory)


@pytest.mark.nightly
@pytest.mark.parametrize("memory", [False, True])
@pytest.mark.parametrize("chunk", range(1, 11))
def test_p6_gap_of_whole_units_is_so_on_many_more(chunk: int, memory: bool) -> None:
    compare_units(range(20 * chunk, 20 * (chunk + 1)), memory)


def test_p6_gap_of_continuous_shares_is_within_its_limit() -> None:
    compare_continuous(range(6))


@pytest.mark.nightly
@pytest.mark.parametrize("chunk", range(1, 6))
def test_p6_gap_of_continuous_shares_is_so_on_many_more(chunk: int) -> None:
    compare_continuous(range(10 * chunk, 10 * (chunk + 1)))


def rivals(servers: int, pieces: int, part: float, allocation: str) -> OptionTable:
    """The example of P6(e): three users a server of whom it can serve any one, but nearly all three in part.

    The first needs the whole uplink, the others the part ``part`` of it and half of the compute, both at full shares;
    deadlines are 1 s, serving costs nothing and running locally 1 J.
    """
    users, where = 3 * servers, np.repeat(np.arange(servers), 3)
    first = np.arange(users) % 3 == 0
    user, server = np.repeat(np.arange(users), 2), np.stack([np.full(users, LOCAL), where], axis=1).ravel()

    def remote(column: np.ndarray) -> np.ndarray:
        return np.stack([np.zeros(users), column], axis=1).ravel()

    local = (server == LOCAL).astype(float)
    nothing, ones, n = np.zeros(2 * users), np.ones(users), np.ones(servers)
    return OptionTable(
        user=user, server=server, cut=np.zeros(2 * users, dtype=np.int64), device_s=0.5 * local, device_j=local,
        uplink_mhz_s=remote(np.where(first, 1.0, part)), tx_w=nothing, server_s=remote(np.where(first, 0.0, 0.5)),
        fixed_s=nothing, fixed_j=nothing, server_mb=nothing, deadline_s=ones, weight=ones, clock_min=ones,
        clock_max=ones, bandwidth_mhz=n, blocks=np.full(servers, pieces), units=np.full(servers, pieces),
        memory_mb=np.full(servers, math.inf), static_j=0 * n, allocation=allocation,
    )  # fmt: skip


def in_part(table: OptionTable, beta: float, phi: float) -> float:
    """Cost of serving the others in part x at shares β, φ, as far as compute goes, and the first as uplink is left."""
    cost = table.cost_j(beta, phi, np.array([3]))
    assert cost[0] == 0.0  # they meet their deadline
    others = min(1.0, 0.5 / phi)
    first = 1 - 2 * others * beta
    return float(table.n_servers * (2 * (1 - others) + (1 - first)))


def test_p6_the_solution_in_part_is_one_of_the_relaxation() -> None:
    table = rivals(1, 8, 0.01, "continuous")
    assert ask("joint_relaxed", table)[1] <= in_part(table, 0.1, 0.5 / 0.9 * (1 + 1e-12)) * (1 + 1e-6)


@pytest.mark.parametrize("servers", [1, 2])
def test_p6_no_smaller_factor_than_twice_the_servers_will_do(servers: int) -> None:
    for part in (1e-2, 1e-4):
        table = rivals(servers, 8, part, "continuous")
        beta = math.sqrt(part)
        relaxed = in_part(table, beta, 0.5 / (1 - beta) * (1 + 1e-12))
        optimum = ask("brute_force", table)[0]
        limit = 2 * servers * spread(table).max()
        assert optimum == pytest.approx(2 * servers, rel=1e-12) and limit == pytest.approx(2 * servers, rel=1e-12)
        assert (optimum - relaxed) / limit >= 1 - 2 * math.sqrt(part) - 1e-9


def test_p6_whole_units_come_close_to_it_too() -> None:
    pieces = 400
    table = rivals(1, pieces, 1 / pieces, "units")
    beta = math.ceil(math.sqrt(pieces)) / pieces
    relaxed = in_part(table, beta, math.ceil(pieces * 0.5 / (1 - beta)) / pieces)
    optimum, limit = ask("brute_force", table)[0], 2 * spread(table).max()
    assert optimum == pytest.approx(2.0, rel=1e-12)
    assert (optimum - relaxed) / limit >= 0.89
