"""Relaxation ≤ exact ≤ restriction, and pinned values of the relaxations."""

from __future__ import annotations

import dataclasses
import math

import pytest

from formulations import get_formulation
from tests.formulations.helpers import optimum, tables


def test_relaxation_exact_restriction() -> None:
    for table in tables(range(300, 307), users=4, servers=2, allocation="units"):
        shared = dataclasses.replace(table, allocation="continuous")
        bound = optimum(get_formulation("joint_relaxed").build(shared))
        continuous = optimum(get_formulation("joint_tangent").build(shared))
        linear = optimum(get_formulation("joint_relaxed").build(table))
        units = optimum(get_formulation("joint_units").build(table))
        for low, high in ((bound, continuous), (linear, units), (continuous, units), (bound, linear)):
            assert low <= high * (1 + 1e-6) or math.isinf(high)


# Checked once: continuous relaxation against the cone program, continuous optimum against brute force over choices,
# units optimum against enumeration of every piece. A change here is a change of the model.
PINNED = {
    503: {
        "continuous joint_relaxed": 2.5338518,
        "continuous joint_tangent": 2.5466697,
        "units joint_relaxed": 2.5575246,
        "units joint_units": 2.5575246,
    },
    506: {
        "continuous joint_relaxed": 1.1927230,
        "continuous joint_tangent": 1.2053834,
        "units joint_relaxed": 1.1974416,
        "units joint_units": 1.2092995,
    },
    510: {
        "continuous joint_relaxed": 1.3923187,
        "continuous joint_tangent": 1.3956917,
        "units joint_relaxed": 1.3988021,
        "units joint_units": 1.5045754,
    },
}


@pytest.mark.parametrize("seed", sorted(PINNED))
def test_pinned_values(seed: int) -> None:
    for allocation, exact in (("continuous", "joint_tangent"), ("units", "joint_units")):
        (table,) = tables(range(seed, seed + 1), users=4, servers=2, allocation=allocation, tightness=0.3)
        for name in ("joint_relaxed", exact):
            found = optimum(get_formulation(name).build(table))
            assert found == pytest.approx(PINNED[seed][f"{allocation} {name}"], rel=1e-5)
