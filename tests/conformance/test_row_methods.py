"""What every registered row method must do. New methods are picked up from the registry."""

from __future__ import annotations

import numpy as np
import pytest

from instances.check_rows import check_rows
from instances.errors import InputError
from instances.row_family import draw_rows, draw_spatial
from instances.rows import RowProblem
from solvers.answer import Limits
from solvers.result import Verdict
from solvers.rows import ROW_METHODS, divide_network
from solvers.rows.rounding import holds_enough

LIMITS = Limits(gap=1e-6, nodes=5000)


@pytest.fixture(params=["latency", "energy", "energy in time"])
def problem(request: pytest.FixtureRequest) -> RowProblem:
    rng = np.random.default_rng(6)
    goal = request.param.split()[0]
    made = draw_rows(rng, draw_spatial(rng, layers=4, side=16), goal=goal)
    if request.param == "energy in time":
        alone = divide_network(made, "alone").report
        assert alone is not None
        made = made.replace(deadline_s=alone.latency_s)
    return made


@pytest.mark.parametrize("name", ROW_METHODS)
def test_declares_what_it_is(name: str) -> None:
    method = ROW_METHODS[name]
    assert method.name == name and method.title and method.reference
    assert method.kind in ("exact", "approximation", "heuristic", "learned")
    assert method.decides in ("rows", "pieces")
    assert (method.guarantee is None) == (method.kind in ("heuristic", "learned"))


@pytest.mark.parametrize("name", ROW_METHODS)
def test_result_is_consistent(name: str, problem: RowProblem) -> None:
    if (reason := ROW_METHODS[name].supports(problem)) is not None:
        with pytest.raises(InputError, match="deadline"):
            divide_network(problem, name)
        pytest.skip(f"{name}: {reason}")
    result = divide_network(problem, name, limits=LIMITS)
    assert result.verdict is not Verdict.WRONG
    if result.plan is not None:
        assert result.report == check_rows(problem, result.plan)
    best = divide_network(problem, "rows_exact", limits=LIMITS)
    assert best.verdict is Verdict.OPTIMAL
    if result.plan is not None and holds_enough(problem, result.plan):
        assert result.value >= best.value * (1 - 1e-6)
    if ROW_METHODS[name].kind == "exact":
        assert result.verdict is Verdict.OPTIMAL


@pytest.mark.parametrize("name", ROW_METHODS)
def test_same_problem_same_answer(name: str, problem: RowProblem) -> None:
    if (reason := ROW_METHODS[name].supports(problem)) is not None:
        pytest.skip(f"{name}: {reason}")
    first, second = (divide_network(problem, name, limits=LIMITS) for _ in range(2))
    assert first.plan == second.plan
