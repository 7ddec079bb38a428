"""SCIP: the rotated-cone form under continuous shares, and the columns of `joint_units` under units.

Plans: SCIP's options with shares given out anew by the allocation that our own methods use, since SCIP may miss a row
by 1e-6. Its bound is taken as it claims it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyscipopt
from pyscipopt import SCIP_EVENTTYPE, Eventhdlr, quicksum

from benchmarks.peers.cones import state_cones
from benchmarks.peers.pairs import state_pairs
from benchmarks.peers.trace import Ending, Recorder
from formulations import get_formulation
from formulations.program import Decision
from instances.columns import Floats, Ints
from instances.options import OptionTable
from instances.prune import prune
from solvers.allocation import allocate_any

__all__ = ["solve_cones", "solve_cones_pruned", "solve_pairs_pruned", "solve_units"]

TARGET_TOTAL = 1e3
"""Size of the objective after scaling: SCIP's tolerances are absolute."""


def version() -> str:
    """Name and version."""
    model = pyscipopt.Model()
    return f"SCIP {model.getMajorVersion()}.{model.getMinorVersion()}.{model.getTechVersion()}"


def solve_cones(table: OptionTable, record: Recorder, threads: int) -> Ending:
    """Perspective form on all options. SCIP runs one thread, whatever is asked."""
    return _solve_cones(state_cones, table, record)


def solve_cones_pruned(table: OptionTable, record: Recorder, threads: int) -> Ending:
    """Perspective form without the options that `instances.prune` proves useless."""
    return _solve_cones(state_cones, prune(table), record)


def solve_pairs_pruned(table: OptionTable, record: Recorder, threads: int) -> Ending:
    """Cones for pairs of a user and a server instead of options: weaker, far smaller."""
    return _solve_cones(state_pairs, prune(table), record)


def solve_units(table: OptionTable, record: Recorder, threads: int) -> Ending:
    """The column model as a linear MIP."""
    built = get_formulation("joint_units").build(table)
    program = built.program
    scale = _scale(table)
    model = pyscipopt.Model()
    variables = [
        model.addVar(vtype="B" if program.integer[k] else "C", lb=program.lower[k], ub=program.upper[k],
                     obj=program.cost[k] * scale)
        for k in range(program.n_columns)
    ]  # fmt: skip
    matrix = program.rows.matrix.tocsr()
    for r, (low, high) in enumerate(zip(program.rows.lower, program.rows.upper, strict=True)):
        span = slice(matrix.indptr[r], matrix.indptr[r + 1])
        terms = zip(matrix.indices[span], matrix.data[span], strict=True)
        body = quicksum(float(v) * variables[k] for k, v in terms)
        if low == high:
            model.addCons(body == low)
        elif np.isfinite(high):
            model.addCons(body <= high)
        else:
            model.addCons(body >= low)

    def read(solution: Any) -> None:
        values = np.array([solution[v] for v in variables])
        record.offer(table, built.decode(values))

    return _run(model, record, scale, read)


def _solve_cones(state: Callable[[Any, OptionTable, float], list[Any]], table: OptionTable, record: Recorder) -> Ending:
    scale = _scale(table)
    model = pyscipopt.Model()
    x = state(model, table, scale)

    def read(solution: Any) -> None:
        chosen = _largest(table, np.array([solution[v] for v in x]))
        shares = allocate_any(table, chosen)
        record.offer(table, Decision(chosen, shares.uplink_share, shares.compute_share))

    return _run(model, record, scale, read)


def _largest(table: OptionTable, values: Floats) -> Ints:
    """[users] option of the largest value."""
    order = np.lexsort((values, table.user))
    return np.asarray(order[np.searchsorted(table.user[order], np.arange(table.n_users), side="right") - 1])


def _scale(table: OptionTable) -> float:
    least = np.full(table.n_users, np.inf)
    np.minimum.at(least, table.user, table.cost_j())
    return TARGET_TOTAL / max(float(least.sum()), 1e-12)


def _run(model: Any, record: Recorder, scale: float, read: Any) -> Ending:
    """Optimise with default settings; plans and bounds are recorded while SCIP runs."""
    size = {"built_s": record.elapsed_s, "columns": model.getNVars(), "rows": model.getNConss()}
    model.hideOutput()
    # SCIP divides by the smaller of plan and bound, so that the gap it stops at is never above ours.
    model.setParam("limits/gap", record.gap / 2)
    model.setParam("limits/time", max(record.left_s, 0.01))
    watch = _Watch(record, scale, read)
    model.includeEventhdlr(watch, "record", "plans and bounds on the way")
    model.optimize()
    if model.getNSols():
        read(model.getBestSol())
    if abs(model.getDualbound()) < model.infinity():
        record.raise_bound(model.getDualbound() / scale)
    return Ending(str(model.getStatus()), {**size, "nodes": float(model.getNTotalNodes())})


class _Watch(Eventhdlr):
    """Hears of new plans, solved LPs and solved nodes."""

    HEARD = (SCIP_EVENTTYPE.BESTSOLFOUND, SCIP_EVENTTYPE.LPSOLVED, SCIP_EVENTTYPE.NODESOLVED)

    def __init__(self, record: Recorder, scale: float, read: Any) -> None:
        self._record, self._scale, self._read = record, scale, read

    def eventinit(self) -> None:
        """SCIP starts."""
        for kind in self.HEARD:
            self.model.catchEvent(kind, self)

    def eventexit(self) -> None:
        """SCIP ends."""
        for kind in self.HEARD:
            self.model.dropEvent(kind, self)

    def eventexec(self, event: Any) -> None:
        """Something happened."""
        bound = self.model.getDualbound()
        if abs(bound) < self.model.infinity():
            self._record.raise_bound(bound / self._scale)
        if event.getType() == SCIP_EVENTTYPE.BESTSOLFOUND:
            self._read(self.model.getBestSol())
