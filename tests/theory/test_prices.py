"""P5 on numbers: prices bound."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.optimize import linprog

from tests.theory.knapsack import Knapsack
from tests.theory.price_bound import PriceBound
from tests.theory.tables import SEEDS, random_table

# P5 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_p5_any_multiplier_is_a_bound_and_newton_climbs_to_the_best(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = random_table(rng, 5, per_pair=2, local=False, deadline=(0.3, 1.0))
    for o in np.flatnonzero(np.isfinite(table.cost_j())):
        mu, nu = np.exp(rng.uniform(-4, 2, 2))
        option = PriceBound(table, int(o), mu, nu)
        share = rng.uniform(0.02, 1.0, (2, 4000))
        paid = float((table.cost_j(*share[:, :, None], np.array([o]))[:, 0] + mu * share[0] + nu * share[1]).min())
        for lam in rng.exponential(5.0, 20):
            assert option.bound(lam) <= paid * (1 + 1e-12)
        path = option.newton()
        assert np.all(np.diff(path) >= -1e-12) and abs(option.slope(path[-1])) < 1e-9
        grid = path[-1] * np.linspace(0.2, 3.0, 200)
        assert max(map(option.bound, grid)) <= option.bound(path[-1]) + 1e-12
        beta, phi, _ = option.shares(path[-1])
        spent = float(table.cost_j(beta * (1 + 1e-9), phi * (1 + 1e-9), np.array([o]))[0]) + mu * beta + nu * phi
        assert option.bound(path[-1]) == pytest.approx(spent, rel=1e-6)


def test_p5_the_deadline_function_is_not_convex_where_the_clock_leaves_its_minimum() -> None:
    table = random_table(np.random.default_rng(0), 1, per_pair=1, local=False)
    option = PriceBound(table, 0, mu=1e-6, nu=1e-6)  # shares at their caps: only the clock moves
    near, far = 0.9 * option.turn, 1.1 * option.turn
    assert option.slope(option.turn) > 0.5 * (option.slope(near) + option.slope(far)) + 1e-6


@pytest.mark.parametrize("seed", SEEDS)
def test_p5_prices_bound_the_optimum_and_reach_the_relaxation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = random_table(rng, 5, 2, deadline=(0.55, 0.7), static=0.05)
    columns = Knapsack.full(table)
    optimum = columns.optimum()
    for _ in range(20):
        mu, nu = np.exp(rng.uniform(-4, 1, (2, 2)))
        least = table.cost_j()
        for o in np.flatnonzero(~table.is_local & np.isfinite(least)):
            option = PriceBound(table, int(o), mu[table.server[o]], nu[table.server[o]])
            least[o] = option.bound(option.newton()[-1])
        total = sum(least[a:b].min() for a, b in itertools.pairwise(table.start))
        assert total - np.maximum(mu + nu - table.static_j, 0).sum() <= optimum * (1 + 1e-9)
    cost, pick, caps = columns.matrices()
    got = linprog(cost, caps, np.zeros(len(caps)), pick, np.ones(len(pick)), bounds=(0, 1), method="highs-ds")
    price = -got.ineqlin.marginals
    reduced = (cost + price @ caps)[: len(columns.option)]
    total = sum(reduced[table.user[columns.option] == i].min() for i in range(table.n_users))
    bound = total - np.maximum(price.reshape(2, -1).sum(axis=0) - table.static_j, 0).sum()
    assert bound == pytest.approx(got.fun, rel=1e-7)
    # P5(d): an option whose bound exceeds the optimum can go.
    user = table.user[columns.option]
    floor = np.array([reduced[user == i].min() for i in range(table.n_users)])
    kept = columns.keep(bound - floor[user] + reduced <= optimum * (1 + 1e-9))
    assert kept.optimum() == pytest.approx(optimum, rel=1e-7)
