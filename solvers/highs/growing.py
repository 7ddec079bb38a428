"""A linear program that columns and rows are added to, solved again from where it was."""

from __future__ import annotations

import dataclasses
import math
import time
from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp

from instances.columns import Bools, Floats, Ints
from solvers.highs.aside import run_aside

__all__ = ["GrowingLp", "LpSolution"]


_LONG = 500
"""Rows from which a run may take seconds: from there on it can be interrupted. A thread costs 0.2 ms."""


@dataclasses.dataclass(frozen=True, eq=False)
class LpSolution:
    """``values`` [columns], ``row_duals`` [rows] and ``objective`` of an LP at what HiGHS calls its optimum."""

    values: Floats
    row_duals: Floats
    objective: float


class GrowingLp:
    """min cost·x over rows; one thread, simplex, warm starts.

    HiGHS' word on its solutions is not enough for a bound: whoever uses the duals evaluates them anew.

    Args:
        lower, upper: [rows] bounds of the first rows; the LP starts without columns.
    """

    def __init__(self, lower: Floats, upper: Floats) -> None:
        self._model = highspy.Highs()  # type: ignore[no-untyped-call]
        for name, value in (("output_flag", False), ("threads", 1), ("presolve", "off")):
            self._model.setOptionValue(name, value)
        nothing = np.zeros(0, dtype=np.int32)
        self._model.addRows(len(lower), lower, upper, 0, np.zeros(len(lower), dtype=np.int32), nothing, np.zeros(0))
        self.n_columns = 0
        self._stopped = self._heard = False

    def add(self, cost: Floats, matrix: sp.csc_matrix, upper: Floats) -> None:
        """Columns with lower bound 0.

        Args:
            cost: [k]. matrix: [rows, k]. upper: [k].
        """
        k = len(cost)
        self._model.addCols(
            k, cost, np.zeros(k), upper, matrix.nnz, matrix.indptr[:-1].astype(np.int32),
            matrix.indices.astype(np.int32), matrix.data,
        )  # fmt: skip
        self.n_columns += k

    def add_rows(self, matrix: sp.csr_matrix) -> None:
        """Rows matrix·x ≤ 0 over the columns so far [rows, columns]."""
        rows = matrix.shape[0]
        self._model.addRows(
            rows, np.full(rows, -np.inf), np.zeros(rows), matrix.nnz, matrix.indptr[:-1].astype(np.int32),
            matrix.indices.astype(np.int32), matrix.data,
        )  # fmt: skip

    def bound(self, lower: Floats, upper: Floats) -> None:
        """Set the bounds of all columns [columns]."""
        places = np.arange(self.n_columns, dtype=np.int32)
        self._model.changeColsBounds(self.n_columns, places, lower, upper)

    def recost(self, columns: Ints, cost: Floats) -> None:
        """Change the costs of some columns."""
        self._model.changeColsCost(len(columns), columns.astype(np.int32), cost)

    def drop(self, gone: Bools) -> None:
        """Remove columns [columns]."""
        places = np.flatnonzero(gone).astype(np.int32)
        if len(places):
            self._model.deleteCols(len(places), places)
            self.n_columns -= len(places)

    def solve(self, seconds: float = math.inf) -> LpSolution | None:
        """The optimum, or None where HiGHS does not claim one (it is asked twice, the second time from nothing).

        Args:
            seconds: until it gives up, with None; the next run goes on from there.

        Raises:
            KeyboardInterrupt: on Ctrl-C, once HiGHS has stopped.
        """
        end = time.perf_counter() + seconds
        for again in (False, True):
            left = end - time.perf_counter()
            if left <= 0:
                return None
            if again:
                self._model.clearSolver()
            # HiGHS counts the seconds of all runs of a model together.
            self._model.setOptionValue("time_limit", self._model.getRunTime() + left)
            self._run()
            if self._model.getModelStatus() == highspy.HighsModelStatus.kTimeLimit:
                return None
            if self._model.getModelStatus() == highspy.HighsModelStatus.kOptimal:
                found = self._model.getSolution()
                values, duals = np.asarray(found.col_value), np.asarray(found.row_dual)
                if np.isfinite(values).all() and np.isfinite(duals).all():
                    return LpSolution(values, duals, float(self._model.getInfo().objective_function_value))
        return None

    def _run(self) -> None:
        """Run HiGHS: where that may take long in a thread, so that this one hears Ctrl-C."""
        if self._model.getNumRow() < _LONG:
            self._model.run()
            return
        if not self._heard:
            self._model.cbSimplexInterrupt.subscribe(self._poll)
            self._heard = True
        self._stopped = False
        if run_aside(self._model, self._stop):
            raise KeyboardInterrupt

    def _stop(self) -> None:
        self._stopped = True

    def _poll(self, event: Any) -> None:
        event.interrupt(self._stopped)  # HiGHS remembers it from run to run
