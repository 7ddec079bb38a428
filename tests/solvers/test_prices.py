"""The price method: bounds that no optimum undercuts, plans that hold, and how close they come."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from formulations.parts.prices import PricedOptions
from instances.certificate import Leaf
from instances.expand import expand
from instances.generate import generate
from instances.options import OptionTable
from solvers import METHODS, Limits, Stop, solve
from solvers.answer import Answer, Clock, Progress
from solvers.objective import decision_cost
from solvers.prices import Dual
from solvers.prices.ascent import climb, first_prices, sampled_prices
from solvers.prices.primal import Rounding
from tests.builders import tiny_instance

RULES = ("continuous", "units")


def ask(name: str, table: OptionTable, **limits: float) -> Answer:
    bounds = Limits(**limits)  # type: ignore[arg-type]
    return METHODS[name].solve(table, limits=bounds, rng=np.random.default_rng(0), clock=Clock(bounds))


def tiny(seed: int, allocation: str = "continuous") -> OptionTable:
    return expand(tiny_instance(seed, users=3, servers=2, layers=3, allocation=allocation))


def without_static(table: OptionTable) -> OptionTable:
    return dataclasses.replace(table, static_j=np.zeros(table.n_servers))


def random_prices(table: OptionTable, rng: np.random.Generator) -> np.ndarray:
    prices = 10 ** rng.uniform(-4, 3, (3, table.n_servers))
    return prices * rng.choice([0.0, 1.0], prices.shape, p=[0.2, 0.8])


@pytest.mark.parametrize("allocation", RULES)
def test_no_bound_is_above_the_optimum(allocation: str) -> None:
    """200 tiny instances in all, with static energy and memory limits: random prices and final prices."""
    solved = 0
    for seed in range(100):
        table = tiny(seed, allocation)
        if (np.diff(table.start) == 0).any():
            continue
        optimum = ask("brute_force", table).objective_j
        rng, dual = np.random.default_rng(seed), Dual(table)
        for steps in (0, 1, 3):
            assert dual.at(random_prices(table, rng), steps=steps).bound_j <= optimum * (1 + 1e-9)
        got = ask("prices", table)
        assert got.bound_j <= optimum * (1 + 1e-9)
        if got.decision is not None:
            solved += 1
            assert decision_cost(table, got.decision) == pytest.approx(got.objective_j, rel=1e-12)
            assert got.objective_j >= optimum * (1 - 1e-9)
            assert got.objective_j <= optimum * 1.1
        else:
            assert got.message
    assert solved >= 80


def test_any_deadline_price_gives_an_underestimate() -> None:
    table = expand(generate("campus", users=20, servers=3, seed=3))
    dual, rng = Dual(table), np.random.default_rng(1)
    for _ in range(5):
        prices = np.vstack([10 ** rng.uniform(-3, 2, (2, table.n_servers)), np.zeros((1, table.n_servers))])
        dual.at(prices, steps=20)
        sharp = dual.value.copy()
        server = dual.work.server
        options = PricedOptions.of(table, dual.work.row)
        other = options.at(prices[0][server], prices[1][server])[0] + options.least
        assert np.median(np.abs(sharp - other) / other) < 1e-9
        for factor in (1e-3, 0.5, 2.0, 1e3):
            dual.force *= factor
            dual.at(prices, steps=0)
            assert (dual.value <= np.maximum(sharp, other) * (1 + 1e-9)).all()
            dual.force /= factor


def test_slopes_are_slopes() -> None:
    table = without_static(expand(generate("metro", users=300, servers=4, seed=1)))
    dual = Dual(table)
    prices = climb(dual, first_prices(dual), 8).prices * 1.3
    here = dual.at(prices, steps=20)
    for k in range(2):
        for server in range(table.n_servers):
            step = np.zeros_like(prices)
            step[k, server] = 1e-6 * prices[k, server]
            ahead = dual.at(prices + step, steps=20)
            slope = (ahead.bound_j - here.bound_j) / step[k, server]
            assert slope == pytest.approx(here.asked[k, server] - 1, abs=1e-3)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("users", "servers"), [(20, 3), (100, 5)])
def test_bound_reaches_the_relaxation(users: int, servers: int, seed: int) -> None:
    """Without static energy; with it the relaxation has rows x ≤ y, which prices do not know."""
    table = without_static(expand(generate("campus", users=users, servers=servers, seed=seed)))
    relaxed = ask("joint_relaxed", table).bound_j
    got = ask("prices", table, gap=0.0)
    assert got.bound_j >= relaxed * (1 - 1e-5)


def test_chunks_and_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    table = expand(generate("metro", users=500, servers=5, seed=2))
    whole = Dual(table)
    prices = first_prices(whole)
    monkeypatch.setattr("solvers.prices.shard.CHUNK", 37)
    parts = Dual(table)
    one, other = whole.at(prices), parts.at(prices)
    assert len(parts.shard._parts) > 10
    assert one.bound_j == other.bound_j
    assert np.array_equal(one.asked, other.asked) and np.array_equal(one.chosen, other.chosen)


@pytest.mark.parametrize(("allocation", "gap"), [("continuous", 2e-4), ("units", 2e-3)])
def test_many_users_leave_a_small_gap(allocation: str, gap: float) -> None:
    instance = generate("metro", users=2000, servers=20, seed=1, allocation=allocation)
    result = solve(instance, "prices", limits=Limits(rounds=40))
    assert result.valid and result.gap < gap


def test_sample_prices_are_close() -> None:
    table = expand(generate("metro", users=6000, servers=10, seed=1))
    prices = sampled_prices(table, np.random.default_rng(0), 40, Clock(Limits()))
    assert prices is not None
    dual = Dual(table)
    assert dual.at(prices).bound_j >= 0.99 * climb(dual, prices, 20).bound_j


def test_overload_is_repaired() -> None:
    table = without_static(expand(generate("metro", users=400, servers=4, seed=1)))
    dual = Dual(table)
    free = dual.at(np.full((3, 4), 1e-9))
    assert free.asked.max() > 1
    fitted = Rounding(dual, free).fit(free.chosen)
    assert fitted is not None and math.isfinite(decision_cost(table, fitted))


@pytest.mark.parametrize("allocation", RULES)
def test_prices_in_the_certificate_prove_the_bound(allocation: str) -> None:
    instance = generate("campus", users=20, servers=3, seed=1, allocation=allocation)
    table = expand(instance)
    got = ask("prices", table)
    assert got.certificate is not None and isinstance(got.certificate.root, Leaf)
    again = Dual(table).at(got.certificate.root.prices, steps=12).bound_j
    assert again == pytest.approx(got.bound_j, rel=1e-6)


def test_interrupt_keeps_bound_and_plan() -> None:
    table = expand(generate("campus", users=20, servers=3, seed=1))
    for wanted in (lambda p: math.isfinite(p.bound_j), lambda p: math.isfinite(p.best_j)):

        def interrupt(progress: Progress, wanted=wanted) -> None:  # type: ignore[no-untyped-def]
            if wanted(progress):
                raise KeyboardInterrupt

        limits = Limits()
        clock, rng = Clock(limits, interrupt), np.random.default_rng(0)
        got = METHODS["prices"].solve(table, limits=limits, rng=rng, clock=clock)
        assert got.stop is Stop.INTERRUPTED
        assert math.isfinite(got.bound_j)


def test_no_time_and_no_rounds() -> None:
    table = expand(generate("campus", users=20, servers=3, seed=1))
    assert ask("prices", table, time_s=0.0).stop is Stop.TIME
    assert math.isfinite(ask("prices", table, rounds=0).bound_j)


def test_a_user_that_cannot_be_served_is_named() -> None:
    table = expand(generate("campus", users=20, servers=3, seed=1))
    deadline = table.deadline_s.copy()
    deadline[7] = 1e-9
    got = ask("prices", dataclasses.replace(table, deadline_s=deadline))
    assert got.stop is Stop.INFEASIBLE and got.bound_j == math.inf and "user #7" in got.message
