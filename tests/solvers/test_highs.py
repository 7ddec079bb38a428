"""The one place that talks to HiGHS: canaries for its known faults, and the rules of `solvers.highs`."""

from __future__ import annotations

import itertools
import math

import highspy
import numpy as np
import pytest
import scipy.sparse as sp

from formulations.program import Program, Rows
from instances.columns import Floats
from instances.errors import InputError
from solvers.answer import Limits
from solvers.highs import HighsOptions, Status, highs_version, solve_program
from solvers.highs.program import STATUS_MAP, violation


def knapsack(n: int = 200, m: int = 10, seed: int = 0, integer: bool = True) -> Program:
    """Hard enough not to be solved at the root node."""
    rng = np.random.default_rng(seed)
    weights = rng.integers(1, 100, (m, n)) / 100.0
    rows = Rows(sp.csr_matrix(weights), np.full(m, -np.inf), weights.sum(axis=1) / 2)
    return Program(-rng.random(n), np.zeros(n), np.ones(n), np.full(n, integer), rows)


def small(cost: list[float], matrix: list[list[float]], upper: list[float], integer: bool = True) -> Program:
    rows = Rows(
        sp.csr_matrix(np.array(matrix, dtype=float)), np.full(len(upper), -np.inf), np.array(upper, dtype=float)
    )
    n = len(cost)
    return Program(np.array(cost, dtype=float), np.zeros(n), np.full(n, 10.0), np.full(n, integer), rows)


def test_version_is_one_that_was_measured() -> None:
    assert tuple(int(k) for k in highs_version().split(".")[:2]) >= (1, 15)


def test_canary_small_models_are_solved_right() -> None:
    """All small integer models of a family, against enumeration: wrong optima have been seen in older releases."""
    rng = np.random.default_rng(11)
    for _ in range(60):
        matrix = rng.integers(-5, 9, (2, 2)).astype(float)
        upper = rng.integers(1, 40, 2).astype(float)
        cost = rng.integers(-9, 9, 2).astype(float)
        got = solve_program(small(cost.tolist(), matrix.tolist(), upper.tolist()), Limits(gap=0.0))
        points = np.array([(x, y) for x in range(11) for y in range(11)], dtype=float)
        fits = (points @ matrix.T <= upper + 1e-9).all(axis=1)
        assert got.status is Status.OPTIMAL
        assert got.objective == pytest.approx(float((points[fits] @ cost).min()))


@pytest.mark.parametrize("size", [1e-9, 1e-6, 1.0, 1e6])
def test_objective_of_any_size_is_solved_as_well(size: float) -> None:
    """At 1e-6 plain HiGHS calls a plan optimal at a 15 % gap: our scaling must undo that."""
    program = knapsack(40, 5)
    plain = solve_program(program, Limits(gap=0.0))
    scaled = Program(program.cost * size, program.lower, program.upper, program.integer, program.rows)
    got = solve_program(scaled, Limits(gap=0.0))
    assert got.status is Status.OPTIMAL
    assert got.objective / size == pytest.approx(plain.objective, rel=1e-9)
    assert got.bound / size == pytest.approx(plain.bound, rel=1e-6)


def test_every_model_status_is_mapped() -> None:
    assert set(highspy.HighsModelStatus.__members__.values()) <= set(STATUS_MAP) | {
        highspy.HighsModelStatus.__members__.get("kMin")
    }


def test_bad_scaling_is_refused() -> None:
    with pytest.raises(InputError, match=r"row 0, column x1.*outside"):
        small([1, 1], [[1, 1e6]], [1])


def test_unknown_and_mistyped_options_are_refused() -> None:
    with pytest.raises(InputError, match="did you mean 'presolve'"):
        HighsOptions({"presolv": "off"})
    with pytest.raises(InputError, match="HiGHS wants a float"):
        HighsOptions({"mip_abs_gap": 1})
    with pytest.raises(InputError, match="refuses the value"):
        solve_program(knapsack(10, 2), Limits(), options=HighsOptions({"presolve": "perhaps"}))


def test_infeasible_and_unbounded() -> None:
    infeasible = Program(
        np.ones(1),
        np.zeros(1),
        np.ones(1),
        np.ones(1, bool),
        Rows(sp.csr_matrix([[1.0]]), np.array([2.0]), np.array([3.0])),
    )
    got = solve_program(infeasible, Limits())
    assert (got.status, got.values, got.bound) == (Status.INFEASIBLE, None, math.inf)
    free = Program(
        -np.ones(1),
        np.zeros(1),
        np.array([np.inf]),
        np.zeros(1, bool),
        Rows(sp.csr_matrix([[-1.0]]), np.array([-np.inf]), np.array([0.0])),
    )
    assert solve_program(free, Limits()).status is Status.UNBOUNDED


def test_lp_bound_is_its_objective_and_duals_come_back() -> None:
    got = solve_program(knapsack(integer=False), Limits())
    assert got.bound == got.objective < 0
    assert got.row_duals is not None and (got.row_duals <= 1e-9).all()


def test_node_limit_keeps_plan_and_bound() -> None:
    got = solve_program(knapsack(), Limits(nodes=20, gap=0.0))
    assert got.status is Status.NODES
    assert got.values is not None and violation(knapsack(), got.values) <= 1e-6
    assert got.bound <= got.objective


def test_node_limited_runs_are_reproducible() -> None:
    first, second = (solve_program(knapsack(), Limits(nodes=20, gap=0.0), seed=3) for _ in range(2))
    assert (first.objective, first.bound, first.nodes) == (second.objective, second.bound, second.nodes)


def test_keyboard_interrupt_keeps_the_incumbent() -> None:
    seen: list[float] = []

    def stop_at_second(values: Floats | None, best: float, bound: float) -> None:
        if values is not None:
            seen.append(best)
            raise KeyboardInterrupt

    got = solve_program(knapsack(400, 25), Limits(gap=0.0, time_s=60), on_state=stop_at_second)
    assert got.status is Status.INTERRUPTED
    assert got.values is not None and got.objective <= seen[0] + 1e-9


def test_a_limit_without_a_plan_gives_no_value() -> None:
    """No incumbent: cvxpy reports 0 here, and Pyomo raises."""
    rng = np.random.default_rng(5)
    n, m = 60, 12
    weights = rng.integers(1, 100, (m, n)) / 100.0
    rhs = np.floor(weights.sum(axis=1) * 50) / 100 + 0.005  # parity keeps simple heuristics from an equality solution
    program = Program(rng.random(n), np.zeros(n), np.ones(n), np.ones(n, bool), Rows(sp.csr_matrix(weights), rhs, rhs))
    got = solve_program(program, Limits(nodes=1))
    assert got.values is None
    assert got.objective == math.inf


def test_start_is_used() -> None:
    program = knapsack()
    best = solve_program(program, Limits(nodes=50, gap=0.0))
    assert best.values is not None
    again = solve_program(program, Limits(nodes=1, gap=0.0), start=np.round(best.values))
    assert again.objective <= best.objective + 1e-9


def test_empty_program() -> None:
    rows = Rows(sp.csr_matrix((1, 0)), np.array([0.0]), np.array([1.0]))
    nothing = Program(np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0, bool), rows, offset=2.5)
    assert solve_program(nothing, Limits()).objective == 2.5


def test_a_solve_error_of_presolve_is_asked_again() -> None:
    """A program without a solution, all costs 0: 1.15.1 stops with 'Solve error', and says infeasible without presolve.

    Three users on two servers of 6 blocks and 4 or 5 units, with memory for one of the three networks.
    """
    pick = np.zeros((3, 16))
    pick[0, :5] = pick[1, 5:9] = pick[2, 9:14] = 1
    load = np.array([
        [3, 4, 0, 0, 0, 2, 3, 6, 0, 2, 3, 4, 0, 0, -6, 0], [0, 0, 2, 3, 4, 0, 0, 0, 6, 0, 0, 0, 2, 3, 0, -6],
        [5, 4, 0, 0, 0, 4, 3, 2, 0, 5, 4, 3, 0, 0, -5, 0], [0, 0, 4, 3, 2, 0, 0, 0, 4, 0, 0, 0, 3, 2, 0, -4],
        [0.556, 0.556, 0, 0, 0, 0.556, 0.556, 0.556, 0, 0.556, 0.556, 0.556, 0, 0, -1, 0],
    ])  # fmt: skip
    rows = Rows(sp.csr_matrix(np.vstack([pick, load])), np.array([1.0] * 3 + [-np.inf] * 5),
                np.array([1.0] * 3 + [0.0] * 5))  # fmt: skip
    lower = np.append(np.zeros(14), np.ones(2))
    program = Program(np.zeros(16), lower, np.ones(16), np.ones(16, dtype=bool), rows)
    choices = np.array(list(itertools.product(range(5), range(5, 9), range(9, 14))))
    assert (load[:, choices].sum(axis=2) + load[:, 14:].sum(axis=1)[:, None] > 1e-9).any(axis=0).all()
    for seed in range(3):
        assert solve_program(program, Limits(gap=0.0), seed=seed).status is Status.INFEASIBLE
