"""Relaxation ≤ exact ≤ restriction, and pinned values of the relaxations."""

from __future__ import annotations

import dataclasses
import math

import pytest

from formulations import get_formulation
from tests.formulations.helpers import optimum, tables


def test_relaxation_exact_restriction() -> None:
    for table in tables(range(300, 315), users=4, servers=2, allocation="units"):
        shared = dataclasses.replace(table, allocation="continuous")
        bound = optimum(get_formulation("joint_relaxed").build(shared))
        continuous = optimum(get_formulation("joint_tangent").build(shared))
        linear = optimum(get_formulation("joint_relaxed").build(table))
        units = optimum(get_formulation("joint_units").build(table))
        for low, high in ((bound, continuous), (linear, units), (continuous, units), (bound, linear)):
            assert low <= high * (1 + 1e-6) or math.isinf(high)


# Checked once against the cone program (continuous) and the enumeration (units); a change is a change of the model.
PINNED: dict[int, dict[str, float]] = {}


@pytest.mark.parametrize("seed", sorted(PINNED))
def test_pinned_values(seed: int) -> None:
    for allocation, exact in (("continuous", "joint_tangent"), ("units", "joint_units")):
        (table,) = tables(range(seed, seed + 1), users=4, servers=2, allocation=allocation, tightness=0.3)
        for name in ("joint_relaxed", exact):
            found = optimum(get_formulation(name).build(table))
            assert found == pytest.approx(PINNED[seed][f"{allocation} {name}"], rel=1e-5)
