"""IAO: four methods, one optimum, which is that of enumeration."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from formulations.compare import pyomo_arrays, same_program
from formulations.iao_units import best_cuts, build_units, state_units_in_pyomo
from instances.errors import InputError
from instances.systems.check_iao import evaluate
from instances.systems.iao import UnitsPlan, UnitsProblem
from instances.systems.iao_family import draw_units, units_around
from solvers import Limits, solve
from solvers.systems import SYSTEM_METHODS
from tests.builders import tiny_instance

METHODS = [name for name, entry in SYSTEM_METHODS.items() if entry.system == "IAO"]
BARE = UnitsProblem(([0.0, 1.0],), ([0.5, 0.0],), ([1.0, 0.0],), [0.0, 1.0, 2.0])  # type: ignore[arg-type]


def drawn(seed: int) -> UnitsProblem:
    rng = np.random.default_rng(seed)
    users, units = int(rng.integers(2, 4)), int(rng.integers(3, 8))
    serial_part = 0.0 if seed % 3 == 0 else float(rng.uniform(0, 0.6))
    problem = draw_units(rng, users=users, cuts=int(rng.integers(2, 5)), units=units, serial_part=serial_part)
    if seed % 5 == 0:  # speeds that stand still for some units: more of them may help nobody
        problem = problem.replace(speed=np.concatenate([[0.0], np.repeat(problem.speed[1:], 2)[:units]]))
    return problem


def least_by_enumeration(problem: UnitsProblem) -> float:
    """Every cut with every division of the units."""
    cuts = list(itertools.product(*(range(len(c)) for c in problem.device_s)))
    shares = itertools.product(range(problem.n_units + 1), repeat=problem.n_users)
    units = [s for s in shares if sum(s) <= problem.n_units]
    return min(evaluate(problem, UnitsPlan(np.array(c), np.array(u))).largest_s for c in cuts for u in units)


@pytest.mark.parametrize("chunk", range(5))
def test_p26_all_methods_reach_the_optimum_of_enumeration(chunk: int) -> None:
    """5 × 50 problems, two thirds with units of sub-linear speed-up."""
    for seed in range(50 * chunk, 50 * (chunk + 1)):
        problem = drawn(seed)
        best = least_by_enumeration(problem)
        for name in METHODS:
            report = evaluate(problem, SYSTEM_METHODS[name].solve(problem))
            assert not report.violations
            assert report.largest_s == pytest.approx(best, rel=1e-6 if name == "iao_milp" else 1e-12), (name, seed)


def test_p26_methods_agree_on_larger_problems() -> None:
    for seed in range(8):
        rng = np.random.default_rng(seed)
        problem = draw_units(rng, users=10, cuts=8, units=30, serial_part=0.05 * (seed % 5))
        values = {name: evaluate(problem, SYSTEM_METHODS[name].solve(problem)).largest_s for name in METHODS}
        assert max(values.values()) == pytest.approx(min(values.values()), rel=1e-6), values


def test_p26_more_units_make_nobody_slower() -> None:
    for seed in range(100):
        latency, _ = best_cuts(drawn(seed))
        assert (latency[:, 1:] <= latency[:, :-1]).all()


@pytest.mark.parametrize("error", [0.05, 0.2])
def test_p26_wrong_estimates_cost_no_more_than_proven(error: float) -> None:
    worst = 1.0
    for seed in range(150):
        problem, rng = drawn(seed), np.random.default_rng(10_000 + seed)
        guess = problem.replace(
            **{n: tuple(c * rng.uniform(1 - error, 1 + error, len(c)) for c in getattr(problem, n))
               for n in ("device_s", "uplink_s", "server_s")}
        )  # fmt: skip
        for name in METHODS:
            got = evaluate(problem, SYSTEM_METHODS[name].solve(guess)).largest_s
            best = evaluate(problem, SYSTEM_METHODS["iao_bisection"].solve(problem)).largest_s
            worst = max(worst, got / best)
            assert got <= best * (1 + error) / (1 - error) * (1 + 1e-6)
    assert worst > 1  # some estimates were wrong enough to matter


def test_statement_and_arrays_are_the_same_problem() -> None:
    for seed in range(6):
        latency, _ = best_cuts(drawn(seed))
        scale = float(latency[np.isfinite(latency)].max())
        program, _ = build_units(latency, scale)
        assert same_program(program, pyomo_arrays(state_units_in_pyomo(latency, scale))) is None


def test_users_around_one_server_are_those_of_the_joint_problem_with_fixed_uplinks() -> None:
    """With an equal number of blocks for everybody, the joint problem can do no better than IAO's."""
    found = 0
    for seed in range(12):
        instance = tiny_instance(seed, 2, 1, 3, memory_limits=False, tightness=0.0).replace(problem="J-M")
        machines, users = instance.servers, instance.users
        instance = instance.replace(
            servers=machines.replace(blocks=np.array([2])),
            users=users.replace(weight=np.ones(2), deadline_s=np.full(2, 1e3)),
        )
        problem = units_around(instance, int(machines.units[0]))
        got = evaluate(problem, SYSTEM_METHODS["iao"].solve(problem)).largest_s
        joint = solve(instance, "bottleneck", limits=Limits(gap=1e-6))
        assert joint.bound_j <= got * (1 + 1e-9)
        both = joint.plan is not None and (joint.plan.uplink_share == 0.5).all()
        if both:  # it also gave one block to each
            found += 1
            assert joint.objective_j == pytest.approx(got, rel=1e-5)
    assert found >= 2


def test_checker_names_what_is_broken() -> None:
    good = UnitsPlan(np.array([0]), np.array([2]))
    assert evaluate(BARE, good).largest_s == pytest.approx(1.0)
    for plan, what in (
        (UnitsPlan(np.array([0]), np.array([3])), "units of the server"),
        (UnitsPlan(np.array([2]), np.array([1])), "cut of user 0"),
        (UnitsPlan(np.array([0]), np.array([0])), "on no unit"),
        (UnitsPlan(np.array([0]), np.array([0.5])), "units of user 0"),
        (UnitsPlan(np.array([0, 0]), np.array([1, 1])), "a user"),
    ):
        report = evaluate(BARE, plan)
        assert report.largest_s == math.inf and any(what in v for v in report.violations), what


def test_bad_problems_are_refused() -> None:
    for change in ({"speed": [1.0, 2.0]}, {"speed": [0.0, 2.0, 1.0]}, {"uplink_s": (np.array([0.5]),)},
                   {"server_s": (np.array([-1.0, 0.0]),)}):  # fmt: skip
        with pytest.raises(InputError):
            BARE.replace(**change)
    with pytest.raises(InputError):
        UnitsProblem((), (), (), np.array([0.0, 1.0]))
    hungry = UnitsProblem(([0.0],) * 3, ([0.0],) * 3, ([1.0],) * 3, [0.0, 1.0])  # type: ignore[arg-type]
    for name in ("iao_bisection", "iao_milp"):
        with pytest.raises(InputError):
            SYSTEM_METHODS[name].solve(hungry)
