"""P1 to P3 on numbers: shares, loads, tangents."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest
from scipy.optimize import LinearConstraint, milp, minimize

from tests.theory.price_bound import PriceBound
from tests.theory.shares import best_shares, eigen_shares, load_matrix
from tests.theory.tables import SEEDS, random_table

# P1 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_p1_cost_is_convex_and_falling_and_its_clock_is_the_best(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = random_table(rng, 4, per_pair=3, local=False)
    first, second = rng.uniform(0.1, 1.0, (2, 400, 1)), rng.uniform(0.1, 1.0, (2, 400, 1))
    ends = 0.5 * (table.cost_j(*first) + table.cost_j(*second))
    middle = table.cost_j(*(0.5 * (first + second)))
    assert (middle <= ends * (1 + 1e-12)).all()
    assert (table.cost_j(*np.minimum(first * 1.1, 1.0)) <= table.cost_j(*first)).all()
    beta, phi = 0.5, 0.5
    budget = table.budget_s - table.uplink_s / beta - table.server_s / phi
    clock = np.linspace(table.clock_min[table.user], table.clock_max[table.user], 20_001)
    energy = table.device_j * clock**2 + table.tx_w * table.uplink_s / beta + table.fixed_j
    energy = np.where(table.device_s / clock <= budget, energy, np.inf).min(axis=0) * table.weight[table.user]
    assert np.allclose(energy, table.cost_j(beta, phi), rtol=1e-3)


@pytest.mark.parametrize("seed", SEEDS)
def test_p1_two_prices_give_every_share(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = random_table(rng, 5, per_pair=1, local=False, deadline=(0.55, 0.7))
    rows = np.arange(5)
    value, beta, phi = best_shares(table, rows)
    assert value == pytest.approx(table.cost_j(beta * (1 + 1e-7), phi * (1 + 1e-7)).sum(), rel=1e-6)

    # Recover prices by maximising the dual; its minimisers must be the shares found.
    def dual(log_prices: np.ndarray) -> float:
        mu, nu = np.exp(log_prices)
        options = [PriceBound(table, o, mu, nu) for o in rows]
        return mu + nu - sum(option.bound(option.newton()[-1]) for option in options)

    prices = minimize(dual, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-11, "maxiter": 600})
    assert -prices.fun == pytest.approx(value, rel=1e-6)
    mu, nu = np.exp(prices.x)
    again = [option.shares(option.newton()[-1])[0] for option in (PriceBound(table, o, mu, nu) for o in rows)]
    assert np.allclose(again, beta, atol=2e-3)


# P2 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_p2_load_is_the_least_scale_of_feasible_shares(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = random_table(rng, 4, per_pair=1, local=False, deadline=(0.3, 0.7))
    rows = np.arange(4)
    load, beta, phi = eigen_shares(table, rows)
    assert beta.sum() == pytest.approx(load) and phi.sum() == pytest.approx(load)
    assert np.allclose(table.uplink_s / beta + table.server_s / phi, table.slack_s)
    n = len(rows)
    found = minimize(
        lambda v: v[-1],
        np.concatenate([beta, phi, [load * 1.5]]) * rng.uniform(1.0, 1.3),
        method="SLSQP",
        bounds=[(1e-3, None)] * (2 * n + 1),
        constraints=[
            {
                "type": "ineq",
                "fun": lambda v: table.slack_s - table.uplink_s / v[:n] - table.server_s / v[n:-1],
            },
            {"type": "ineq", "fun": lambda v: v[-1] - np.array([v[:n].sum(), v[n:-1].sum()])},
        ],
        options={"ftol": 1e-12, "maxiter": 500},
    )
    assert found.fun == pytest.approx(load, rel=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
def test_p2_every_direction_is_a_valid_row_and_the_eigenvector_the_strictest(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = random_table(rng, 4, per_pair=1, local=False, deadline=(0.3, 0.7))
    matrix = load_matrix(table, np.arange(4))
    load, vectors = np.linalg.eigh(matrix)
    share = np.append(rng.uniform(0, 1, 50), vectors[0, -1] ** 2)
    kappa = (
        np.sqrt(np.outer(share, table.uplink_s)) + np.sqrt(np.outer(1 - share, table.server_s))
    ) ** 2 / table.slack_s
    assert (kappa.sum(axis=1) <= load[-1] * (1 + 1e-12)).all()
    assert kappa[-1].sum() == pytest.approx(load[-1])


def test_p2_without_shared_work_the_larger_sum_counts() -> None:
    table = random_table(np.random.default_rng(1), 2, per_pair=1, local=False)
    table = dataclasses.replace(table, uplink_mhz_s=table.uplink_mhz_s * [1, 0], server_s=table.server_s * [0, 1])
    alone = np.array([table.uplink_s[0], table.server_s[1]]) / table.slack_s
    assert np.linalg.eigvalsh(load_matrix(table, np.arange(2)))[-1] == pytest.approx(alone.max())


# P3 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_p3_tangents_lie_below_the_perspective(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = random_table(rng, 3, per_pair=2, local=False)
    at, rows, step = np.array([0.5, 0.6]), np.arange(len(table)), 1e-6
    value = table.cost_j(*at)
    slope = [(table.cost_j(*(at + d)) - table.cost_j(*(at - d))) / (2 * step) for d in np.eye(2) * step]
    x = rng.uniform(0.01, 1.0, (500, 1))
    beta, phi = rng.uniform(0.0, 1.0, (2, 500, 1)) * x
    cut = (value - slope[0] * at[0] - slope[1] * at[1]) * x + slope[0] * beta + slope[1] * phi
    perspective = x * table.cost_j(beta / x, phi / x, rows)
    assert (cut <= perspective + 1e-7).all()
    # The closed form of the slopes.
    budget = table.budget_s - table.uplink_s / at[0] - table.server_s / at[1]
    clock = np.maximum(table.device_s / budget, table.clock_min[table.user])
    w = table.weight[table.user]
    price = np.where(clock > table.clock_min[table.user], 2 * w * table.device_j * clock**3 / table.device_s, 0.0)
    assert np.allclose(slope[0], -(w * table.tx_w + price) * table.uplink_s / at[0] ** 2, rtol=1e-4)
    assert np.allclose(slope[1], -price * table.server_s / at[1] ** 2, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("seed", range(4))
def test_p3_refinement_ends_at_the_optimum(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = random_table(rng, 3, per_pair=2, deadline=(0.55, 0.65))
    n, choices = (
        len(table),
        list(itertools.product(*(range(a, b) for a, b in itertools.pairwise(table.start)))),
    )

    def settle(chosen: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        far = chosen[~table.is_local[chosen]]
        near = float(table.cost_j(1.0, 1.0, chosen[table.is_local[chosen]]).sum())
        if not len(far):
            return near, far, np.zeros((2, 0))
        cost, beta, phi = best_shares(table, far)
        return near + cost, far, np.array([beta, phi])

    optimum = min(settle(np.array(choice))[0] for choice in choices)
    objective = np.concatenate([np.zeros(3 * n), np.ones(n)])  # x, β, φ, θ
    pick = np.zeros((3, 4 * n))
    pick[table.user, np.arange(n)] = 1
    share = np.kron(np.array([[0, 1, 0, 0], [0, 0, 1, 0]]), np.ones(n))
    cuts = [np.concatenate([-table.cost_j()[o] * row, 0 * row, 0 * row, row]) for o, row in enumerate(np.eye(n))]
    best, bound, seen = math.inf, -math.inf, set()
    rows = [LinearConstraint(pick, 1, 1), LinearConstraint(share, -np.inf, 1)]
    load_rows: list[np.ndarray] = []
    for _ in range(len(choices) + 1):
        extra = [LinearConstraint(np.array(load_rows), -np.inf, 1)] if load_rows else []
        got = milp(
            objective,
            constraints=[*rows, *extra, LinearConstraint(np.array(cuts), 0, np.inf)],
            integrality=np.repeat([1, 0, 0, 0], n),
            bounds=(0, np.repeat([1, 1, 1, np.inf], n)),
            options={"mip_rel_gap": 1e-9},
        )
        bound = max(bound, got.fun)
        chosen = np.flatnonzero(got.x[:n] > 0.5)
        if math.isfinite(best) and best - bound <= 1e-5 * best:
            break
        assert tuple(chosen) not in seen, "a choice came back before the gap was closed"
        seen.add(tuple(chosen))
        value, far, _ = settle(chosen)
        best = min(best, value)
        if math.isinf(value):
            m = np.linalg.eigh(load_matrix(table, far))[1][0, -1] ** 2
            kappa = (np.sqrt(m * table.uplink_s[far]) + np.sqrt((1 - m) * table.server_s[far])) ** 2 / table.slack_s[
                far
            ]
            row = np.zeros(4 * n)
            row[far] = kappa
            load_rows.append(row)
            continue

        def dual(log_prices: np.ndarray, far: np.ndarray = far) -> float:
            mu, nu = np.exp(log_prices)
            return (
                mu
                + nu
                - sum(PriceBound(table, o, mu, nu).bound(PriceBound(table, o, mu, nu).newton()[-1]) for o in far)
            )

        if not len(far):
            continue
        mu, nu = np.exp(minimize(dual, np.zeros(2), method="Nelder-Mead", options={"fatol": 1e-9, "maxiter": 400}).x)
        for o in far:
            option = PriceBound(table, o, mu, nu)
            row = np.zeros(4 * n)
            row[[o, n + o, 2 * n + o, 3 * n + o]] = [-option.bound(option.newton()[-1]), mu, nu, 1.0]
            cuts.append(row)
    assert best == pytest.approx(optimum, rel=1e-5)
    assert bound <= optimum * (1 + 1e-6) and bound == pytest.approx(optimum, rel=2e-5)
