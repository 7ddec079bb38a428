"""Proof that a Pyomo statement and an array program are the same problem."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from formulations.parts.rows import keep_in_range
from formulations.program import Program, Rows
from instances.columns import Floats
from instances.errors import InputError

__all__ = ["pyomo_arrays", "same_program"]

_Row = tuple[float, float, tuple[tuple[str, float], ...]]
_DIGITS = 9


def pyomo_arrays(model: Any) -> Program:
    """Arrays of a linear Pyomo model; columns carry the Pyomo names of the variables.

    Statements keep natural units, so rows out of a `Program`'s range are scaled by the rule that the arrays follow.

    Raises:
        InputError: the model has no objective or several, or it maximises: a `Program` minimises one, and what a
            maximum is worth would come back with the wrong sign.
    """
    import pyomo.environ as pyo
    from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

    objectives = list(model.component_data_objects(pyo.Objective, active=True))
    if len(objectives) != 1:
        raise InputError("pyomo model", f"has {len(objectives)} active objectives", "a program has one")
    if objectives[0].sense != pyo.minimize:
        raise InputError("pyomo model", "maximises", "a program minimises", "state the negative as a minimum")
    form = LinearStandardFormCompiler().write(model, mixed_form=True)
    names = [v.name for v in form.columns]
    kinds = np.array([r.bound_type for r in form.rows], dtype=int)  # 1: ≤, 0: =, −1: ≥
    rhs = np.asarray(form.rhs, dtype=float)
    lower, upper = np.where(kinds <= 0, rhs, -np.inf), np.where(kinds >= 0, rhs, np.inf)
    bounds = np.array([[_or(v.lb, -np.inf), _or(v.ub, np.inf)] for v in form.columns]).reshape(-1, 2)
    return Program(
        cost=np.asarray(form.c.toarray(), dtype=float).reshape(-1),
        lower=bounds[:, 0],
        upper=bounds[:, 1],
        integer=np.array([v.is_integer() or v.is_binary() for v in form.columns], dtype=bool),
        rows=keep_in_range(Rows(sp.csr_matrix(form.A), lower, upper)),
        offset=float(np.asarray(form.c_offset).reshape(-1)[0]),
        column_name=names.__getitem__,
    )


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else float(value)


def same_program(a: Program, b: Program) -> str | None:
    """None when both are the same problem, otherwise the first difference in words.

    Columns are matched by name and rows by content; a row may be multiplied by any number (the arrays scale rows where
    the statement keeps natural units). Costs, bounds and integrality must agree to 9 digits. Columns that stand in
    no row and cost nothing may be missing on one side.
    """
    difference = _columns_differ(_columns(a), _columns(b))
    if difference:
        return difference
    first, second = _rows(a), _rows(b)
    if len(first) != len(second):
        return f"{len(first)} rows against {len(second)}"
    for k, (p, q) in enumerate(zip(first, second, strict=True)):
        if not _row_agrees(p, q):
            return f"row {k} in canonical order: {p} against {q}"
    return None


def _columns(program: Program) -> dict[str, Floats]:
    used = np.zeros(program.n_columns, dtype=bool)
    used[program.rows.matrix.indices] = True
    used |= program.cost != 0
    figures = np.stack([program.cost, program.lower, program.upper, program.integer.astype(float)], axis=1)
    return {program.column_name(k): figures[k] for k in np.flatnonzero(used).tolist()}


def _columns_differ(a: dict[str, Floats], b: dict[str, Floats]) -> str | None:
    for name in a.keys() ^ b.keys():
        return f"column {name} stands on one side only"
    for name, figures in a.items():
        if not np.allclose(figures, b[name], rtol=1e-9, atol=1e-12):
            return f"column {name}: cost, bounds, integrality {figures} against {b[name]}"
    return None


def _rows(program: Program) -> list[_Row]:
    """Rows in a canonical scale and order; those without coefficients and without content left out."""
    matrix = sp.csr_matrix(program.rows.matrix)
    rows: list[_Row] = []
    for r in range(matrix.shape[0]):
        part = slice(matrix.indptr[r], matrix.indptr[r + 1])
        terms = {program.column_name(int(c)): float(v) for c, v in
                 zip(matrix.indices[part], matrix.data[part], strict=True) if v != 0}  # fmt: skip
        low, high = float(program.rows.lower[r]), float(program.rows.upper[r])
        if terms or low > 0 or high < 0:
            rows.append(_canonical(terms, low, high))
    return sorted(rows, key=_sort_key)


def _canonical(terms: dict[str, float], low: float, high: float) -> _Row:
    """Largest coefficient 1, the first by name positive."""
    if not terms:
        return (1.0, 1.0, ())
    ordered = sorted(terms.items())
    scale = max(abs(v) for v in terms.values()) * (1.0 if ordered[0][1] > 0 else -1.0)
    low, high = (low / scale, high / scale) if scale > 0 else (high / scale, low / scale)
    # + 0.0 turns −0 into 0.
    return (low + 0.0, high + 0.0, tuple((name, value / scale) for name, value in ordered))


def _sort_key(row: _Row) -> tuple[Any, ...]:
    names = tuple(name for name, _ in row[2])
    return (names, tuple(round(v, _DIGITS - 3) for _, v in row[2]), round(row[0], 6), round(row[1], 6))


def _row_agrees(p: _Row, q: _Row) -> bool:
    if [name for name, _ in p[2]] != [name for name, _ in q[2]]:
        return False
    first, second = (np.array([row[0], row[1], *(v for _, v in row[2])]) for row in (p, q))
    return bool(np.allclose(first, second, rtol=10.0**-_DIGITS, atol=1e-11))
