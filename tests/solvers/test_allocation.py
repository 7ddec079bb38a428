"""Shares for given options: against cvxpy, brute force, closed forms, and the properties an optimum must have."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formulations.joint_fixed import solve_fixed_cvxpy
from instances import physics
from instances.errors import InputError
from instances.expand import expand
from instances.options import OptionTable
from solvers.allocation import (
    Allocation,
    allocate,
    allocate_any,
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


def table_scaled(table: OptionTable, column: str, factor: float) -> OptionTable:
    return dataclasses.replace(table, **{column: getattr(table, column) * factor})


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


# --- whole blocks and units ------------------------------------------------------------------------------------------


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


# --- properties ------------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(TAGS), st.floats(1.0, 3.0), st.sampled_from(COLUMNS))
def test_less_work_never_costs_more(seed: int, tag: str, factor: float, column: str) -> None:
    table = random_table(seed, tag)
    easier = table_scaled(table, column, 1 / factor)
    before, after = allocate(table, everyone(table)), allocate(easier, everyone(table))
    assert after.objective_j <= before.objective_j * (1 + 1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(TAGS), st.randoms(use_true_random=False))
def test_order_of_users_does_not_matter(seed: int, tag: str, random: object) -> None:
    table = random_table(seed, tag)
    order = np.random.default_rng(seed).permutation(table.n_users)
    per_user = ("deadline_s", "weight", "second_w", "clock_min", "clock_max")
    moved = dataclasses.replace(table.take(order), user=np.arange(table.n_users),
                                **{name: getattr(table, name)[order] for name in per_user})  # fmt: skip
    first, second = allocate(table, everyone(table)), allocate(moved, everyone(table))
    assert second.objective_j == pytest.approx(first.objective_j, rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(TAGS), st.floats(1e-6, 1e6), st.floats(1e-3, 1e3))
def test_units_of_energy_and_time_do_not_matter(seed: int, tag: str, joule: float, second: float) -> None:
    table = random_table(seed, tag)
    changes = {name: getattr(table, name) * second
               for name in ("device_s", "uplink_mhz_s", "server_s", "deadline_s")}  # fmt: skip
    changes |= {"weight": table.weight * joule, "tx_w": table.tx_w / second, "static_j": table.static_j * joule}
    before, after = allocate(table, everyone(table)), allocate(dataclasses.replace(table, **changes), everyone(table))
    assert after.objective_j == pytest.approx(before.objective_j * joule, rel=1e-9)
    assert after.gap <= 1e-9


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
