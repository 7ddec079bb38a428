"""A registered formulation is a method: an exact one with its bound, a restriction without."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from formulations import FORMULATIONS
from formulations.joint_units import UnitsModel, build_program
from formulations.parts.unit_columns import UnitColumns, list_columns
from instances.columns import Bools
from instances.expand import expand
from instances.options import LOCAL, OptionTable
from solvers import METHODS, Limits, Stop, Verdict, solve
from solvers.exact import method_of
from tests.builders import tiny_instance


class _Some:
    """The columns model with some of its columns."""

    title, problem, allocation, reference, array = "some columns", "J-E", "units", "own", True

    def __init__(self, name: str, relation: str, keep: Callable[[UnitColumns], Bools]) -> None:
        self.name, self.relation, self.keep = name, relation, keep

    def build(self, table: OptionTable) -> UnitsModel:
        columns = list_columns(table)
        kept = self.keep(columns)
        some = UnitColumns(*(getattr(columns, field.name)[kept] for field in fields(columns)))
        return UnitsModel(table, some, build_program(table, some))

    def to_pyomo(self, table: OptionTable) -> Any:
        raise AssertionError("not asked for here")


@pytest.fixture
def registered() -> Iterator[Callable[[_Some], str]]:
    def register(entry: _Some) -> str:
        FORMULATIONS.add(entry.name, entry)  # type: ignore[arg-type]
        METHODS.add(entry.name, method_of(entry)())  # type: ignore[arg-type]
        return entry.name

    with FORMULATIONS.restored(), METHODS.restored():
        yield register


def _everything(columns: UnitColumns) -> Bools:
    return np.ones(len(columns), dtype=bool)


def _local_only(columns: UnitColumns) -> Bools:
    return np.asarray(columns.server == LOCAL)


def test_an_exact_one_proves_its_plan(registered: Callable[[_Some], str]) -> None:
    name = registered(_Some("all_columns", "exact", _everything))
    instance = tiny_instance(4, users=4, servers=2, layers=3, allocation="units", tightness=0.3)
    found, known = (
        solve(instance, name, limits=Limits(gap=1e-6)),
        solve(instance, "joint_units", limits=Limits(gap=1e-6)),
    )
    assert found.verdict is Verdict.OPTIMAL and METHODS[name].kind == "exact"
    assert found.objective_j == pytest.approx(known.objective_j, rel=1e-9)
    assert METHODS[name].supports(expand(instance.replace(allocation="continuous"))) is not None


def test_bound_of_a_restriction_is_not_that_of_the_problem(registered: Callable[[_Some], str]) -> None:
    name, tried = registered(_Some("few_columns", "restriction", _local_only)), 0
    for seed in range(8):
        instance = tiny_instance(seed, users=4, servers=2, layers=3, allocation="units", tightness=0.3)
        heard: list[float] = []
        found = solve(instance, name, on_progress=lambda progress: heard.append(progress.bound_j))  # noqa: B023
        assert METHODS[name].kind == "heuristic"
        assert found.bound_j == -math.inf and set(heard) == {-math.inf}
        assert found.verdict in (Verdict.FEASIBLE, Verdict.UNKNOWN), found.message
        infeasible = (np.bincount(list_columns(expand(instance)).user[_local_only(list_columns(expand(instance)))],
                                  minlength=4) == 0).any()  # fmt: skip
        if infeasible:
            tried += 1
            assert found.stop is Stop.FINISHED
    assert tried, "no seed has a user that cannot run locally: the case that matters was not tried"


def test_every_formulation_that_can_be_is_a_method() -> None:
    for name, entry in FORMULATIONS.items():
        assert (name in METHODS) == (entry.array or name == "joint_relaxed"), name
