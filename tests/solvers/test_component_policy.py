"""The learned policy: better than a coin, never better than the optimum, and honest about deadlines it misses."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from instances.check_components import check_components
from instances.component_family import draw_task
from instances.components import Division
from instances.errors import InputError
from solvers.components import solve_components
from solvers.components.policy import Policy, round_shares, train_policy
from solvers.components.registry import Decides
from solvers.components.regret import measure_regret
from solvers.result import Verdict

DECISIONS: tuple[Decides, ...] = ("places", "places and sizes")
REASON = "the extra learn (scikit-learn) is not installed"


@pytest.fixture(scope="module", params=DECISIONS)
def trained(request: pytest.FixtureRequest) -> Policy:
    pytest.importorskip("sklearn", reason=REASON)
    rng = np.random.default_rng(1)
    return train_policy([draw_task(rng, weighting="delay") for _ in range(600)], request.param, rng)


def test_policy_learns(trained: Policy) -> None:
    rng = np.random.default_rng(2)
    tasks = [draw_task(rng, weighting="delay") for _ in range(200)]
    regret = measure_regret(tasks, trained.decide(tasks), trained.decides)
    assert regret.bit > regret.constant_bit + 0.02
    assert 0.4 < regret.feasible <= 1 and regret.cost >= 0 and regret.tasks == 200
    assert regret.worst_cost >= regret.cost / 2


def test_policy_is_a_method(trained: Policy) -> None:
    task = draw_task(np.random.default_rng(3), weighting="delay")
    result = solve_components(task, trained)
    assert result.verdict in (Verdict.FEASIBLE, Verdict.UNKNOWN)
    assert result.division is not None and result.division.steps.sum() == task.resolution
    assert result.report == check_components(task, result.division)


def test_optimal_divisions_have_no_regret() -> None:
    rng = np.random.default_rng(4)
    tasks = [draw_task(rng) for _ in range(10)]
    best = [solve_components(t, "sizing").division for t in tasks]
    regret = measure_regret(tasks, [d for d in best if d is not None], "places and sizes")
    assert regret.constant_bit < 1
    assert (regret.bit, regret.vector, regret.size, regret.division, regret.feasible) == (1, 1, 1, 1, 1)
    assert (regret.cost, regret.energy, regret.latency) == (0, 0, 0)


def test_regret_counts_what_is_late() -> None:
    rng = np.random.default_rng(5)
    tasks = [draw_task(rng, resolution=12) for _ in range(4)]
    divisions = [
        Division(np.array([7, 1, 1, 1, 1, 1]), np.zeros(6, dtype=bool)) for _ in tasks[:2]
    ]  # the device is late
    divisions += [Division(t.steps, np.zeros(6, dtype=bool)) for t in tasks[2:]]
    assert measure_regret(tasks, divisions, "places and sizes").feasible == 0.5
    with pytest.raises(InputError, match="feasible"):
        measure_regret(tasks[:2], divisions[:2], "places and sizes")


@pytest.mark.parametrize(
    ("shares", "steps", "rounded"),
    [([0.5, 0.5], 4, [2, 2]), ([0.9, 0.05, 0.05], 10, [8, 1, 1]), ([-1.0, 0.2, 0.9], 10, [1, 1, 8]),
     ([0.34, 0.33, 0.33], 3, [1, 1, 1]), ([0.0, 0.0], 5, [3, 2])],
)  # fmt: skip
def test_shares_are_rounded_to_the_sum(shares: list[float], steps: int, rounded: list[int]) -> None:
    assert round_shares(np.array(shares), steps).tolist() == rounded


def test_too_few_steps_are_refused() -> None:
    with pytest.raises(InputError, match="at least"):
        round_shares(np.array([0.5, 0.3, 0.2]), 2)


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(InputError, match=r"edgecut\[learn\]"):
        train_policy([draw_task(np.random.default_rng(0))], "places", np.random.default_rng(0))
