"""The one place that talks to HiGHS.

Rules it keeps, each from a measured trap (docs/decisions/0004): a fresh model for every solve; one thread; every option
typed and its status checked; the objective scaled to about 1e3; values read only when HiGHS says that they are valid,
then checked against the rows and the objective recomputed; the bound taken by problem class; every status mapped.
"""

from __future__ import annotations

import dataclasses
import enum
import math
import threading
import time
from collections.abc import Callable
from typing import Any

import highspy
import numpy as np

from formulations.program import Program
from instances.columns import Floats
from instances.errors import InputError, nearest
from solvers.answer import Limits
from solvers.highs.aside import run_aside

__all__ = ["HighsOptions", "Outcome", "Status", "highs_version", "solve_program"]

ROW_TOLERANCE = 1e-5
"""Largest violation (rows are dimensionless) at which values are still taken as a solution to work from."""

TARGET_SIZE = 1e3
_HEARTBEAT_S = 0.5


class Status(enum.Enum):
    """What HiGHS claims."""

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    TIME = "time limit"
    NODES = "node limit"
    INTERRUPTED = "interrupted"
    ERROR = "error"


_M = highspy.HighsModelStatus
STATUS_MAP: dict[Any, Status] = {
    _M.kNotset: Status.ERROR,
    _M.kLoadError: Status.ERROR,
    _M.kModelError: Status.ERROR,
    _M.kPresolveError: Status.ERROR,
    _M.kSolveError: Status.ERROR,
    _M.kPostsolveError: Status.ERROR,
    _M.kModelEmpty: Status.OPTIMAL,
    _M.kOptimal: Status.OPTIMAL,
    _M.kInfeasible: Status.INFEASIBLE,
    _M.kUnboundedOrInfeasible: Status.ERROR,  # either; the caller must not guess
    _M.kUnbounded: Status.UNBOUNDED,
    _M.kObjectiveBound: Status.ERROR,  # never asked for
    _M.kObjectiveTarget: Status.ERROR,  # never asked for
    _M.kTimeLimit: Status.TIME,
    _M.kIterationLimit: Status.ERROR,
    _M.kUnknown: Status.ERROR,
    _M.kSolutionLimit: Status.NODES,  # HiGHS reports the node limit so
    _M.kInterrupt: Status.INTERRUPTED,
    _M.kMemoryLimit: Status.ERROR,
    _M.__members__["kHighsInterrupt"]: Status.INTERRUPTED,  # missing in the type stub
}

_FAILED = (_M.kPresolveError, _M.kSolveError, _M.kPostsolveError)
"""HiGHS gives up on some tiny programs that it answers without presolve (measured: 1.15.1, a program of 16 columns)."""

_OPTION_TYPES: dict[str, type] = {
    "presolve": str,
    "mip_heuristic_effort": float,
    "mip_detect_symmetry": bool,
    "mip_feasibility_tolerance": float,
    "primal_feasibility_tolerance": float,
    "dual_feasibility_tolerance": float,
    "mip_abs_gap": float,
    "solver": str,
}


@dataclasses.dataclass(frozen=True)
class HighsOptions:
    """Further HiGHS options by their own names, checked for name and type.

    Raises:
        InputError: an unknown option or a value of another type.
    """

    values: dict[str, Any] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value in self.values.items():
            if name not in _OPTION_TYPES:
                raise InputError("HighsOptions", f"option '{name}' is not known", fix=nearest(name, _OPTION_TYPES))
            if type(value) is not _OPTION_TYPES[name]:
                wanted = _OPTION_TYPES[name].__name__
                raise InputError(f"HighsOptions.{name}", f"is {value!r}", f"HiGHS wants a {wanted}")


@dataclasses.dataclass(frozen=True, eq=False)
class Outcome:
    """What HiGHS handed back, recomputed.

    Args:
        status: its claim.
        values: [columns] of a solution that was checked against the rows, or None.
        objective: recomputed from the values; inf without.
        bound: claimed lower bound; −inf without.
        nodes: branch-and-bound nodes.
        row_duals: [rows] of an LP at its optimum, else None.
        message: what went wrong, if anything.
    """

    status: Status
    values: Floats | None
    objective: float
    bound: float
    nodes: int = 0
    row_duals: Floats | None = None
    message: str = ""


def highs_version() -> str:
    """Version of the HiGHS library."""
    return str(highspy.Highs().version())  # type: ignore[no-untyped-call]


def solve_program(
    program: Program,
    limits: Limits,
    *,
    seed: int = 0,
    start: Floats | None = None,
    options: HighsOptions | None = None,
    on_state: Callable[[Floats | None, float, float], None] | None = None,
) -> Outcome:
    """Solve a MILP or LP; where HiGHS fails, once more without presolve.

    Args:
        program: what to solve.
        limits: time, gap and nodes (rounds are ignored).
        seed: HiGHS' random seed.
        start: [columns] a starting solution for a MILP, or None.
        options: further options.
        on_state: called from the calling thread at least every second with (values of a new incumbent or None,
            best objective, bound). It may raise KeyboardInterrupt: the solve is then stopped and its best kept.
    """
    if program.n_columns == 0:
        return _empty(program)
    options, begin = options or HighsOptions(), time.perf_counter()
    outcome, claim = _attempt(program, limits, seed, start, options, on_state)
    if claim not in _FAILED or "presolve" in options.values:
        return outcome
    left = None if limits.time_s is None else max(limits.time_s - (time.perf_counter() - begin), 0.0)
    plain = HighsOptions({**options.values, "presolve": "off"})
    return _attempt(program, dataclasses.replace(limits, time_s=left), seed, start, plain, on_state)[0]


def _attempt(
    program: Program, limits: Limits, seed: int, start: Floats | None, options: HighsOptions,
    on_state: Callable[[Floats | None, float, float], None] | None,
) -> tuple[Outcome, Any]:  # fmt: skip
    """One run in a fresh model, and the status as HiGHS has it."""
    scale = _scale(program)
    model = _model(program, scale, limits, seed, options)
    if start is not None and program.integer.any():
        solution = highspy.HighsSolution()
        solution.col_value = [float(v) for v in start]
        model.setSolution(solution)
    watch = _Watch(model, scale)
    interrupted = _run(model, watch, on_state)
    return _outcome(program, model, scale, interrupted), model.getModelStatus()


def _empty(program: Program) -> Outcome:
    feasible = bool(np.all(program.rows.lower <= 0) and np.all(program.rows.upper >= 0))
    if feasible:
        return Outcome(Status.OPTIMAL, np.zeros(0), program.offset, program.offset)
    return Outcome(Status.INFEASIBLE, None, math.inf, math.inf)


def _scale(program: Program) -> float:
    size = float(np.abs(program.cost).max(initial=0.0))
    # A power of two keeps the costs exactly as given.
    return 1.0 if size == 0 else 2.0 ** round(math.log2(TARGET_SIZE / size))


def _model(program: Program, scale: float, limits: Limits, seed: int, options: HighsOptions) -> highspy.Highs:
    model = highspy.Highs()  # type: ignore[no-untyped-call]
    settings: dict[str, Any] = {
        "output_flag": False,
        "threads": 1,
        "random_seed": int(seed) % (2**31 - 1),
        "mip_rel_gap": float(limits.gap),
        "mip_abs_gap": 0.0,
        **options.values,
    }
    if limits.time_s is not None:
        settings["time_limit"] = float(limits.time_s)
    if limits.nodes is not None:
        settings["mip_max_nodes"] = int(limits.nodes)
    for name, value in settings.items():
        if model.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            raise InputError(f"HighsOptions.{name}", f"HiGHS refuses the value {value!r}")
    if model.passModel(_lp(program, scale)) == highspy.HighsStatus.kError:
        raise InputError("program", "HiGHS refuses the model", "an infinite or missing coefficient, most likely")
    return model


def _lp(program: Program, scale: float) -> highspy.HighsLp:
    rows = program.rows
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = program.n_columns, len(rows)
    lp.col_cost_, lp.offset_ = program.cost * scale, program.offset * scale
    lp.col_lower_, lp.col_upper_ = program.lower, program.upper
    lp.row_lower_, lp.row_upper_ = rows.lower, rows.upper
    matrix = rows.matrix.tocsr()
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = matrix.indptr.astype(np.int32)
    lp.a_matrix_.index_ = matrix.indices.astype(np.int32)
    lp.a_matrix_.value_ = matrix.data
    if program.integer.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[flag] for flag in program.integer.astype(int)]
    return lp


class _Watch:
    """State shared with the callbacks, which run in the solver's thread."""

    def __init__(self, model: highspy.Highs, scale: float) -> None:
        self.scale, self.stop = scale, False
        self.best, self.bound = math.inf, -math.inf
        self.values: Floats | None = None
        self._lock = threading.Lock()
        model.cbMipImprovingSolution.subscribe(self._improved)
        model.cbMipInterrupt.subscribe(self._poll)
        model.cbSimplexInterrupt.subscribe(self._poll)

    def _improved(self, event: Any) -> None:
        with self._lock:
            self.best = float(event.data_out.objective_function_value) / self.scale
            self.values = np.array(event.data_out.mip_solution, dtype=float)

    def _poll(self, event: Any) -> None:
        bound = float(event.data_out.mip_dual_bound) / self.scale
        # 0 is what HiGHS reports before it has a bound, and on a pure LP.
        if math.isfinite(bound) and bound != 0:
            self.bound = max(self.bound, bound)
        if self.stop:
            event.interrupt()

    def end(self) -> None:
        """Stop HiGHS as soon as it asks."""
        self.stop = True

    def take(self) -> Floats | None:
        """The newest incumbent, once."""
        with self._lock:
            values, self.values = self.values, None
            return values


def _run(model: highspy.Highs, watch: _Watch, on_state: Callable[[Floats | None, float, float], None] | None) -> bool:
    """Run, with reports of new incumbents at once and of the rest now and then; returns whether it was interrupted."""
    last = -math.inf

    def report() -> None:
        nonlocal last
        values = watch.take()
        if on_state and (values is not None or time.perf_counter() - last > _HEARTBEAT_S):
            last = time.perf_counter()
            on_state(values, watch.best, watch.bound)

    return run_aside(model, watch.end, report)


def _outcome(program: Program, model: highspy.Highs, scale: float, interrupted: bool) -> Outcome:
    status = STATUS_MAP[model.getModelStatus()]
    info, solution = model.getInfo(), model.getSolution()
    integral = bool(program.integer.any())
    nodes = max(int(info.mip_node_count), 0) if integral else 0
    values, message = None, ""
    feasible_claim = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    if solution.value_valid and (feasible_claim or status is Status.OPTIMAL):
        values = np.asarray(solution.col_value, dtype=float)
        worst = violation(program, values)
        if not worst <= ROW_TOLERANCE:
            values, message = None, f"HiGHS' solution breaks a row by {worst:.2g} and was dropped"
    objective = math.inf if values is None else float(program.cost @ values) + program.offset
    bound = _bound(status, integral, info, scale, objective)
    if interrupted and status not in (Status.OPTIMAL, Status.INFEASIBLE):
        status = Status.INTERRUPTED
    if status is Status.OPTIMAL and values is None:
        status = Status.ERROR
    if status is Status.ERROR and not message:
        message = f"HiGHS stopped with '{model.modelStatusToString(model.getModelStatus())}'"
    duals = None
    if not integral and status is Status.OPTIMAL and solution.dual_valid:
        duals = np.asarray(solution.row_dual, dtype=float) / scale
    return Outcome(status, values, objective, bound, nodes, duals, message)


def _bound(status: Status, integral: bool, info: Any, scale: float, objective: float) -> float:
    """By problem class: `mip_dual_bound` means nothing on a pure LP (it is 0 there)."""
    if status is Status.INFEASIBLE:
        return math.inf
    if not integral:
        return objective if status is Status.OPTIMAL else -math.inf
    bound = float(info.mip_dual_bound) / scale
    return bound if math.isfinite(bound) else -math.inf


def violation(program: Program, values: Floats) -> float:
    """Largest amount by which values miss a row, a bound or integrality."""
    activity = program.rows.matrix @ values
    parts = [
        program.rows.lower - activity,
        activity - program.rows.upper,
        program.lower - values,
        values - program.upper,
        np.abs(values - np.round(values))[program.integer],
    ]
    worst = [float(part.max(initial=0.0)) for part in parts]
    return math.inf if not np.isfinite(values).all() else max(worst)
