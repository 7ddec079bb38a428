"""The readable statement and the arrays are the same problem, for every formulation that has both."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from formulations import FORMULATIONS, get_formulation
from formulations.compare import pyomo_arrays, same_program
from instances.errors import InputError
from instances.expand import expand
from instances.options import OptionTable
from tests.builders import tiny_admission
from tests.formulations.helpers import tables

NAMES = sorted(name for name, f in FORMULATIONS.items() if f.array)


def _cases(name: str) -> list[OptionTable]:
    rule = get_formulation(name).allocation
    rules = ("units", "continuous") if rule == "any" else (rule,)
    made = [t for r in rules for t in tables(range(400, 404), users=4, servers=2, allocation=r)]
    # Admission: nothing costs energy, and energy is a stock.
    made += [expand(tiny_admission(seed, 4, 2, allocation=r)) for r in rules for seed in range(3)]
    # A server that is free to be on, and no limit of memory.
    made.append(dataclasses.replace(made[0], static_j=np.zeros(2), memory_mb=np.full(2, 1e6)))
    # Where seconds count.
    made.append(dataclasses.replace(made[1], second_w=np.linspace(0.0, 30.0, made[1].n_users)))
    return made


@pytest.mark.parametrize("name", NAMES)
def test_same_matrix(name: str) -> None:
    chosen = get_formulation(name)
    for table in _cases(name):
        assert same_program(chosen.build(table).program, pyomo_arrays(chosen.to_pyomo(table))) is None


def test_a_difference_is_found() -> None:
    table = _cases("joint_units")[0]
    program = get_formulation("joint_units").build(table).program
    assert same_program(program, program) is None
    cost = program.cost.copy()
    cost[0] *= 1.001
    assert "cost" in (same_program(program, dataclasses.replace(program, cost=cost)) or "")
    matrix = program.rows.matrix.copy()
    matrix.data[-1] *= 1.001
    other = dataclasses.replace(program, rows=dataclasses.replace(program.rows, matrix=matrix))
    assert "row" in (same_program(program, other) or "")
    fewer = dataclasses.replace(program.rows, matrix=program.rows.matrix[:-1], lower=program.rows.lower[:-1],
                                upper=program.rows.upper[:-1])  # fmt: skip
    assert "rows against" in (same_program(program, dataclasses.replace(program, rows=fewer)) or "")
    integer = ~program.integer
    assert "integrality" in (same_program(program, dataclasses.replace(program, integer=integer)) or "")


def test_a_maximum_and_two_objectives_are_refused() -> None:
    """A program minimises: a maximum came back with the sign of its costs turned twice or not at all."""
    pyo = pytest.importorskip("pyomo.environ", reason="Pyomo is not installed")
    model = pyo.ConcreteModel()
    model.x = pyo.Var(bounds=(0, 1))
    model.row = pyo.Constraint(expr=model.x <= 0.5)
    model.most = pyo.Objective(expr=2 * model.x + 1, sense=pyo.maximize)
    with pytest.raises(InputError, match="maximises"):
        pyomo_arrays(model)
    model.least = pyo.Objective(expr=2 * model.x + 1)
    with pytest.raises(InputError, match="2 active objectives"):
        pyomo_arrays(model)
    model.most.deactivate()
    program = pyomo_arrays(model)
    assert program.cost.tolist() == [2.0] and program.offset == 1.0
