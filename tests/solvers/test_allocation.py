"""Shares for given options: against cvxpy, brute force, closed forms, and the properties an optimum must have."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest

from formulations.joint_fixed import solve_fixed_cvxpy
from instances import physics
from instances.errors import InputError
from instances.expand import expand
from instances.options import OptionTable
from solvers.allocation import (
    allocate,
    allocate_units,
    allocate_units_exact,
    demand_of,
    least_shares,
    load_of,
    load_sums,
    load_terms,
    server_load,
)
from solvers.allocation.continuous import _bare_energy
from solvers.allocation.demand import rows_by_server
from tests.builders import tiny_instance
from tests.solvers.allocation_tables import (
    TAGS,
    assert_primal,
    everyone,
    make_table,
    random_table,
    table_scaled,
)


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("seed", range(9))
def test_allocation_equals_cvxpy(tag: str, seed: int) -> None:
    table = random_table(seed, tag)
    got, referee = allocate(table, everyone(table)), solve_fixed_cvxpy(table, everyone(table))
    assert_primal(table, got)
    assert got.feasible.all()
    assert got.met.all()
    assert got.gap <= 1e-9
    assert referee.decision is not None
    assert got.objective_j == pytest.approx(referee.objective_j, rel=1e-6, abs=1e-7)
    assert got.bound_j <= referee.objective_j + 1e-6 * max(1.0, abs(referee.objective_j))


def with_seconds(table: OptionTable, seed: int) -> OptionTable:
    """The table under J-L: seconds count from hardly to heavily, for some users not at all; t takes part."""
    rng = np.random.default_rng([seed, 5])
    second_w = 10 ** rng.uniform(-2, 2, table.n_users) * rng.choice([0.0, 1.0], table.n_users, p=[0.2, 0.8])
    fixed_s = rng.uniform(0.0, 0.5, table.n_users)
    return dataclasses.replace(table, second_w=second_w, fixed_s=fixed_s, deadline_s=table.deadline_s + fixed_s)


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("seed", range(4))
def test_allocation_equals_cvxpy_where_seconds_count(tag: str, seed: int) -> None:
    table = with_seconds(random_table(seed, tag), seed)
    got, referee = allocate(table, everyone(table)), solve_fixed_cvxpy(table, everyone(table))
    assert_primal(table, got)
    assert got.gap <= 1e-9
    assert referee.decision is not None
    assert got.objective_j == pytest.approx(referee.objective_j, rel=1e-6, abs=1e-7)
    assert got.bound_j <= referee.objective_j + 1e-6 * max(1.0, abs(referee.objective_j))


@pytest.mark.parametrize("tag", TAGS)
def test_gap_is_closed_where_seconds_count(tag: str) -> None:
    for seed in range(30):
        table = with_seconds(random_table(seed, tag, users=1 + seed % 40), seed)
        got = allocate(table, everyone(table))
        assert_primal(table, got)
        assert got.gap <= 1e-9, seed
        assert got.bound_j <= got.objective_j * (1 + 1e-15)


@pytest.mark.parametrize("seed", range(5))
def test_pieces_near_the_exact_ones_where_seconds_count(seed: int) -> None:
    table = with_seconds(random_table(seed, users=4), seed)
    exact, near = allocate_units_exact(table, everyone(table)), allocate_units(table, everyone(table))
    bound = allocate(table, everyone(table)).bound_j
    assert bound <= exact.objective_j * (1 + 1e-12)
    if near.feasible.all():
        assert exact.objective_j <= near.objective_j * (1 + 1e-12)
        assert near.objective_j <= 1.1 * exact.objective_j


@pytest.mark.parametrize("tag", TAGS)
def test_gap_is_closed_on_many_random_tables(tag: str) -> None:
    for seed in range(60):
        table = random_table(seed, tag, users=1 + seed % 40)
        got = allocate(table, everyone(table))
        assert_primal(table, got)
        assert got.gap <= 1e-9, seed
        assert got.bound_j <= got.objective_j * (1 + 1e-15)


def test_prices_equal_those_of_cvxpy() -> None:
    for seed in range(6):
        table = random_table(seed, users=5)
        got, referee = allocate(table, everyone(table)), solve_fixed_cvxpy(table, everyone(table))
        ours = np.stack([got.uplink_price, got.compute_price])
        np.testing.assert_allclose(ours, referee.dual, rtol=1e-4, atol=1e-5 * got.objective_j)


@pytest.mark.parametrize("tag", ["plain", "e0", "spread", "mixed"])
def test_prices_are_the_slope_in_capacity(tag: str) -> None:
    for seed in range(8):
        table, step = random_table(seed, tag, users=4), 1e-5
        got = allocate(table, everyone(table))
        for name, price in (("uplink_mhz_s", got.uplink_price), ("server_s", got.compute_price)):
            # A resource that grows by the part ε is work that shrinks by 1/(1 + ε).
            more, less = (
                allocate(table_scaled(table, name, 1 / (1 + sign * step)), everyone(table)).objective_j
                for sign in (1, -1)
            )
            if np.isfinite(less):
                slope = (less - more) / (2 * step)
                assert slope == pytest.approx(price.sum(), rel=1e-3, abs=1e-4 * got.objective_j)


def test_optimality_conditions_hold() -> None:
    for seed in range(20):
        table = random_table(seed, users=6)
        got = allocate(table, everyone(table))
        mu, nu = got.uplink_price[table.server], got.compute_price[table.server]
        # Value of a second, from compute: ν = λc/φ²; the uplink must then agree: μ = (wp + λ)a'/β².
        worth = nu * got.compute_share**2 / table.server_s
        power = table.weight * table.tx_w
        scale = mu * got.uplink_share**2
        np.testing.assert_allclose((power + worth) * table.uplink_s, scale, rtol=1e-5)
        inner = (got.clock > table.clock_min * 1.0001) & (got.clock < table.clock_max * 0.9999)
        marginal = 2 * table.weight * table.device_j * got.clock**3 / table.device_s
        np.testing.assert_allclose(marginal[inner], worth[inner], rtol=1e-4)


def test_allocation_equals_a_grid_search() -> None:
    table = make_table([0, 0], [3.2, 4.0], device_s=np.array([0.6, 0.9]), device_j=np.array([2.0, 3.0]),
                       uplink_mhz_s=np.array([0.5, 0.4]), tx_w=np.array([1.0, 0.5]),
                       server_s=np.array([0.4, 0.5]))  # fmt: skip
    share = np.linspace(0.01, 0.99, 981)
    beta, phi = np.meshgrid(share, share)
    grid = sum(table.cost_j(b, f, np.array([[i]]))
               for i, (b, f) in enumerate(((beta, phi), (1 - beta, 1 - phi))))  # fmt: skip
    got = allocate(table, everyone(table))
    assert got.objective_j <= grid.min() * (1 + 1e-12)
    assert got.objective_j == pytest.approx(grid.min(), rel=1e-5)


def test_loose_deadlines_share_the_uplink_by_square_roots() -> None:
    table = make_table([0, 0, 0], 1e6, uplink_mhz_s=np.array([1.0, 4.0, 9.0]), tx_w=np.ones(3), server_s=np.ones(3))
    got = allocate(table, everyone(table))
    np.testing.assert_allclose(got.uplink_share, np.array([1, 2, 3]) / 6, rtol=1e-9)
    assert got.objective_j == pytest.approx(36.0, rel=1e-12)
    assert got.uplink_price[0] == pytest.approx(36.0, rel=1e-9)
    assert got.compute_price[0] <= 1e-9


@pytest.mark.parametrize("tag", ["plain", "a0", "c0", "l0", "spread", "mixed"])
def test_load_decides_feasibility_as_cvxpy_does(tag: str) -> None:
    for seed in range(5):
        table = random_table(seed, tag, users=4)
        work = (table.uplink_s + table.server_s > 0).any()
        if not work:
            continue
        for factor in (0.97, 1.03):
            # A load of exactly `factor`: load is inversely proportional to the slack.
            load = server_load(table, everyone(table))[table.server]
            slack = np.where(load > 0, table.slack_s * load / factor, table.slack_s)
            scaled = dataclasses.replace(table, deadline_s=slack + table.device_s / table.clock_max)
            scaled_load = server_load(scaled, everyone(table))
            np.testing.assert_allclose(scaled_load[scaled_load > 0], factor, rtol=1e-9)
            referee = solve_fixed_cvxpy(scaled, everyone(table), tolerance=1e-8)
            assert (referee.decision is not None) == (factor < 1), (seed, factor, referee.status)
            got = allocate(scaled, everyone(table))
            assert bool(got.feasible.all()) == (factor < 1)
            assert np.isfinite(got.objective_j) == np.isfinite(got.bound_j) == (factor < 1)


def test_least_shares_meet_every_deadline_and_sum_to_the_load() -> None:
    for seed, tag in itertools.product(range(20), ("plain", "a0", "c0", "mixed", "spread")):
        table = random_table(seed, tag)
        demand = demand_of(table, everyone(table))
        sums = load_sums(demand, table.n_servers)
        beta, phi = least_shares(demand, sums)
        load = load_of(sums)
        used = physics.over_share(table.uplink_s, beta) + physics.over_share(table.server_s, phi)
        work = table.uplink_s + table.server_s > 0
        np.testing.assert_allclose(used[work], table.slack_s[work], rtol=1e-9)
        for s in range(table.n_servers):
            both = beta[table.server == s].sum(), phi[table.server == s].sum()
            assert max(both) == pytest.approx(load[s], rel=1e-9, abs=1e-12)


def test_load_of_is_the_largest_eigenvalue_and_sums_are_additive() -> None:
    rng = np.random.default_rng(3)
    terms = load_terms(rng.random(50), rng.random(50), rng.random(50) + 0.1)
    for k in range(1, 50):
        a, g, c = terms[:k].sum(axis=0)
        assert load_of(terms[:k].sum(axis=0)) == pytest.approx(np.linalg.eigvalsh([[a, g], [g, c]])[-1], rel=1e-12)
    assert load_of(load_terms(1.0, 1.0, -1.0)) == np.inf
    assert load_of(load_terms(0.0, 0.0, -1.0)) == 0


def edge_table(seed: int, margin: float) -> OptionTable:
    """Load of 1/(1 + margin) on every server."""
    table = random_table(seed)
    load = server_load(table, everyone(table))[table.server]
    slack = table.slack_s * load * (1 + margin)
    return dataclasses.replace(table, deadline_s=slack + table.device_s / table.clock_max)


@pytest.mark.parametrize("margin", [0.0, 1e-13, 1e-10, 1e-7, 1e-4])
def test_edge_of_feasibility(margin: float) -> None:
    for seed in range(15):
        table = edge_table(seed, margin)
        got = allocate(table, everyone(table))
        assert got.feasible.all()
        latency = physics.latency_s(table.device_s, got.clock, table.uplink_s, got.uplink_share, table.server_s,
                                    got.compute_share, 0.0)  # fmt: skip
        assert (latency <= table.deadline_s * (1 + 1e-12)).all()
        assert got.gap <= (1e-6 if margin >= 1e-10 else 1e-2)


def test_one_user_gets_everything() -> None:
    table = make_table([0], 3.0, device_s=np.array([1.0]), device_j=np.array([1.0]), uplink_mhz_s=np.array([0.5]),
                       tx_w=np.array([1.0]), server_s=np.array([0.5]))  # fmt: skip
    got = allocate(table, everyone(table))
    assert got.uplink_share[0] == pytest.approx(1, abs=1e-14)
    assert got.clock[0] == pytest.approx(0.5)
    assert got.objective_j == pytest.approx(0.25 + 0.5, rel=1e-12)


def test_infeasible_servers_are_reported_and_the_others_settled() -> None:
    table = make_table([0, 0, 1, -1], [1.0, 1.0, 10.0, 0.5], uplink_mhz_s=np.array([1.0, 1, 1, 0]),
                       server_s=np.array([1.0, 1, 1, 0]), device_s=np.array([0.0, 0, 0, 1]),
                       device_j=np.array([0.0, 0, 0, 1]), tx_w=np.ones(4))  # fmt: skip
    for settle in (allocate, allocate_units, allocate_units_exact):
        got = settle(table, everyone(table))
        assert got.feasible.tolist() == [False, True]
        assert got.met.tolist() == [False, False, True, False]
        assert got.server_j.tolist() == [np.inf, pytest.approx(1.0, rel=1e-9)]
        assert got.objective_j == got.bound_j == np.inf
        assert got.uplink_share[:2].tolist() == [0.0, 0.0]


def test_empty_and_local_only_tables() -> None:
    table = make_table([-1, -1], 2.0, device_s=np.array([1.0, 3.0]), device_j=np.array([1.0, 1.0]),
                       clock_max=np.array([1.0, 2.0]))  # fmt: skip
    for settle in (allocate, allocate_units, allocate_units_exact):
        got = settle(table, everyone(table))
        assert got.clock.tolist() == [0.5, 1.5]
        assert got.objective_j == got.bound_j == pytest.approx(0.25 + 2.25)


def test_bad_choices_are_refused() -> None:
    table = random_table(0, users=3)
    for chosen in ([0, 1], [0, 1, 3], [-1, 1, 2], [1, 0, 2]):
        with pytest.raises(InputError, match="chosen"):
            allocate(table, np.array(chosen))


@pytest.mark.parametrize("n_servers", [1, 100])
def test_ten_thousand_users(n_servers: int) -> None:
    rng = np.random.default_rng(5)
    n = 10_000
    server = np.sort(np.arange(n) % n_servers)
    a, c, length = (rng.lognormal(0, 1, n) * 10 ** rng.uniform(-3, 3, n) for _ in range(3))
    crowd = n / n_servers
    table = make_table(list(server), 1.1 * crowd * (a + c) + length, device_s=length, device_j=length, uplink_mhz_s=a,
                       tx_w=np.ones(n), server_s=c)  # fmt: skip
    got = allocate(table, everyone(table))
    assert_primal(table, got)
    assert got.gap <= 1e-9


@pytest.mark.parametrize("problem", ["J-E", "J-L"])
def test_bare_energy_user_by_user(problem: str) -> None:
    """Clocks at their slowest, and (Σ √(cost of a share))² for sending and for waiting at each server."""
    instance = tiny_instance(4, users=5, servers=2, allocation="continuous", problem=problem)
    table = expand(instance)
    chosen = np.array([np.flatnonzero((table.user == i) & ~table.is_local)[0] for i in range(5)])
    demand = demand_of(table, chosen)
    rows, servers, seg = rows_by_server(demand, np.ones(2, dtype=bool))
    for k, server in enumerate(servers):
        idle, send, wait = 0.0, 0.0, 0.0
        for i in np.flatnonzero(table.server[chosen] == server):
            o, weight, slow = chosen[i], table.weight[i], table.clock_min[i]
            second = table.floor_w[i]
            idle += weight * table.device_j[o] * slow**2 + second * table.device_s[o] / slow
            send += math.sqrt((weight * table.tx_w[o] + second) * table.uplink_s[o])
            wait += math.sqrt(second * table.server_s[o])
        assert _bare_energy(demand, rows, seg, len(servers))[k] == pytest.approx(idle + send**2 + wait**2)
        assert wait > 0 or problem == "J-E"
