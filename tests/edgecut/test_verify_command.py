"""What `edgecut verify` says of what it found."""

from __future__ import annotations

import dataclasses

import pytest

from edgecut.commands.verify import _as_json, _confirmed
from edgecut.exact import Exact
from solvers import Limits, solve
from solvers.result_file import Examination, examine, result_to_json
from tests.builders import tiny_instance


@pytest.fixture(scope="module")
def found() -> Examination:
    """Of a certified result."""
    instance = tiny_instance(1)
    return examine(instance, result_to_json(solve(instance, "branch", limits=Limits(gap=1e-3, nodes=100))))


def test_figures_of_a_sound_file(found: Examination) -> None:
    assert found.result is not None and not found.faults
    shown = _as_json(found, Exact("the same", True, (), 1.0, 0.5))
    gap = (found.result.objective_j - found.certified_j) / found.result.objective_j
    assert shown["valid"] and shown["certified_j"] == found.certified_j
    assert shown["certified_gap"] == pytest.approx(max(gap, 0.0), abs=1e-12)
    assert shown["exact"] == {"ran": True, "objective": 1.0, "bound": 0.5, "line": "the same"}


def test_a_file_with_faults_has_no_figures(found: Examination) -> None:
    shown = _as_json(dataclasses.replace(found, faults=["the bound"]), Exact("refuted"))
    assert not shown["valid"] and shown["faults"] == ["the bound"]
    assert shown["certified_j"] is None and shown["certified_gap"] is None


def test_without_a_bound_there_is_no_gap(found: Examination) -> None:
    shown = _as_json(dataclasses.replace(found, certified_j=-float("inf")), Exact("not run"))
    assert shown["valid"] and shown["certified_j"] is None and shown["certified_gap"] is None


def test_whose_word_a_bound_is(found: Examination) -> None:
    """A solver's bound is told where it is above what is proven."""
    assert found.result is not None
    objective = found.result.objective_j
    for bound, told in ((0.99, True), (0.8, False)):
        result = dataclasses.replace(found.result, bound_j=bound * objective)
        lines = _confirmed(dataclasses.replace(found, result=result, certified_j=0.9 * objective))
        assert any("the solver's word" in line for line in lines) == told
