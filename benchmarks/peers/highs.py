"""Plain HiGHS on `joint_units` and on `joint_compact`: default settings, no start, no help from our methods.

Objective and gap as the package's own driver states them; that one polls and runs one thread, so this one listens to
the callbacks themselves and takes as many threads as it is told to.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import highspy
import numpy as np

from benchmarks.peers.trace import Ending, Recorder
from formulations import get_formulation
from formulations.program import Decision, Model, Program
from instances.columns import Floats
from instances.options import OptionTable
from instances.prune import prune
from solvers.allocation import allocate_any

__all__ = ["solve_compact", "solve_units"]

TARGET_SIZE = 1e3
"""Largest cost after scaling: HiGHS' tolerances are absolute."""
SHORTEST_S = 0.01


def version() -> str:
    """Name and version."""
    return f"HiGHS {highspy.Highs().version()}"


def solve_units(table: OptionTable, record: Recorder, threads: int) -> Ending:
    """The column model; its columns are undominated already, so the table is taken as it is."""
    return _solve(get_formulation("joint_units").build(table), record, threads)


def solve_compact(table: OptionTable, record: Recorder, threads: int) -> Ending:
    """The textbook model on all options; tangents and late pieces are put right in rounds, as its `refine` says."""
    return _solve(get_formulation("joint_compact").build(table), record, threads)


def solve_compact_pruned(table: OptionTable, record: Recorder, threads: int) -> Ending:
    """The textbook model without the options that `instances.prune` proves useless."""
    return _solve(get_formulation("joint_compact").build(prune(table)), record, threads)


def _solve(model: Model, record: Recorder, threads: int) -> Ending:
    program, rounds, nodes = model.program, 0, 0
    start: Floats | None = None
    size = {"built_s": record.elapsed_s, "columns": program.n_columns, "rows": len(program.rows)}

    def hear(values: Floats) -> None:
        _offer(model, record, model.decode(values))

    while True:
        rounds += 1
        status, values, more = _run(program, record, threads, start, hear)
        nodes += more
        ending = Ending(status, {**size, "rounds": rounds, "nodes": nodes})
        if status != "Optimal" or values is None:
            return ending
        decision = model.decode(values)
        settled = _offer(model, record, decision)
        if record.done:
            return ending
        rows = model.refine(values, settled)
        if rows is None or len(rows) == 0 or record.left_s <= 0:
            return ending
        program = program.with_rows(rows)
        start = None if record.decision is None else model.encode(record.decision)


def _offer(model: Model, record: Recorder, decision: Decision) -> Decision:
    """The decision as it is and, where it is late or the times are approximate, with shares given out anew."""
    table, cost = model.table, record.offer(model.table, decision)
    if math.isfinite(cost):
        return decision
    shares = allocate_any(table, decision.chosen)
    settled = Decision(decision.chosen, shares.uplink_share, shares.compute_share)
    record.offer(table, settled)
    return settled


def _run(program: Program, record: Recorder, threads: int, start: Floats | None, hear: Callable[[Floats], None]
         ) -> tuple[str, Floats | None, int]:  # fmt: skip
    """One MILP: HiGHS' own word, its values and its nodes. Plans and bounds are recorded while it runs."""
    scale = 2.0 ** round(math.log2(TARGET_SIZE / max(float(np.abs(program.cost).max(initial=0.0)), 1e-300)))
    highs = highspy.Highs()
    # Half of the gap for the MILP, the rest for what tangents and rounding leave.
    options: dict[str, Any] = {"output_flag": False, "threads": threads, "mip_rel_gap": record.gap / 2,
                               "mip_abs_gap": 0.0, "time_limit": max(record.left_s, SHORTEST_S)}  # fmt: skip
    for name, value in options.items():
        if highs.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            raise ValueError(f"HiGHS refuses {name} = {value!r}")
    if highs.passModel(_lp(program, scale)) == highspy.HighsStatus.kError:
        raise ValueError("HiGHS refuses the model")
    if start is not None:
        solution = highspy.HighsSolution()
        solution.col_value = [float(v) for v in start]
        highs.setSolution(solution)

    def bound(event: Any) -> None:
        claimed = float(event.data_out.mip_dual_bound) / scale + program.offset
        if claimed != 0:  # what HiGHS says before it has one
            record.raise_bound(claimed)

    highs.cbMipInterrupt.subscribe(bound)
    highs.cbMipImprovingSolution.subscribe(lambda event: hear(np.array(event.data_out.mip_solution, dtype=float)))
    highs.run()
    return _result(highs, program, scale, record)


def _result(highs: highspy.Highs, program: Program, scale: float, record: Recorder) -> tuple[str, Floats | None, int]:
    info, solution = highs.getInfo(), highs.getSolution()
    claimed = float(info.mip_dual_bound) / scale + program.offset
    status = str(highs.modelStatusToString(highs.getModelStatus()))
    if status in ("Optimal", "Time limit reached") and claimed != 0:
        record.raise_bound(claimed)
    feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    values = np.asarray(solution.col_value, dtype=float) if solution.value_valid and feasible else None
    return status, values, max(int(info.mip_node_count), 0)


def _lp(program: Program, scale: float) -> highspy.HighsLp:
    lp, rows = highspy.HighsLp(), program.rows
    lp.num_col_, lp.num_row_ = program.n_columns, len(rows)
    lp.col_cost_, lp.offset_ = program.cost * scale, program.offset * scale
    lp.col_lower_, lp.col_upper_, lp.row_lower_, lp.row_upper_ = program.lower, program.upper, rows.lower, rows.upper
    matrix = rows.matrix.tocsr()
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32)
    lp.a_matrix_.value_ = matrix.data
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    lp.integrality_ = [kinds[flag] for flag in program.integer.astype(int)]
    return lp
