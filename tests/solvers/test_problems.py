"""J-L and J-C through the solvers: bounds at any prices, the limits of ω, and what scaling must not change."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from formulations import get_formulation
from formulations.joint_relaxed import state_in_cvxpy
from instances.check import check
from instances.expand import expand
from instances.generate import generate
from instances.instance import Instance
from instances.options import OptionTable
from instances.prune import prune
from instances.tariff import Tariff
from solvers import Limits, solve
from solvers.prices import Dual
from tests.builders import tiny_instance
from tests.formulations.helpers import optimum as optimum_of_model
from tests.formulations.helpers import tables

RULES = ("continuous", "units")
OTHERS = ("J-L", "J-C")


def tiny(seed: int, allocation: str, problem: str = "J-E") -> Instance:
    return tiny_instance(
        seed, users=3, servers=2, layers=2, allocation=allocation, memory_limits=False, problem=problem
    )


def best(instance: Instance) -> float:
    """inf when infeasible."""
    return solve(instance, "brute_force").objective_j


@pytest.mark.parametrize("problem", OTHERS)
@pytest.mark.parametrize("allocation", RULES)
def test_random_prices_and_final_prices_bound_the_optimum(allocation: str, problem: str) -> None:
    """40 tiny instances each; prices spread over seven powers of ten around the size of the costs."""
    for seed in range(40):
        instance = tiny_instance(seed, users=3, servers=2, layers=3, allocation=allocation, problem=problem)
        table, truth = expand(instance), best(instance)
        if not np.isfinite(truth):
            continue
        rng, dual = np.random.default_rng(seed), Dual(table)
        for steps in (0, 1, 3, 20):
            prices = truth * 10 ** rng.uniform(-4, 3, (3, 2)) * rng.choice([0.0, 1.0], (3, 2), p=[0.2, 0.8])
            assert dual.at(prices, steps=steps).bound_j <= truth * (1 + 1e-9), seed
        if seed < 6:
            assert 0.5 * truth <= solve(instance, "prices").bound_j <= truth * (1 + 1e-9), seed


def test_any_price_of_time_underestimates_and_none_is_below_the_floor() -> None:
    table = expand(generate("campus", users=20, servers=3, seed=3, problem="J-L", latency_weight_w=3.0))
    dual, rng = Dual(table), np.random.default_rng(1)
    for _ in range(5):
        prices = np.vstack([10 ** rng.uniform(-3, 2, (2, table.n_servers)), np.zeros((1, table.n_servers))])
        dual.at(prices, steps=30)
        sharp, force = dual.value.copy(), dual.force.copy()
        assert (force >= dual.work.floor).all() and (force == dual.work.floor).any()
        for factor in (1e-3, 0.5, 2.0, 1e3):
            dual.force = force * factor
            dual.at(prices, steps=0)
            assert (dual.value <= sharp * (1 + 1e-9)).all()
            assert (dual.force >= dual.work.floor).all()


@pytest.mark.parametrize("allocation", RULES)
@pytest.mark.parametrize("seed", range(6))
def test_latency_that_hardly_counts_leaves_energy(seed: int, allocation: str) -> None:
    plain, omega = tiny(seed, allocation), 1e-7
    least, most = best(plain), float(plain.users.weight @ plain.users.deadline_s)
    got = best(plain.replace(problem="J-L", latency_weight_w=omega))
    assert least <= got * (1 + 1e-9)
    assert got <= (least + omega * most) * (1 + 1e-9)


@pytest.mark.parametrize("allocation", RULES)
@pytest.mark.parametrize("seed", range(6))
def test_latency_that_counts_most_leaves_latency(seed: int, allocation: str) -> None:
    """At ω = 1e7 the plan's latency is within a millionth of the least there is, found without any energy."""
    plain = tiny(seed, allocation)
    heavy = plain.replace(problem="J-L", latency_weight_w=1e7)
    free = heavy.replace(
        latency_weight_w=1.0,
        server_energy_weight=0.0,
        devices=plain.devices.replace(kappa=np.zeros(2)),
        radios=plain.radios.replace(
            **{name: np.zeros(2) for name in ("tx_w", "tx_j_per_mbit", "rx_w", "rx_j_per_mbit")}
        ),
    )
    least, result = best(free), solve(heavy, "brute_force")
    if not np.isfinite(least):
        assert result.plan is None
        return
    assert result.report is not None
    assert plain.users.weight @ result.report.latency_s == pytest.approx(least, rel=1e-6)
    assert solve(heavy, "exact", limits=Limits(gap=1e-6)).objective_j == pytest.approx(result.objective_j, rel=1e-5)


@pytest.mark.parametrize("allocation", RULES)
@pytest.mark.parametrize("seed", range(6))
def test_the_optimum_is_concave_in_the_weight_of_latency(seed: int, allocation: str) -> None:
    """It is the least of functions that are affine in ω."""
    plain = tiny(seed, allocation)
    omega = np.array([0.2, 1.0, 1.8, 6.0, 10.2])
    value = [best(plain.replace(problem="J-L", latency_weight_w=float(w))) for w in omega]
    if np.isfinite(value[0]):
        assert np.all(np.diff(value) > 0)
        assert np.all(np.diff(np.diff(value) / np.diff(omega)) <= 1e-9 * value[-1])


@pytest.mark.parametrize("allocation", RULES)
@pytest.mark.parametrize("seed", range(5))
def test_energies_and_the_weight_of_latency_scale_together(seed: int, allocation: str) -> None:
    plain, factor = tiny(seed, allocation, "J-L"), 37.0
    scaled = plain.replace(
        latency_weight_w=plain.latency_weight_w * factor,
        devices=plain.devices.replace(kappa=plain.devices.kappa * factor),
        radios=plain.radios.replace(
            **{n: getattr(plain.radios, n) * factor for n in ("tx_w", "tx_j_per_mbit", "rx_w", "rx_j_per_mbit")}
        ),
        servers=plain.servers.replace(
            idle_w=plain.servers.idle_w * factor, j_per_gflop=plain.servers.j_per_gflop * factor
        ),
    )
    assert best(scaled) == pytest.approx(factor * best(plain), rel=1e-8)


@pytest.mark.parametrize("allocation", RULES)
@pytest.mark.parametrize("seed", range(5))
def test_another_currency_scales_the_bill(seed: int, allocation: str) -> None:
    plain, rate = tiny(seed, allocation, "J-C"), 155.0
    prices = plain.tariff
    assert prices is not None
    yen = Tariff(prices.per_j * rate, prices.per_server_s * rate, prices.per_mbit * rate, prices.rent * rate, "JPY")
    assert best(plain.replace(tariff=yen)) == pytest.approx(rate * best(plain), rel=1e-8)


@pytest.mark.parametrize("allocation", RULES)
@pytest.mark.parametrize("seed", range(5))
def test_a_joule_for_a_coin_is_energy_without_servers(seed: int, allocation: str) -> None:
    plain = tiny(seed, allocation).replace(server_energy_weight=0.0)
    nothing = np.zeros(plain.n_servers)
    priced = plain.replace(problem="J-C", tariff=Tariff(1.0, nothing, nothing, nothing, "coin"))
    assert best(priced) == pytest.approx(best(plain), rel=1e-9)


@pytest.mark.parametrize("problem", OTHERS)
@pytest.mark.parametrize("allocation", RULES)
def test_pruning_keeps_the_optimum(allocation: str, problem: str) -> None:
    name = "joint_tangent" if allocation == "continuous" else "joint_units"
    dropped = 0
    for table in tables(range(600, 603), users=3, servers=2, layers=2, allocation=allocation, problem=problem):
        few = prune(table)
        dropped += len(table) - len(few)
        before, after = (optimum_of_model(get_formulation(name).build(t)) for t in (table, few))
        assert after == pytest.approx(before, rel=1e-6)
    assert dropped > 0


@pytest.mark.parametrize("seed", [200, 206])
def test_relaxation_with_latency_reaches_the_perspective_bound(seed: int) -> None:
    import cvxpy as cp

    (table,) = tables(range(seed, seed + 1), users=3, servers=2, layers=2, allocation="continuous",
                      memory_limits=False, problem="J-L")  # fmt: skip
    found = optimum_of_model(get_formulation("joint_relaxed").build(table))
    problem = state_in_cvxpy(table)
    problem.solve(solver=cp.CLARABEL)
    assert found == pytest.approx(problem.value, rel=2e-5)


@pytest.mark.parametrize("kind", ["campus", "metro", "factory", "roadside"])
@pytest.mark.parametrize("problem", OTHERS)
def test_generated_instances_are_solved_and_checked(kind: str, problem: str) -> None:
    instance = generate(kind, users=12, servers=3, seed=1, problem=problem)
    result = solve(instance, "prices")
    assert result.valid and result.plan is not None
    report = check(instance, result.plan)
    assert report.objective_j == pytest.approx(float(report.user_cost.sum()) + report.static_j, rel=1e-12)
    assert 0 < result.bound_j <= result.objective_j


def test_a_table_takes_the_weight_of_latency_along_with_its_users() -> None:
    table: OptionTable = expand(tiny(1, "units", "J-L"))
    rows = np.arange(table.start[1], table.start[2])
    part = dataclasses.replace(table.take(rows), user=np.zeros(len(rows), dtype=np.int64), **table.of_users([1]))
    np.testing.assert_array_equal(part.cost_j(0.5, 0.5), table.cost_j(0.5, 0.5, rows))
    with pytest.raises(ValueError, match="second_w"):
        dataclasses.replace(table, deadline_s=table.deadline_s[:1])
