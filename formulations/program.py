"""A mixed-integer linear program as arrays, and what a formulation's build returns."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Protocol

import numpy as np
import scipy.sparse as sp

from instances.columns import Bools, Floats, Ints
from instances.errors import InputError
from instances.options import OptionTable

__all__ = ["Decision", "Model", "Program", "Rows"]

SMALLEST, LARGEST = 1e-4, 1e4
"""Coefficients outside this range make MILP solvers answer wrongly (measured); such a program is refused."""


@dataclasses.dataclass(frozen=True, eq=False)
class Rows:
    """Linear rows ``lower ≤ matrix @ x ≤ upper``; matrix is [rows, columns] CSR."""

    matrix: sp.csr_matrix
    lower: Floats
    upper: Floats

    def __len__(self) -> int:
        return len(self.lower)


@dataclasses.dataclass(frozen=True, eq=False)
class Program:
    """min cost @ x + offset subject to rows, bounds and integrality.

    Args:
        cost, lower, upper: [columns].
        integer: [columns] bool.
        rows: the constraints.
        offset: constant of the objective.
        column_name: name of a column by index, for the Pyomo comparison and for messages.

    Raises:
        InputError: a row coefficient lies outside 1e-4 … 1e4 in absolute value: the data are badly scaled.
    """

    cost: Floats
    lower: Floats
    upper: Floats
    integer: Bools
    rows: Rows
    offset: float = 0.0
    column_name: Callable[[int], str] = "x{}".format

    def __post_init__(self) -> None:
        size = np.abs(self.rows.matrix.data)
        bad = (size != 0) & ((size < SMALLEST) | (size > LARGEST)) | ~np.isfinite(size)
        if bad.any():
            k = int(np.flatnonzero(bad)[0])
            row = int(np.searchsorted(self.rows.matrix.indptr, k, side="right")) - 1
            name = self.column_name(int(self.rows.matrix.indices[k]))
            raise InputError(
                f"row {row}, column {name}",
                f"coefficient {self.rows.matrix.data[k]:.3g}",
                f"outside {SMALLEST:g} … {LARGEST:g}, where MILP solvers answer wrongly",
                "bring the sizes in the instance closer together",
            )

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return len(self.cost)

    def with_rows(self, more: Rows) -> Program:
        """The same program with rows added."""
        rows = Rows(
            sp.vstack([self.rows.matrix, more.matrix], format="csr"),
            np.concatenate([self.rows.lower, more.lower]),
            np.concatenate([self.rows.upper, more.upper]),
        )
        return dataclasses.replace(self, rows=rows)


@dataclasses.dataclass(frozen=True, eq=False)
class Decision:
    """What the values of a program's columns mean: one option a user and its shares.

    Args:
        chosen: [n_users] row of the option table.
        uplink_share, compute_share: [n_users].
    """

    chosen: Ints
    uplink_share: Floats
    compute_share: Floats


class Model(Protocol):
    """A formulation built on one option table."""

    @property
    def program(self) -> Program:
        """The array form."""

    @property
    def table(self) -> OptionTable:
        """The options it was built on."""

    def decode(self, values: Floats) -> Decision:
        """Meaning of the column values of an integer solution."""

    def encode(self, decision: Decision) -> Floats | None:
        """Column values of a decision, for a warm start; None when it has no counterpart."""

    def refine(self, values: Floats, decision: Decision) -> Rows | None:
        """Rows that the true problem satisfies and that cut off what ``values`` underestimate; None when exact.

        ``decision`` is the best allocation known for the options that ``values`` choose.
        """
