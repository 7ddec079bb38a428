"""Branch and price under every problem: what it takes for granted about costs, and budgets."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from instances.expand import expand
from instances.instance import SUMS, Instance
from solvers import Limits, Verdict, solve
from solvers.branch.offers import Shares
from solvers.branch.rates import Rates
from solvers.prices import Dual
from solvers.prices.maximise import ceiling_j
from tests.builders import tiny_admission, tiny_instance


def made(seed: int, problem: str) -> Instance:
    """Tiny, with continuous shares; J-A without energy budgets."""
    if problem == "J-A":
        return tiny_admission(seed, 4, 2, 2, "continuous", budgets=False)
    return tiny_instance(seed, users=4, layers=2, allocation="continuous", problem=problem)


@pytest.mark.parametrize("problem", SUMS)
def test_no_plan_is_dearer_than_the_ceiling(problem: str) -> None:
    rng = np.random.default_rng(1)
    found = 0
    for seed in range(20):
        table = expand(made(seed, problem))
        dual = Dual(table)
        ceiling, worth = ceiling_j(dual), np.concatenate([dual.work.row, dual.local_row])
        for _ in range(50):
            if (np.diff(table.start) == 0).any():
                break
            chosen = np.array([rng.integers(a, b) for a, b in itertools.pairwise(table.start)])
            # What is dearer than staying local even with all of a server is no option worth having (P8).
            cost = np.where(np.isin(chosen, worth), table.cost_j(*rng.uniform(0.05, 1.0, (2, 4)), chosen), np.inf)
            cost = cost.sum() + table.static_j.sum()
            assert cost <= ceiling or not np.isfinite(cost)
            found += np.isfinite(cost)
    assert found > 50


@pytest.mark.parametrize("problem", SUMS)
def test_values_at_prices_are_no_more_than_any_shares_cost(problem: str) -> None:
    """Also at prices of 0, and where costs are a millionth of a joule's in size."""
    rng = np.random.default_rng(2)
    for seed in range(10):
        table = expand(made(seed, problem))
        offers = Shares(table)
        live = np.ones(len(offers.row), dtype=bool)
        for scale in (0.0, 1e-3, 1.0):
            size = float(table.cost_j()[offers.row].mean())
            prices = scale * size * rng.uniform(0.0, 2.0, (3, table.n_servers)) * np.array([[1.0], [1.0], [0.0]])
            value = offers.price(Rates(prices), live, sharp=True).value
            padded = np.column_stack([prices, np.zeros(3)])[:, offers.server]
            for _ in range(200):
                beta, phi = rng.uniform(0.01, 1.0, (2, len(offers.row)))
                paid = table.cost_j(beta, phi, offers.row) + padded[0] * beta + padded[1] * phi
                assert (value <= paid * (1 + 1e-13)).all()
            whole = table.cost_j(rows=offers.row) + padded[0] + padded[1]
            assert (value <= whole * (1 + 1e-13)).all()


@pytest.mark.parametrize("problem", SUMS)
def test_it_proves_the_best_plan_and_claims_no_more(problem: str) -> None:
    for seed in range(12):
        truth = solve(made(seed, problem), "brute_force")
        got = solve(made(seed, problem), "branch", limits=Limits(gap=1e-8))
        if truth.verdict.infeasible:
            assert got.verdict.infeasible
            continue
        assert got.valid and got.objective_j == pytest.approx(truth.objective_j, rel=1e-7), f"seed {seed}"
        assert got.bound_j <= truth.objective_j * (1 + 1e-9), f"seed {seed}"
        assert got.bound_j >= truth.objective_j * (1 - 1e-6) - 1e-12, f"seed {seed}: {got.stop} {got.message}"


@pytest.mark.parametrize("seed", range(6))
def test_energy_budgets_of_servers_have_a_price(seed: int) -> None:
    limited = tiny_admission(seed)
    assert limited.energy_budget_j is not None
    truth, got = solve(limited, "brute_force"), solve(limited, "branch", limits=Limits(gap=1e-6))
    assert got.objective_j == pytest.approx(truth.objective_j, rel=1e-6, abs=1e-9)
    assert got.bound_j <= truth.objective_j * (1 + 1e-9) + 1e-12
    assert got.verdict is Verdict.CERTIFIED and got.certified_gap <= 2e-6
