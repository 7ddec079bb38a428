"""Component methods against enumeration, and P20: the programmes are exact, the path's LP has whole optima."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from formulations.compare import pyomo_arrays, same_program
from formulations.component_path import build_path, state_path_in_pyomo
from instances.component_costs import ComponentCosts, price_components
from instances.component_family import draw_task
from instances.components import WEIGHTINGS, ComponentTask
from instances.errors import InputError
from solvers.answer import Limits
from solvers.components import COMPONENT_METHODS, ComponentAnswer, solve_components
from solvers.components.dynamic import best_places, best_sizes
from solvers.components.enumeration import all_sizes, look_at_all
from solvers.components.solve import _judge
from solvers.highs import Status, solve_program
from solvers.result import Verdict

SEEDS = range(12)


def random_costs(rng: np.random.Generator, n: int, steps: int) -> ComponentCosts:
    """Any figures at all, with deadlines that often cannot be met."""
    shape = (n, 2, 2)
    most = rng.integers(-1, steps + 1, shape)
    return ComponentCosts(
        rng.uniform(0, 2, shape), rng.uniform(0, 1, shape), np.zeros(shape), np.ones(shape), most, steps
    )


def tasks(count: int, **shape: int) -> list[ComponentTask]:
    rng = np.random.default_rng(17)
    names = list(WEIGHTINGS)
    return [draw_task(rng, weighting=names[k % 3], **shape) for k in range(count)]


@pytest.mark.parametrize("seed", SEEDS)
def test_p20_programmes_find_what_enumeration_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(25):
        n, total = int(rng.integers(1, 5)), int(rng.integers(4, 8))
        costs = random_costs(rng, n, total)
        sizes = all_sizes(total, n)
        every = look_at_all(costs, sizes)
        assert best_sizes(costs).cost == pytest.approx(every.cost, rel=1e-12)
        given = sizes[rng.integers(len(sizes))]
        assert best_places(costs, given).cost == pytest.approx(look_at_all(costs, given[None, :]).cost, rel=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_p20_relaxed_path_has_a_whole_optimum(seed: int) -> None:
    rng = np.random.default_rng(100 + seed)
    costs = random_costs(rng, 5, 10)
    steps = all_sizes(10, 5)[rng.integers(126)]
    path = build_path(costs, steps, integer=False)
    best = best_places(costs, steps)
    if len(set(path.arcs[:, 0].tolist())) < 5:
        assert best.cost == math.inf
        return
    outcome = solve_program(path.program, Limits(gap=0.0))
    if best.division is None:
        assert outcome.status is Status.INFEASIBLE
        return
    assert outcome.objective == pytest.approx(best.cost, rel=1e-7)


def test_p20_relaxed_sizes_bound_the_optimum_and_are_not_whole() -> None:
    gaps = []
    for task in tasks(12, resolution=12):
        costs = price_components(task)
        relaxed = solve_program(build_path(costs, integer=False).program, Limits(gap=0.0)).objective
        exact = best_sizes(costs).cost
        assert relaxed <= exact * (1 + 1e-7)
        gaps.append(exact - relaxed)
    assert max(gaps) > 1e-3  # unlike the path with sizes given


def test_all_exact_methods_agree() -> None:
    for task in tasks(9, components=4, resolution=12):
        for decides in ("places", "places and sizes"):
            exact = [m.name for m in COMPONENT_METHODS.values() if m.kind == "exact" and m.decides == decides]
            results = [solve_components(task, name) for name in exact]
            assert len(results) == 3
            assert all(r.verdict is Verdict.OPTIMAL for r in results)
            assert [r.cost for r in results] == pytest.approx([results[0].cost] * 3, rel=1e-7)


def test_sizing_is_never_worse_than_the_given_division() -> None:
    for task in tasks(9):
        assert solve_components(task, "sizing").cost <= solve_components(task, "offloading").cost * (1 + 1e-12)


def test_statement_and_arrays_are_the_same_problem() -> None:
    for task in tasks(6, components=3, resolution=12):
        costs = price_components(task)
        for steps in (None, task.steps):
            path, stated = build_path(costs, steps), state_path_in_pyomo(costs, steps)
            assert same_program(path.program, pyomo_arrays(stated)) is None


def test_cheaper_resources_never_cost_more() -> None:
    for task in tasks(6):
        better = dataclasses.replace(task.system, core_gflops=2 * task.system.core_gflops)
        for name in ("offloading", "sizing"):
            assert solve_components(task.replace(system=better), name).cost <= solve_components(task, name).cost + 1e-12


def test_a_wrong_claim_is_seen() -> None:
    class Boaster:
        name, title, kind, decides, guarantee, reference = "boaster", "t", "exact", "places", None, "r"

        def supports(self, task: ComponentTask) -> None:
            return None

        def solve(self, task: ComponentTask, *, limits: Limits, rng: np.random.Generator) -> ComponentAnswer:
            answer = best_places(price_components(task), task.steps)
            return dataclasses.replace(answer, cost=answer.cost * 0.99)

    assert solve_components(tasks(1)[0], Boaster()).verdict is Verdict.WRONG  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
def test_bounds_above_the_cost_are_wrong_beyond_rounding(size: float) -> None:
    """Rounding is 1e-7 of the cost, and of 1 where the cost is smaller."""
    answer, report = ComponentAnswer(None, size), None
    method = COMPONENT_METHODS["sizing"]
    for excess, verdict in ((0.9e-7, Verdict.OPTIMAL), (1.1e-7, Verdict.WRONG)):
        bound = size + excess * max(size, 1.0)
        assert _judge(method, answer.cost, bound, size, report, Limits(gap=1e-6)) is verdict
        assert (_judge(method, bound, 0.0, size, report, Limits()) is Verdict.WRONG) == (verdict is Verdict.WRONG)


def test_unknown_method_is_refused() -> None:
    with pytest.raises(InputError, match="offloading"):
        solve_components(tasks(1)[0], "offloding")
