"""The best set of users: by listing all sets that fit, and as a MILP with tangents of the square (P28)."""

from __future__ import annotations

import itertools
import math

import numpy as np
import scipy.sparse as sp

from formulations.program import Program, Rows
from instances.errors import InputError
from instances.systems.hoda import Cell, CellPlan
from solvers.answer import Limits
from solvers.highs import Status, solve_program
from solvers.systems.hoda.terms import Terms, plan_of, set_value, terms_of
from solvers.systems.registry import system_method

__all__ = ["enumerate_sets", "solve_milp"]

MOST_SETS = 2_000_000


@system_method("hoda_enumeration", system="HODA", kind="exact", guarantee="optimal", reference="docs/theory.md P28")
def enumerate_sets(cell: Cell) -> CellPlan:
    """An optimal plan by listing all sets of at most ``channels`` users.

    Raises:
        InputError: more than two million sets.
    """
    sizes = range(min(cell.channels, cell.n_users) + 1)
    if sum(math.comb(cell.n_users, k) for k in sizes) > MOST_SETS:
        raise InputError("cell", f"has {cell.n_users} users", f"more than {MOST_SETS} sets", "use solve_milp")
    terms = terms_of(cell)
    sets = (some for k in sizes for some in itertools.combinations(range(cell.n_users), k))
    return plan_of(cell, terms, max(sets, key=lambda some: set_value(terms, some)))


@system_method(
    "hoda_milp", system="HODA", kind="exact", guarantee="optimal within 1e-9", reference="docs/theory.md P28"
)
def solve_milp(cell: Cell) -> CellPlan:
    """An optimal plan: max Σ v_i x_i − w, w ≥ y² by tangents at every y = Σ s_i x_i that a round comes up with."""
    terms = terms_of(cell)
    points = list(np.linspace(0, terms.load.sum(), 5))
    chosen: list[int] = []
    while True:
        outcome = solve_program(_program(cell, terms, points), Limits(gap=1e-10))
        if outcome.status is not Status.OPTIMAL or outcome.values is None:
            raise RuntimeError(f"HiGHS: {outcome.status.value} {outcome.message}")
        chosen = [i for i in range(cell.n_users) if outcome.values[i] > 0.5]
        load = float(terms.load[chosen].sum())
        # At a point that has its tangent the bound is the value: another round would say the same.
        if -outcome.objective <= set_value(terms, chosen) + 1e-9 or any(abs(load - p) < 1e-12 for p in points):
            return plan_of(cell, terms, chosen)
        points.append(load)


def _program(cell: Cell, terms: Terms, points: list[float]) -> Program:
    """Columns x_1 … x_N, w; rows: sub-channels, then w − 2 p Σ s_i x_i ≥ −p² for every point p."""
    n = cell.n_users
    channels = np.append(np.ones(n), 0.0)
    tangents = [np.append(-2 * p * terms.load, 1.0) for p in points]
    matrix = sp.csr_matrix(np.vstack([channels, *tangents]))
    matrix.eliminate_zeros()
    lower = np.array([-np.inf, *(-p * p for p in points)])
    upper = np.array([float(cell.channels), *(np.inf for _ in points)])
    return Program(
        cost=np.append(-terms.gain, 1.0),
        lower=np.zeros(n + 1),
        upper=np.append(np.ones(n), float(terms.load.sum()) ** 2),
        integer=np.append(np.ones(n, dtype=bool), False),
        rows=Rows(matrix, lower, upper),
    )
