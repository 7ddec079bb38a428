"""Contradictions that the differential harness found, and are mended: one test each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from results.trust.askers import askers_now
from results.trust.reproducers import replay
from solvers import Limits, Verdict, solve
from tests.builders import tiny_instance

REPRODUCERS = sorted((Path(__file__).parents[1] / "data" / "contradictions").glob("*.json"))


@pytest.mark.parametrize("path", REPRODUCERS, ids=lambda path: path.stem)
def test_reproducers_no_longer_show_anything(path: Path) -> None:
    assert replay(path, askers_now()) == []


def test_there_are_reproducers() -> None:
    assert len(REPRODUCERS) == 2


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
