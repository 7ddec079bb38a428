"""The units formulations against enumeration, and against each other."""

from __future__ import annotations

import math

import numpy as np
import pytest

from formulations import get_formulation
from formulations.parts.unit_columns import list_columns
from tests.formulations.enumerate_units import enumerate_units
from tests.formulations.helpers import cost_of, optimum, satisfied, solve_refined, tables

TABLES = tables(range(32), users=3, servers=2, allocation="units")


@pytest.mark.parametrize("k", range(len(TABLES)))
def test_columns_reach_the_enumerated_optimum(k: int) -> None:
    table = TABLES[k]
    expected, found = enumerate_units(table), optimum(get_formulation("joint_units").build(table))
    assert found == pytest.approx(expected, rel=1e-8) or (math.isinf(found) and math.isinf(expected))


@pytest.mark.parametrize("k", range(0, len(TABLES), 2))
def test_compact_model_reaches_the_enumerated_optimum(k: int) -> None:
    table = TABLES[k]
    expected, found = enumerate_units(table), optimum(get_formulation("joint_compact").build(table))
    assert found == pytest.approx(expected, rel=1e-6) or (math.isinf(found) and math.isinf(expected))


@pytest.mark.parametrize("name", ["joint_units", "joint_compact"])
def test_decision_costs_what_the_model_says_and_encodes_back(name: str) -> None:
    for table in TABLES[:12]:
        model = get_formulation(name).build(table)
        outcome, program = solve_refined(model)
        if outcome.values is None:
            continue
        decision = model.decode(outcome.values)
        assert cost_of(table, decision) == pytest.approx(outcome.objective, rel=1e-6)
        values = model.encode(decision)
        assert values is not None and satisfied(program, values)
        assert program.cost @ values == pytest.approx(outcome.objective, rel=1e-6)


def test_columns_are_feasible_cheaper_than_local_and_undominated() -> None:
    for table in TABLES[:10]:
        c = list_columns(table)
        assert np.isfinite(c.cost_j).all()
        for i in range(table.n_users):
            mine = np.flatnonzero(c.user == i)
            for k in mine:
                fits = (c.server[mine] == c.server[k]) & (c.blocks[mine] <= c.blocks[k]) & (c.units[mine] <= c.units[k])
                fits &= (table.server_mb[c.option[mine]] <= table.server_mb[c.option[k]]) & (mine != k)
                assert (c.cost_j[mine[fits]] > c.cost_j[k]).all()
