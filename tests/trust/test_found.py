"""Contradictions that the differential harness found, and are mended: one test each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import results.trust.twists  # noqa: F401  both register themselves
from results.trust.askers import askers_now
from results.trust.draws import TWISTS, draw
from results.trust.reproducers import replay
from solvers import Limits, Verdict, solve
from tests.builders import tiny_instance

REPRODUCERS = sorted((Path(__file__).parents[1] / "data" / "contradictions").glob("*.json"))


@pytest.mark.parametrize("path", REPRODUCERS, ids=lambda path: path.stem)
def test_reproducers_no_longer_show_anything(path: Path) -> None:
    assert replay(path, askers_now()) == []


def test_there_are_reproducers() -> None:
    assert len(REPRODUCERS) == 2


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("number", [180, 336])
@pytest.mark.parametrize("method", ["branch", "prices"])
def test_where_nobody_counts_no_figure_runs_over(number: int, method: str) -> None:
    """The best bound is 0, and no gap is small beside that: the price method went on until its numbers ran over."""
    instance, about = draw(5, number)
    assert "weightless" in about["twists"] and instance.n_users == 1
    result = solve(instance, method, limits=Limits(gap=1e-6, nodes=200, rounds=50), seed=number)
    assert (result.verdict, result.objective_j, result.certified_j) == (Verdict.CERTIFIED, 0.0, 0.0)


@pytest.mark.parametrize("allocation", ["units", "continuous"])
def test_certificates_where_time_costs_and_energy_does_not(allocation: str) -> None:
    """Remote options were left out on account of a loose bound of the local cost, a better one was then used for it."""
    certified = 0
    for seed in range(6):
        plain = tiny_instance(seed, users=2, servers=1, layers=2, allocation=allocation, tightness=0.2, problem="J-L",
                              memory_limits=False)  # fmt: skip
        instance = plain.replace(devices=plain.devices.replace(kappa=np.zeros(len(plain.devices))))
        truth = solve(instance, "brute_force")
        for method in ("prices", "branch"):
            result = solve(instance, method, limits=Limits(gap=1e-6, nodes=500))
            assert result.verdict is not Verdict.WRONG, result.message
            assert result.certified_j <= truth.objective_j * (1 + 1e-9)
            certified += result.certified_j > 0.5 * truth.objective_j
    assert certified >= 6


@pytest.mark.parametrize(
    ("method", "allocation"), [("exact", "units"), ("exact", "continuous"), ("joint_units", "units")]
)
def test_of_costs_that_are_all_zero_the_solver_is_not_asked(
    method: str, allocation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HiGHS ends some of them, tiny as they are, with "solve error"."""
    solved = 0
    for seed in range(6):
        plain = tiny_instance(seed, users=2, servers=2, layers=2, allocation=allocation, tightness=0.2)
        instance = TWISTS["no static power"](
            TWISTS["no energy"](plain, np.random.default_rng(0)), np.random.default_rng(0)
        )
        monkeypatch.setattr("solvers.exact.solve_program", _refuse)
        result = solve(instance, method)
        solved += result.plan is not None
        assert result.plan is None or (result.verdict, result.bound_j) == (Verdict.OPTIMAL, 0.0), result.message
    assert solved >= 4


def _refuse(*_: object, **__: object) -> None:
    raise AssertionError("HiGHS was asked")
