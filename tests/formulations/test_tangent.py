"""Tangent cuts: valid for every allocation, tight at the best one, equal to the perspective relaxation in the limit."""

from __future__ import annotations

import numpy as np
import pytest

from formulations import get_formulation
from formulations.joint_relaxed import state_in_cvxpy
from formulations.parts.price_cuts import crowds, relax_into_range
from formulations.program import LARGEST, SMALLEST
from tests.formulations.helpers import cost_of, optimum, random_shares, satisfied, solve_refined, tables

TABLES = tables(range(200, 212), users=5, servers=2, layers=4, allocation="continuous", memory_limits=False)


def test_rows_out_of_range_are_scaled_as_a_whole() -> None:
    """By a power of two, so that no need and no room is changed but by the common factor."""
    needs, rooms = np.array([[1e6, 10.0], [5.0, 0.0], [1e3, 1.0]]), np.array([50.0, 1e6, 2.0])
    need, room, scale = relax_into_range(needs, rooms)
    assert (need == needs * scale[:, None]).all() and (room == rooms * scale).all()
    assert scale[2] == 1.0 and (np.log2(scale) % 1 == 0).all()
    assert max(need.max(), room.max()) <= LARGEST and min(need[need > 0].min(), room.min()) >= SMALLEST


def test_no_feasible_allocation_is_cut_off() -> None:
    rng = np.random.default_rng(7)
    tried = 0
    for table in TABLES:
        model = get_formulation("joint_tangent").build(table)
        _, program = solve_refined(model, rounds=5)
        for _ in range(150):
            decision = random_shares(rng, table)
            values = model.encode(decision)
            if values is not None:
                tried += 1
                assert satisfied(program, values)
                assert program.cost @ values == pytest.approx(cost_of(table, decision), rel=1e-7)
    assert tried > 100


def test_priced_cost_is_below_every_allocation_and_met_by_one() -> None:
    rng = np.random.default_rng(8)
    for table in TABLES[:6]:
        for crowd in crowds(table, 1.0):
            mu, nu = 10.0 ** rng.uniform(-3, 1, 2)
            priced = crowd.options.least + crowd.options.at(mu, nu)[0]
            beta, phi = np.meshgrid(np.geomspace(1e-3, 1, 150), np.geomspace(1e-3, 1, 150))
            shape = (-1, 1)
            cost = table.cost_j(beta.reshape(shape), phi.reshape(shape), crowd.rows)
            best = (cost + mu * beta.reshape(shape) + nu * phi.reshape(shape)).min(axis=0)
            assert (priced <= best * (1 + 1e-12)).all()
            assert np.median(best / priced) < 1.01


def test_least_use_is_below_every_timely_allocation() -> None:
    for table in TABLES[:6]:
        for crowd in crowds(table, 1.0):
            for angle in np.linspace(0, np.pi / 2, 5):
                use = crowd.options.least_use(angle)
                share = np.linspace(0.004, 1, 150)
                beta, phi = (grid.reshape(-1, 1) for grid in np.meshgrid(share, share))
                timely = np.isfinite(table.cost_j(beta, phi, crowd.rows))
                used = np.where(timely, np.cos(angle) ** 2 * beta + np.sin(angle) ** 2 * phi, np.inf)
                assert (use <= used.min(axis=0) + 1e-12).all()


def test_refined_model_costs_what_its_plan_costs() -> None:
    for table in TABLES:
        model = get_formulation("joint_tangent").build(table)
        outcome, _ = solve_refined(model)
        if outcome.values is not None:
            cost = cost_of(table, model.decode(outcome.values))
            # Shares of `decode` are near the best ones, and never better than the bound.
            assert outcome.objective <= cost * (1 + 1e-6)
            assert cost <= outcome.objective * 1.02


@pytest.mark.parametrize("k", [0, 6])
def test_relaxation_reaches_the_perspective_bound(k: int) -> None:
    import cvxpy as cp

    found = optimum(get_formulation("joint_relaxed").build(TABLES[k]))
    problem = state_in_cvxpy(TABLES[k])
    problem.solve(solver=cp.CLARABEL)
    assert found == pytest.approx(problem.value, rel=2e-5)
