"""Formulations of one request: the readable statement and the arrays are the same problem."""

from __future__ import annotations

import numpy as np
import pytest

from formulations.compare import pyomo_arrays, same_program
from formulations.split import SPLIT_FORMULATIONS
from instances.request_costs import Goal
from tests.request_builders import tiny_request


@pytest.mark.parametrize("name", SPLIT_FORMULATIONS)
def test_same_matrix(name: str) -> None:
    chosen, tried = SPLIT_FORMULATIONS[name], 0
    for seed in range(16):
        request = tiny_request(np.random.default_rng([seed, 21]), 4, 2 + seed % 2, one_way=seed % 4 < 2,
                               route=("relay", "direct")[seed // 2 % 2], sinks=seed % 5 == 0, limits=seed % 3 == 0,
                               gaps=seed % 7 == 0)  # fmt: skip
        for goal in (Goal.latency(), Goal.mixed(2.0), Goal.stage()):
            if chosen.supports(request, goal) is None:
                tried += 1
                arrays = chosen.build(request, goal).program
                assert same_program(arrays, pyomo_arrays(chosen.to_pyomo(request, goal))) is None
    assert tried >= 12


@pytest.mark.parametrize("name", SPLIT_FORMULATIONS)
def test_declares_what_it_is(name: str) -> None:
    known = SPLIT_FORMULATIONS[name]
    assert known.name == name and known.title and known.reference
    assert known.relation in {"exact", "relaxation", "restriction"}
