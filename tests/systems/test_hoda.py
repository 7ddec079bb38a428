"""Binary offloading on few sub-channels: power and clocks in closed form, exact methods, heuristic, evaluator."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from instances.errors import InputError
from instances.systems.check_hoda import evaluate
from instances.systems.hoda import Cell, CellPlan, draw_cell
from solvers.systems.hoda import (
    best_power_w,
    enumerate_sets,
    heuristic,
    nobody,
    plan_of,
    set_value,
    solve_milp,
    terms_of,
)


def test_local_energy_is_that_of_the_constants() -> None:
    cell = Cell(np.array([0.5, 0.8, 1.0]), np.full(3, 1e4))
    assert evaluate(cell, nobody(cell)).energy_j == pytest.approx([1.25, 3.2, 5.0])
    assert evaluate(cell, nobody(cell)).utility == 0


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
def test_p28a_power_is_the_best_one(weight: float) -> None:
    cell = dataclasses.replace(draw_cell(40, np.random.default_rng(0)), time_weight=weight)
    best = terms_of(cell).gain
    for power in np.geomspace(*cell.power_w, 400):
        assert (terms_of(cell, np.full(40, power)).gain <= best + 1e-9).all()
    power = best_power_w(cell)
    assert (power >= cell.power_w[0]).all() and (power <= cell.power_w[1]).all()


def test_p28b_clocks_are_the_best_ones_and_value_is_the_checkers() -> None:
    rng = np.random.default_rng(1)
    for _ in range(40):
        cell = draw_cell(4, rng)
        terms = terms_of(cell)
        plan = plan_of(cell, terms, [0, 2, 3])
        value = evaluate(cell, plan).utility
        assert value == pytest.approx(set_value(terms, [0, 2, 3]))
        for _ in range(20):
            other = dataclasses.replace(plan, server_ghz=cell.server_ghz * rng.dirichlet(np.ones(3)))
            assert evaluate(cell, other).utility <= value + 1e-12


@pytest.mark.parametrize("task_mbit", [0.42, 3.36])
@pytest.mark.parametrize("users", [2, 6, 10])
def test_p28_exact_methods_agree_and_heuristic_is_no_better(users: int, task_mbit: float) -> None:
    rng = np.random.default_rng(users)
    for _ in range(8):
        cell = draw_cell(users, rng, task_mbit=task_mbit)
        listed, milp, fast = (evaluate(cell, method(cell)) for method in (enumerate_sets, solve_milp, heuristic))
        assert not (listed.violations or milp.violations or fast.violations)
        assert milp.utility == pytest.approx(listed.utility, abs=1e-8)
        assert -1e-12 <= fast.utility <= listed.utility + 1e-12


def test_milp_where_sets_are_too_many() -> None:
    cell = dataclasses.replace(draw_cell(60, np.random.default_rng(2)), channels=12, server_ghz=40.0)
    with pytest.raises(InputError, match="solve_milp"):
        enumerate_sets(cell)
    exact = evaluate(cell, solve_milp(cell))
    assert exact.utility >= evaluate(cell, heuristic(cell)).utility - 1e-9 and not exact.violations


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"power_w": np.array([0.2, 0.1])}, "power"),
        ({"server_ghz": np.array([3.0, 1.5])}, "clock of the server"),
        ({"remote": np.array([0, 0])}, "users that hand over"),
        ({"remote": np.array([0, 9])}, "users that hand over"),
        ({"power_w": np.array([0.1])}, "power and clock for each"),
    ],
)
def test_broken_rules_are_named(change: dict[str, np.ndarray], rule: str) -> None:
    cell = draw_cell(3, np.random.default_rng(0))
    good = CellPlan(np.array([0, 1]), np.array([0.1, 0.1]), np.array([2.0, 2.0]))
    assert not evaluate(cell, good).violations
    assert evaluate(cell, dataclasses.replace(good, **change)).violations == (rule,)
    assert evaluate(dataclasses.replace(cell, channels=1), good).violations == ("sub-channels",)


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="snr_per_w"):
        Cell(np.array([1.0]), np.array([0.0]))
    with pytest.raises(InputError, match="time_weight"):
        dataclasses.replace(draw_cell(2, np.random.default_rng(0)), time_weight=2.0)
