"""J-M: the least largest latency, against enumeration; every other method says why it cannot."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from instances.check import check
from instances.errors import InputError
from instances.expand import expand
from instances.latency import price_latency, within
from solvers import METHODS, Limits, Verdict, compare, solve
from solvers.bottleneck import settle
from solvers.objective import decision_cost
from solvers.registry import reason_against
from tests.bottleneck_oracle import least_largest
from tests.builders import tiny_instance

SHAPES = {"units": ((2, 1, 4), (3, 2, 2), (3, 1, 3), (3, 2, 2), (2, 2, 3)), "continuous": ((2, 1, 3), (2, 2, 2))}


def jm(seed: int, allocation: str = "units", **changes):  # type: ignore[no-untyped-def]
    shapes = SHAPES[allocation]
    return tiny_instance(seed, *shapes[seed % len(shapes)], allocation=allocation, **changes).replace(problem="J-M")


@pytest.mark.parametrize(("allocation", "chunk"), [
    *(("units", k) for k in range(2)), ("continuous", 0),
    *(pytest.param("units", k, marks=pytest.mark.nightly) for k in range(2, 4)),
])  # fmt: skip
def test_p26_bisection_reaches_the_least_largest_latency(allocation: str, chunk: int) -> None:
    feasible = 0
    for seed in range(11 * chunk, 11 * (chunk + 1)):
        instance = jm(seed, allocation)
        table = expand(instance)
        truth = least_largest(instance, table) if (np.diff(table.start) > 0).all() else np.inf
        got = solve(instance, "bottleneck", limits=Limits(gap=1e-5))
        if not np.isfinite(truth):
            assert got.verdict.infeasible, seed
            continue
        feasible += 1
        assert got.verdict is Verdict.OPTIMAL, f"seed {seed}: {got.verdict} {got.stop} {got.message}"
        assert got.objective_j == pytest.approx(truth, rel=2e-5), seed
        assert got.bound_j <= truth * (1 + 1e-6), seed
    assert feasible >= 8


@pytest.mark.parametrize("allocation", ["units", "continuous"])
def test_p26_a_plan_for_less_is_a_plan_of_tighter_deadlines(allocation: str) -> None:
    for seed in range(10):
        instance = jm(seed, allocation, tightness=0.2)
        got = solve(instance, "bottleneck", limits=Limits(gap=1e-4))
        if not got.valid:
            continue
        own = np.divide(got.objective_j * (1 + 1e-9), instance.users.weight)
        deadline = np.minimum(instance.users.deadline_s, own)
        timed = instance.replace(problem="J-E", users=instance.users.replace(deadline_s=deadline))
        assert got.plan is not None and check(timed, got.plan).valid


def test_the_objective_is_the_largest_weighted_latency() -> None:
    got = solve(jm(7, tightness=0.1), "bottleneck")
    assert got.report is not None and got.plan is not None
    cost = got.instance.users.weight * got.report.latency_s
    assert got.objective_j == pytest.approx(cost.max(), rel=1e-12)
    np.testing.assert_allclose(got.report.user_cost, cost)
    assert got.report.static_j == 0
    np.testing.assert_allclose(got.plan.clock, got.instance.devices.clock_max[got.instance.users.device], rtol=1e-9)


@pytest.mark.parametrize("allocation", ["units", "continuous"])
def test_p26_settled_shares_are_no_worse_than_drawn_ones(allocation: str) -> None:
    rng = np.random.default_rng(3)
    better = 0
    for seed in range(25):
        table = expand(jm(seed, allocation, tightness=0.0, memory_limits=False))
        chosen = np.array([rng.integers(a, b) for a, b in zip(table.start[:-1], table.start[1:], strict=True)])
        settled = settle(table, chosen)
        value = np.inf if settled is None else decision_cost(table, settled)
        for _ in range(30):
            shares = []
            for pieces in (table.blocks, table.units):
                share = np.zeros(table.n_users)
                for s in np.unique(table.server[chosen][table.server[chosen] >= 0]):
                    at = np.flatnonzero(table.server[chosen] == s)
                    cut = rng.dirichlet(np.ones(len(at)))
                    if allocation == "units":
                        cut = np.floor(cut * pieces[s]) / pieces[s]
                    share[at] = cut
                shares.append(share)
            drawn = dataclasses.replace(settled, uplink_share=shares[0], compute_share=shares[1]) if settled else None
            cost = np.inf if drawn is None else decision_cost(table, drawn)
            assert value <= cost * (1 + 1e-9)
            better += bool(value < cost < np.inf)
    assert better > 50


@pytest.mark.parametrize("name", METHODS)
def test_methods_say_whether_they_take_a_maximum(name: str) -> None:
    instance = jm(1, tightness=0.1)
    table = expand(instance)
    reason = reason_against(METHODS[name], table)
    if name == "bottleneck":
        assert reason is None
        refused = reason_against(METHODS[name], expand(instance.replace(problem="J-E")))
        assert refused is not None and "sum" in refused
        return
    assert reason is not None and "bottleneck" in reason
    with pytest.raises(InputError, match="largest latency"):
        solve(instance, name)


def test_compare_asks_only_whom_it_can() -> None:
    assert [result.method for result in compare(jm(1, tightness=0.1))] == ["bottleneck"]


def test_node_limits_leave_a_bound_and_a_plan() -> None:
    got = solve(jm(2, tightness=0.1), "bottleneck", limits=Limits(rounds=1))
    assert got.verdict in (Verdict.BOUNDED, Verdict.OPTIMAL) and got.bound_j > 0


def test_within_is_a_problem_whose_plans_cost_nothing() -> None:
    table = price_latency(expand(jm(3, tightness=0.1)))
    timed = within(table, np.inf)
    assert timed.aggregate == "sum" and not timed.cost_j().any() and len(timed) == len(table)


def test_prices_of_a_maximum_are_refused() -> None:
    with pytest.raises(InputError, match="maximum"):
        _ = solve(jm(1, tightness=0.1), "bottleneck").prices
