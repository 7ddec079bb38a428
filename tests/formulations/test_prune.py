"""Pruning keeps the optimum."""

from __future__ import annotations

import math

import numpy as np
import pytest

from formulations import get_formulation
from instances.prune import prune
from tests.formulations.helpers import optimum, tables, without_memory


@pytest.mark.parametrize(
    ("allocation", "name", "last"), [("units", "joint_units", 140), ("continuous", "joint_tangent", 114)]
)
def test_optimum_stays(allocation: str, name: str, last: int) -> None:
    removed = 0
    for table in tables(range(100, last), users=4, servers=2, layers=5, allocation=allocation):
        small = prune(table)
        removed += len(table) - len(small)
        assert np.diff(small.start).min() > 0
        before, after = (optimum(get_formulation(name).build(t)) for t in (table, small))
        assert after == pytest.approx(before, rel=1e-6) or (math.isinf(before) and math.isinf(after))
    assert removed > 0


def test_twice_is_once_and_ties_keep_one() -> None:
    for table in tables(range(130, 140), users=3, layers=4, allocation="units"):
        free = without_memory(table)
        doubled = free.take(np.repeat(np.arange(len(free)), 2))
        once = prune(doubled)
        assert np.diff(once.start).min() > 0
        assert len(prune(once)) <= len(once)
        keys = np.stack([once.user, once.server, once.cut])
        assert len(np.unique(keys, axis=1).T) == len(once)
