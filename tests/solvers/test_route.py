"""Routes by input: dynamic programming against every policy, and what the record and the checker refuse."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

from instances.errors import InputError
from instances.systems.check_hierarchy import check_route
from instances.systems.hierarchy import Hierarchy, catalogue_hierarchy
from solvers.online.route import best_fixed_route, best_route, learn_route


def tiny(seed: int) -> Hierarchy:
    """Two blocks, two tiers, two levels."""
    rng = np.random.default_rng(seed)
    return Hierarchy(
        run_cost=rng.uniform(0.0, 0.3, (2, 2)), up_cost=rng.uniform(0.0, 0.3, (1, 3)),
        accuracy=np.sort(rng.uniform(0.2, 1.0, (3, 2)), axis=1), exits=np.array([False, True, True]),
        room=np.array([int(rng.integers(0, 3)), 2]), begin=np.array([0.6, 0.4]),
        moves=rng.dirichlet([1.0, 1.0], (2, 2)), error_cost=1.0,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_dynamic_programming_is_the_best_of_all_policies(seed: int) -> None:
    problem = tiny(seed)
    action, value = best_route(problem)
    report = check_route(problem, action)
    assert report.valid and report.cost == pytest.approx(value)
    may = problem.allowed().reshape(-1, 3)
    best = np.inf
    for choice in itertools.product(*(np.flatnonzero(row) if row.any() else [0] for row in may)):
        other = check_route(problem, np.array(choice).reshape(problem.shape))
        if other.valid:
            best = min(best, other.cost)
    assert value == pytest.approx(best)
    assert best_fixed_route(problem)[1] >= value - 1e-12


def test_a_fixed_route_looks_at_nothing_and_learning_comes_near() -> None:
    problem = catalogue_hierarchy("alexnet", delay_w=5.0, sure=0.6)
    fixed, cost = best_fixed_route(problem)
    reached = check_route(problem, fixed)
    assert reached.valid and reached.cost == pytest.approx(cost)
    assert (fixed == fixed[:, :, :1]).all()
    learned = check_route(problem, learn_route(problem, np.random.default_rng(0), episodes=3000))
    optimal = best_route(problem)[1]
    assert learned.valid and optimal - 1e-12 <= learned.cost <= 1.2 * optimal


def test_wrong_policies_and_records_are_named() -> None:
    problem = tiny(1)
    assert "cannot be taken" in check_route(problem, np.full(problem.shape, 1)).broken[0]
    assert "shape" in check_route(problem, np.zeros((1, 1, 1), dtype=np.int64)).broken[0]
    for changes, named in (({"begin": np.array([0.5, 0.6])}, "begin"), ({"room": np.array([2, 1])}, "way to an answer"),
                           ({"exits": np.array([True])}, "exits")):  # fmt: skip
        with pytest.raises(InputError, match=named):
            dataclasses.replace(problem, **changes)
    with pytest.raises(InputError, match="blocks"):
        catalogue_hierarchy("alexnet", blocks=0)
