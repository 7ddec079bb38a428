"""What every registered component method must do. New methods are picked up from the registry."""

from __future__ import annotations

import numpy as np
import pytest

from instances.check_components import check_components
from instances.component_family import draw_task
from instances.components import WEIGHTINGS, ComponentTask
from solvers.components import COMPONENT_METHODS, solve_components
from solvers.result import Verdict


@pytest.fixture(params=sorted(WEIGHTINGS))
def task(request: pytest.FixtureRequest) -> ComponentTask:
    return draw_task(np.random.default_rng(4), weighting=request.param, components=4, resolution=12)


@pytest.mark.parametrize("name", COMPONENT_METHODS)
def test_declares_what_it_is(name: str) -> None:
    method = COMPONENT_METHODS[name]
    assert method.name == name and method.title and method.reference
    assert method.kind in ("exact", "heuristic", "learned")
    assert method.decides in ("places", "places and sizes")
    assert (method.guarantee is not None) == (method.kind == "exact")


@pytest.mark.parametrize("name", COMPONENT_METHODS)
def test_result_is_consistent(name: str, task: ComponentTask) -> None:
    result = solve_components(task, name, seed=3)
    assert result.verdict is not Verdict.WRONG
    if result.division is not None:
        assert result.report == check_components(task, result.division)
        assert not result.report.valid or result.cost == result.report.cost
        if COMPONENT_METHODS[name].decides == "places":
            assert np.array_equal(result.division.steps, task.steps)
    if COMPONENT_METHODS[name].kind == "exact":
        assert result.verdict is Verdict.OPTIMAL


@pytest.mark.parametrize("name", COMPONENT_METHODS)
def test_no_heuristic_beats_the_optimum(name: str, task: ComponentTask) -> None:
    best = solve_components(task, "offloading" if COMPONENT_METHODS[name].decides == "places" else "sizing")
    assert solve_components(task, name).cost >= best.cost - 1e-9


@pytest.mark.parametrize("name", COMPONENT_METHODS)
def test_same_seed_same_answer(name: str, task: ComponentTask) -> None:
    first, second = (solve_components(task, name, seed=8) for _ in range(2))
    assert first.cost == second.cost


@pytest.mark.parametrize("name", COMPONENT_METHODS)
def test_impossible_deadline(name: str, task: ComponentTask) -> None:
    result = solve_components(task.replace(deadline_s=np.full(4, 1e-9)), name)
    exact = COMPONENT_METHODS[name].kind == "exact"
    assert result.verdict is (Verdict.INFEASIBLE if exact else Verdict.UNKNOWN)
