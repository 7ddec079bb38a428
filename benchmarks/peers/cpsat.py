"""CP-SAT on the columns of `joint_units`, in integers. Runs in a process of its own, without highspy.

Costs are multiplied by a power of two and rounded **down**, so that its bound, divided by the factor, holds for the
true costs; the factor is so large that all roundings together lose at most a hundredth of the gap asked for. Blocks
and units are whole anyway. Memory is counted in bytes, what columns take rounded down and what servers have rounded up:
a relaxation by less than a byte a user. Plans are costed again, with the true costs.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import ortools
from ortools.sat.python import cp_model

from benchmarks.peers.trace import Ending, Recorder
from formulations.parts.capacity import piece_size
from formulations.parts.unit_columns import UnitColumns, list_columns
from formulations.program import Decision
from instances.columns import Floats, Ints
from instances.options import LOCAL, OptionTable
from instances.prune import memory_binds

__all__ = ["cost_factor", "solve"]

BYTES_PER_MB = 1_000_000
LARGEST_SUM = 2.0**60
"""Sums of costs stay below what a 64-bit integer holds."""


def version() -> str:
    """Name and version."""
    return f"OR-Tools CP-SAT {ortools.__version__}"


def cost_factor(table: OptionTable, columns: UnitColumns, gap: float) -> float:
    """Power of two by which costs are multiplied before they are rounded down."""
    least = np.full(table.n_users, np.inf)
    np.minimum.at(least, columns.user, columns.cost_j)
    most = np.zeros(table.n_users)
    np.maximum.at(most, columns.user, columns.cost_j)
    roundings = table.n_users + table.n_servers
    wanted = roundings * 100 / (gap * max(float(least.sum()), 1e-12))
    highest = LARGEST_SUM / max(float(most.sum() + table.static_j.sum()), 1e-12)
    return 2.0 ** min(math.ceil(math.log2(wanted)), math.floor(math.log2(highest)))


def solve(table: OptionTable, record: Recorder, threads: int) -> Ending:
    """Columns, exactly one a user; blocks, units, memory and static energy of every server."""
    columns = list_columns(table)
    factor = cost_factor(table, columns, record.gap)
    model, x = _state(table, columns, factor)
    size = {"built_s": record.elapsed_s, "columns": len(columns), "factor": factor}
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = threads
    solver.parameters.max_time_in_seconds = max(record.left_s, 0.01)
    solver.parameters.relative_gap_limit = record.gap / 2
    solver.best_bound_callback = lambda bound: record.raise_bound(_down(bound, factor))
    watch = _Watch(table, columns, x, factor, record)
    status = solver.solve(model, watch)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        watch.offer(np.array([solver.boolean_value(v) for v in x]))
        record.raise_bound(_down(solver.best_objective_bound, factor))
    return Ending(solver.status_name(status), {**size, "nodes": float(solver.num_branches)})


def _down(bound: float, factor: float) -> float:
    return bound / factor if math.isfinite(bound) else -math.inf


class _Watch(cp_model.CpSolverSolutionCallback):
    """Records every plan that CP-SAT finds, at its true cost, and the bound of that moment."""

    def __init__(self, table: OptionTable, columns: UnitColumns, x: list[Any], factor: float, record: Recorder) -> None:
        super().__init__()
        self._table, self._columns, self._x, self._factor, self._record = table, columns, x, factor, record

    def on_solution_callback(self) -> None:
        """Called by CP-SAT."""
        self._record.raise_bound(_down(self.best_objective_bound, self._factor))
        self.offer(np.array([self.boolean_value(v) for v in self._x]))

    def offer(self, taken: Any) -> None:
        """Columns taken [columns], as a plan."""
        k = np.flatnonzero(taken)
        self._record.offer(self._table, _decision(self._table, self._columns, k[np.argsort(self._columns.user[k])]))


def _decision(table: OptionTable, columns: UnitColumns, k: Ints) -> Decision:
    server = columns.server[k]
    remote = server != LOCAL

    def share(pieces: Ints, of: Ints) -> Floats:
        return np.where(remote, pieces[k] / of[server] if len(of) else 0.0, 0.0)

    return Decision(columns.option[k], share(columns.blocks, table.blocks), share(columns.units, table.units))


def _state(table: OptionTable, columns: UnitColumns, factor: float) -> tuple[cp_model.CpModel, list[Any]]:
    model = cp_model.CpModel()
    x = [model.new_bool_var("") for _ in range(len(columns))]
    y = [model.new_bool_var("") for _ in range(table.n_servers)]
    start = np.searchsorted(columns.user, np.arange(table.n_users + 1))
    for i in range(table.n_users):
        model.add_exactly_one(x[start[i] : start[i + 1]])
    heavy = memory_binds(table)
    held = np.floor(table.server_mb[columns.option] * BYTES_PER_MB).astype(np.int64)
    room = np.ceil(np.minimum(table.memory_mb, 1e9) * BYTES_PER_MB).astype(np.int64)
    assert (piece_size(table.blocks) == 1).all() and (piece_size(table.units) == 1).all()
    for s in range(table.n_servers):
        k = np.flatnonzero(columns.server == s)
        on = [x[j] for j in k]
        rows = [(columns.blocks, table.blocks), (columns.units, table.units), *([(held, room)] if heavy[s] else [])]
        for taken, most in rows:
            model.add(cp_model.LinearExpr.weighted_sum([*on, y[s]], [*taken[k].tolist(), -int(most[s])]) <= 0)
        if table.static_j[s] > 0:
            _switch_on(model, x, y[s], k, columns.user[k])
    costs = np.floor(np.concatenate([columns.cost_j, table.static_j]) * factor).astype(np.int64)
    model.minimize(cp_model.LinearExpr.weighted_sum([*x, *y], costs.tolist()))
    return model, x


def _switch_on(model: cp_model.CpModel, x: list[Any], on: Any, columns: Ints, users: Ints) -> None:
    """Σ of a user's columns on a server ≤ y of it."""
    for group in np.split(columns, np.flatnonzero(np.diff(users)) + 1) if len(columns) else []:
        model.add(cp_model.LinearExpr.sum([x[j] for j in group]) <= on)
