"""What every registered method must do, whatever it is. New methods are picked up from the registry."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from instances.check import check
from instances.expand import expand
from instances.instance import Instance
from solvers import METHODS, Limits, Progress, Stop, Verdict, solve
from tests.builders import tiny_admission, tiny_instance

KINDS = {"exact", "bound", "approximation", "heuristic", "online", "learned"}


def skip_unless_supported(name: str, instance: Instance) -> None:
    reason = METHODS[name].supports(expand(instance))
    if reason is not None:
        pytest.skip(f"{name}: {reason}")


@pytest.fixture(params=["units", "continuous", "J-A units", "J-A continuous"])
def instance(request: pytest.FixtureRequest) -> Instance:
    if request.param.startswith("J-A"):
        units = request.param == "J-A units"
        return tiny_admission(4, users=4, servers=2, layers=3, allocation=request.param.split()[1], budgets=units,
                              device_budgets=units)  # fmt: skip
    return tiny_instance(4, users=3, servers=2, layers=3, allocation=request.param, tightness=0.3, memory_limits=False)


@pytest.mark.parametrize("name", METHODS)
def test_declares_what_it_is(name: str) -> None:
    method = METHODS[name]
    assert method.name == name
    assert method.kind in KINDS
    assert method.title and method.reference
    assert method.guarantee is None or method.guarantee


@pytest.mark.parametrize("name", METHODS)
def test_result_is_consistent(name: str, instance: Instance) -> None:
    skip_unless_supported(name, instance)
    result = solve(instance, name, seed=1)
    assert result.verdict is not Verdict.WRONG, result.message
    assert isinstance(result.stop, Stop)
    assert result.build_s >= 0 and result.solve_s >= 0
    if result.plan is not None:
        report = check(instance, result.plan)
        assert report.valid
        assert report.objective_j == result.objective_j
    else:
        assert result.objective_j == math.inf
    assert result.bound_j <= result.objective_j + 1e-6 * abs(result.objective_j) or result.plan is None


@pytest.mark.parametrize("name", METHODS)
def test_same_seed_same_answer(name: str, instance: Instance) -> None:
    skip_unless_supported(name, instance)
    first, second = (solve(instance, name, seed=5, limits=Limits(rounds=10)) for _ in range(2))
    assert first.objective_j == second.objective_j
    assert first.verdict is second.verdict
    if first.plan is not None and second.plan is not None:
        assert np.array_equal(first.plan.server, second.plan.server)


@pytest.mark.parametrize("name", METHODS)
def test_trace_only_improves(name: str, instance: Instance) -> None:
    skip_unless_supported(name, instance)
    heard: list[Progress] = []
    result = solve(instance, name, seed=1, on_progress=heard.append)
    assert heard, "a method reports at least once"
    trace = result.trace
    assert all(a.best_j >= b.best_j and a.bound_j <= b.bound_j for a, b in itertools.pairwise(trace))
    assert all(a.time_s <= b.time_s for a, b in itertools.pairwise(trace))


@pytest.mark.parametrize("name", METHODS)
def test_interrupt_at_once_gives_a_result_not_a_traceback(name: str, instance: Instance) -> None:
    skip_unless_supported(name, instance)
    calls = 0

    def interrupt(progress: Progress) -> None:
        nonlocal calls
        calls += 1
        if calls > 1:  # the first report comes before any work
            raise KeyboardInterrupt

    result = solve(instance, name, seed=1, on_progress=interrupt)
    assert result.verdict is not Verdict.WRONG
    assert result.plan is None or result.valid


@pytest.mark.parametrize("name", METHODS)
def test_impossible_deadline_is_explained(name: str, instance: Instance) -> None:
    deadline = instance.users.deadline_s.copy()
    deadline[1] = 1e-6
    hopeless = instance.replace(users=instance.users.replace(deadline_s=deadline))
    skip_unless_supported(name, hopeless)
    result = solve(hopeless, name)
    if instance.problem == "J-A":  # whoever cannot be served is turned away
        assert not result.verdict.infeasible and result.verdict is not Verdict.WRONG, result.message
        assert result.report is None or not result.report.admitted[1]
        return
    assert result.verdict.infeasible
    assert "user u1: best possible" in result.message


@pytest.mark.parametrize("allocation", ["units", "continuous"])
@pytest.mark.parametrize("name", METHODS)
def test_no_servers_at_all(name: str, allocation: str) -> None:
    alone = tiny_instance(3, users=3, servers=0, layers=3, tightness=0.0, memory_limits=False)
    instance = alone.replace(allocation=allocation)
    skip_unless_supported(name, instance)
    result = solve(instance, name)
    assert result.verdict is not Verdict.WRONG, result.message
    if METHODS[name].kind == "exact":
        assert result.verdict in (Verdict.CERTIFIED, Verdict.OPTIMAL)
