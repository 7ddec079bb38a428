"""The best prices: equal to the LP relaxation, curvature right, and nothing better lost by dropping options."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse

from instances.columns import Floats
from instances.expand import expand
from instances.generate import generate
from instances.options import OptionTable
from solvers import METHODS, Limits
from solvers.answer import Answer, Clock
from solvers.prices import Dual
from solvers.prices.ascent import climb, first_prices
from solvers.prices.curvature import look_closely
from solvers.prices.fixing import survivors
from solvers.prices.maximise import ceiling_j, maximise
from tests.builders import tiny_instance


def tiny(seed: int, users: int, servers: int, *, memory: bool, static: bool, layers: int = 3) -> OptionTable:
    instance = tiny_instance(seed, users, servers, layers, "continuous", memory_limits=memory)
    table = expand(instance)
    return table if static else dataclasses.replace(table, static_j=np.zeros(servers))


def brute_force(table: OptionTable) -> Answer:
    limits = Limits()
    return METHODS["brute_force"].solve(table, limits=limits, rng=np.random.default_rng(0), clock=Clock(limits))


def columns_near(table: OptionTable, prices: Floats) -> tuple[np.ndarray, Floats, Floats]:
    """Rows, uplink and compute shares that are bought near some prices, a hair dearer, and full shares."""
    work = Dual(table).work
    mu, nu = np.maximum(prices[:2], 1e-12)[:, work.server]
    rows, beta, phi = [work.row], [np.ones(len(work))], [np.ones(len(work))]
    for step in (0.0, 1e-6, -1e-6, 1e-4, -1e-4, 1e-2, -1e-2):
        for other in {step, -step}:
            shares = look_closely(work, np.ones(len(work)), mu * (1 + step), nu * (1 + other), 40)[2]
            rows.append(work.row)
            beta.append(np.minimum(1, shares[:, 0] * (1 + 1e-9)))
            phi.append(np.minimum(1, shares[:, 1] * (1 + 1e-9)))
    local = np.flatnonzero(table.is_local)
    none = np.zeros(len(local))
    return np.concatenate([*rows, local]), np.concatenate([*beta, none]), np.concatenate([*phi, none])


def relaxation_from_above(table: OptionTable, prices: Floats) -> float:
    """LP over finitely many columns, each at the cost that the table gives it: no less than the relaxation."""
    rows, beta, phi = columns_near(table, prices)
    cost = table.cost_j(beta, phi, rows)
    fits = np.isfinite(cost)
    rows, beta, phi, cost = rows[fits], beta[fits], phi[fits], cost[fits]
    m, n, server = len(rows), table.n_servers, table.server[rows]
    memory = np.where(server >= 0, table.server_mb[rows] / table.memory_mb[server], 0.0)
    remote = np.flatnonzero(server >= 0)
    used = [
        scipy.sparse.hstack([
            scipy.sparse.csr_array((amount[remote], (server[remote], remote)), shape=(n, m)),
            -scipy.sparse.eye_array(n),
        ])
        for amount in (beta, phi, memory)
    ]  # fmt: skip
    choice = scipy.sparse.csr_array((np.ones(m), (table.user[rows], np.arange(m))), shape=(table.n_users, m + n))
    found = scipy.optimize.linprog(
        np.concatenate([cost, table.static_j]), A_ub=scipy.sparse.vstack(used).tocsr(), b_ub=np.zeros(3 * n),
        A_eq=choice, b_eq=np.ones(table.n_users), bounds=[(0, None)] * m + [(0, 1)] * n,
    )  # fmt: skip
    return float(found.fun) if found.status == 0 else math.inf


@pytest.mark.parametrize("static", [True, False])
@pytest.mark.parametrize("memory", [True, False])
@pytest.mark.parametrize(("users", "servers"), [(3, 2), (6, 3)])
def test_best_bound_is_the_value_of_the_relaxation(users: int, servers: int, memory: bool, static: bool) -> None:
    """About 210 instances in all. The LP is at least the relaxation, the bound at most: equal, they are both it."""
    compared = 0
    for seed in range(27):
        table = tiny(seed, users, servers, memory=memory, static=static)
        dual = Dual(table)
        if len(dual.stuck):
            continue
        best = maximise(dual, first_prices(dual))
        above = relaxation_from_above(table, best.point.prices)
        assert best.settled, seed
        assert best.point.bound_j <= above * (1 + 1e-9), seed
        assert best.point.bound_j >= above * (1 - 1e-6), seed
        compared += 1
    assert compared >= 24


@pytest.mark.parametrize("seed", range(4))
def test_best_bound_is_that_of_the_perspective_relaxation(seed: int) -> None:
    """Without static energy the cone program has no rows x ≤ y that matter, and is the same relaxation."""
    table = tiny(seed, 6, 3, memory=False, static=False)
    problem = METHODS["joint_relaxed"]
    limits = Limits(gap=1e-7)
    relaxed = problem.solve(table, limits=limits, rng=np.random.default_rng(0), clock=Clock(limits)).bound_j
    dual = Dual(table)
    bound = maximise(dual, first_prices(dual)).point.bound_j
    assert bound >= relaxed * (1 - 1e-6)


@pytest.mark.parametrize(("kind", "users", "servers"), [("campus", 60, 5), ("roadside", 60, 6), ("metro", 500, 10)])
def test_generated_crowds_settle(kind: str, users: int, servers: int) -> None:
    table = expand(generate(kind, users=users, servers=servers, seed=1))
    dual = Dual(table)
    best = maximise(dual, climb(dual, first_prices(dual), 6).prices, rounds=8)
    assert best.settled and best.solved is not None
    rows, weight = best.weights()
    assert np.array_equal(rows, np.unique(rows))
    assert np.bincount(table.user[rows], weight, table.n_users) == pytest.approx(1.0, abs=1e-6)
    undecided = np.bincount(table.user[rows[(weight > 1e-3)]], minlength=table.n_users) > 1
    assert undecided.sum() <= 3 * servers  # P6, up to weights that are small but not 0
    market = climb(Dual(table), first_prices(dual), 100)
    assert best.point.bound_j >= market.bound_j * (1 - 1e-7)
    warm = maximise(dual, best.point.prices * 1.02, rounds=8, tolerance=1e-6)
    assert warm.settled and warm.point.bound_j == pytest.approx(best.point.bound_j, rel=1e-6)


def test_search_ends_when_the_bound_is_high_enough() -> None:
    table = expand(generate("campus", users=60, servers=5, seed=1))
    dual = Dual(table)
    start = first_prices(dual)
    low, best = dual.at(start, steps=12).bound_j, maximise(dual, start)
    enough = 0.5 * (low + best.point.bound_j)
    early = maximise(dual, start, enough=enough)
    assert enough < early.point.bound_j < best.point.bound_j
    assert early.solved is not None and best.solved is not None
    assert early.solved.steps < best.solved.steps


def test_bound_above_the_ceiling_shows_that_there_is_no_plan() -> None:
    table = expand(generate("campus", users=40, servers=3, seed=2))
    table = table.take(~table.is_local)
    dual = Dual(dataclasses.replace(table, bandwidth_mhz=table.bandwidth_mhz / 4))
    assert not len(dual.stuck)
    assert maximise(dual, first_prices(dual)).point.bound_j > ceiling_j(dual)


def test_no_servers_and_no_remote_options() -> None:
    table = expand(generate("campus", users=10, servers=2, seed=1))
    alone = table.take(table.is_local)
    dual = Dual(alone)
    if not len(dual.stuck):
        assert maximise(dual, first_prices(dual)).point.bound_j == pytest.approx(dual.local_j.sum(), rel=1e-9)
    slow = dataclasses.replace(alone, deadline_s=np.full(alone.n_users, 1e3))
    dual = Dual(slow)
    assert maximise(dual, first_prices(dual)).point.bound_j == pytest.approx(dual.local_j.sum(), rel=1e-9)


def test_curvature_is_that_of_the_values() -> None:
    """Second differences of values along random directions, where the options' slopes do not jump."""
    work = Dual(expand(generate("roadside", users=40, servers=4, seed=1))).work
    rng = np.random.default_rng(0)
    mu, nu = 10 ** rng.uniform(-1, 1, (2, len(work)))
    start = work.guess(mu, nu)
    _, _, slopes, bends = look_closely(work, start, mu, nu, 40)
    step = 1e-5
    for a, b in ((1.0, 0.0), (0.0, 1.0), (0.6, -0.8)):
        ahead, behind = (
            look_closely(work, start, mu * (1 + sign * step * a), nu * (1 + sign * step * b), 40)[2]
            for sign in (1, -1)
        )  # fmt: skip
        change = (ahead - behind) / (2 * step)
        expected = np.stack([bends[:, 0] * a * mu + bends[:, 1] * b * nu, bends[:, 1] * a * mu + bends[:, 2] * b * nu])
        error = np.abs(change - expected.T).max(axis=1)
        assert np.quantile(error, 0.95) < 1e-5
    assert (bends[:, 0] <= 0).all() and (bends[:, 2] <= 0).all()
    assert (bends[:, 0] * bends[:, 2] - bends[:, 1] ** 2 >= -1e-9 * (1 + bends[:, 1] ** 2)).all()
    assert ((slopes > 0) & (slopes <= 1)).all()


def _drop(seeds: range, memory: bool) -> None:
    """With a plan a little dearer than the optimum, the optimum survives, at any prices."""
    dropped = named = solved = 0
    for seed in seeds:
        table = tiny(seed, 3, 2, memory=memory, static=True, layers=2 + seed % 2)
        dual, optimum = Dual(table), brute_force(table)
        if optimum.decision is None:
            continue
        solved += 1
        assert optimum.objective_j <= ceiling_j(dual)
        chosen, rng = optimum.decision.chosen, np.random.default_rng(seed)
        best = maximise(dual, first_prices(dual)).point.prices
        for prices in (best, best * 10 ** rng.uniform(-1, 1, best.shape)):
            left = survivors(dual, prices, optimum.objective_j * (1 + 1e-7))
            assert left.possible
            assert np.isin(chosen, left.rows).all(), seed
            assert np.isin(np.flatnonzero(left.on), table.server[chosen]).all(), seed
            dropped += len(dual.work) - int((table.server[left.rows] >= 0).sum())
            named += int(left.on.sum())
    assert solved > 0.8 * len(seeds) and dropped > 3 * len(seeds) and named > len(seeds) // 4


@pytest.mark.parametrize("memory", [True, False])
def test_dropping_never_loses_a_better_plan(memory: bool) -> None:
    """120 tiny instances in all."""
    _drop(range(60), memory)


@pytest.mark.nightly
@pytest.mark.parametrize("memory", [True, False])
def test_dropping_never_loses_a_better_plan_on_many_more(memory: bool) -> None:
    """180 tiny instances in all."""
    _drop(range(60, 150), memory)


def test_nothing_survives_below_the_bound() -> None:
    table = expand(generate("campus", users=20, servers=3, seed=1))
    dual = Dual(table)
    best = maximise(dual, first_prices(dual)).point
    assert not survivors(dual, best.prices, 0.99 * best.bound_j).possible
    assert survivors(dual, best.prices, 1.5 * best.bound_j).possible


def test_many_servers_for_a_crowd_too_large_for_the_interior_point_method(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such crowds may be too small for a sample."""
    monkeypatch.setattr("solvers.prices.method.EXACT", 50)
    table, limits = expand(generate("metro", users=200, servers=10, seed=1)), Limits(rounds=20)
    answer = METHODS["prices"].solve(table, limits=limits, rng=np.random.default_rng(0), clock=Clock(limits))
    assert answer.bound_j <= answer.objective_j < math.inf


def test_bounds_are_as_sharp_for_money_as_for_joules() -> None:
    """Costs of a millionth in size: the least prices shrink with them."""
    for seed in (1, 3, 5):
        money = expand(tiny_instance(seed, problem="J-C"))
        size = 1e-6 / float(money.cost_j()[np.isfinite(money.cost_j())].mean())
        columns = ("device_j", "tx_w", "fixed_j", "static_j")
        small = dataclasses.replace(money, **{name: size * getattr(money, name) for name in columns})
        bounds = [maximise(dual, first_prices(dual)).point.bound_j for dual in (Dual(money), Dual(small))]
        assert bounds[1] == pytest.approx(size * bounds[0], rel=1e-7)
