"""Access points and servers as columns (task, point, server, blocks, units, power); a packing MILP over them."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import scipy.sparse as sp

from formulations.program import Program, Rows
from instances.columns import Bools, Floats, Ints
from instances.systems.gma import AccessPlan, AccessProblem

__all__ = ["AccessColumns", "build_access", "list_access", "plan_of", "state_access_in_pyomo"]


@dataclasses.dataclass(frozen=True, eq=False)
class AccessColumns:
    """[columns] each: ``task``, ``point``, ``server``, ``blocks``, ``units``, ``level`` of power and ``saved_j``, J."""

    task: Ints
    point: Ints
    server: Ints
    blocks: Ints
    units: Ints
    level: Ints
    saved_j: Floats

    def __len__(self) -> int:
        return len(self.task)


def list_access(problem: AccessProblem) -> AccessColumns:
    """Every way to hand a task over in time that saves energy and that no other of its point and server beats.

    For a number of blocks and a power, units are the fewest that are in time; one way beats another that takes no fewer
    blocks and units and saves no more.
    """
    found: list[tuple[int, ...]] = []
    saved: list[float] = []
    blocks = np.arange(1, int(problem.part * problem.blocks + 1e-9) + 1)
    most = int(problem.part * problem.units + 1e-9)
    watts = problem.powers_w[:, None]
    for t in range(problem.n_tasks):
        for a in range(len(problem.uplink_mhz)):
            rate = blocks / problem.blocks * problem.uplink_mhz[a] * np.log2(1 + watts * problem.snr_per_w[t, a])
            with np.errstate(divide="ignore"):
                air = problem.upload_mbit[t] / rate
            gain = problem.local_j[t] - watts * air
            for s in range(len(problem.server_gflops)):
                left = problem.deadline_s[t] - air - problem.upload_mbit[t] * problem.backhaul_s_per_mbit[a, s]
                work = problem.work_gflop[t] / problem.server_gflops[s] * problem.units
                units = np.full(left.shape, most + 1)
                good = (left > 0) & (gain > 0)
                units[good] = np.ceil(np.minimum(work / left[good] * (1 - 1e-12), most + 1)).astype(np.int64)
                level, place = np.nonzero(good & (units <= most))
                for k in np.flatnonzero(_unbeaten(blocks[place], units[level, place], gain[level, place])):
                    found.append((t, a, s, int(blocks[place[k]]), int(units[level[k], place[k]]), int(level[k])))
                    saved.append(float(gain[level[k], place[k]]))
    columns = np.array(found, dtype=np.int64).reshape(-1, 6).T
    task, point, server, pieces, shares, power = columns
    return AccessColumns(task, point, server, pieces, shares, power, np.array(saved))


def _unbeaten(blocks: Ints, units: Ints, gain: Floats) -> Bools:
    """Which no other beats; of equals the first stays."""
    less = (blocks[:, None] <= blocks) & (units[:, None] <= units) & (gain[:, None] >= gain)
    same = less & less.T
    beaten = (less & ~same).any(axis=0) | np.triu(same, 1).any(axis=0)
    return np.asarray(~beaten)


def build_access(problem: AccessProblem, columns: AccessColumns, *, integer: bool) -> Program:
    """max Σ saved x; one way a task at most; Σ blocks ≤ B at every point; Σ units ≤ U at every server."""
    n, k = len(columns), np.arange(len(columns))
    sizes = (problem.n_tasks, len(problem.uplink_mhz), len(problem.server_gflops))
    taken = ((columns.task, np.ones(n)), (columns.point, columns.blocks / problem.blocks),
             (columns.server, columns.units / problem.units))  # fmt: skip
    parts = [sp.csr_matrix((amount, (at, k)), shape=(size, n)) for (at, amount), size in zip(taken, sizes, strict=True)]
    rows = Rows(sp.vstack(parts, format="csr"), np.full(sum(sizes), -np.inf), np.ones(sum(sizes)))
    keys = list(zip(*(c.tolist() for c in (columns.task, columns.point, columns.server, columns.blocks, columns.units,
                                           columns.level)), strict=True))  # fmt: skip
    return Program(-columns.saved_j, np.zeros(n), np.ones(n), np.full(n, integer), rows,
                   column_name=lambda j: "x[" + ",".join(map(str, keys[j])) + "]")  # fmt: skip


def plan_of(problem: AccessProblem, columns: AccessColumns, used: Ints) -> AccessPlan:
    """The plan that uses some columns, at most one a task; the other tasks stay on their devices."""
    names = ("point", "server", "blocks", "units", "level")
    empty = {"point": -1, "server": -1, "blocks": 0, "units": 0, "level": 0}
    plan = {name: np.full(problem.n_tasks, empty[name]) for name in names}
    for name in names:
        plan[name][columns.task[used]] = getattr(columns, name)[used]
    return AccessPlan(**plan)


def state_access_in_pyomo(problem: AccessProblem, columns: AccessColumns) -> Any:
    """The readable statement: a Pyomo ConcreteModel with the same matrix."""
    import pyomo.environ as pyo

    rows = zip(columns.task, columns.point, columns.server, columns.blocks, columns.units, columns.level, strict=True)
    ways = [tuple(int(v) for v in row) for row in rows]
    model = pyo.ConcreteModel("gma_columns")
    model.WAYS = pyo.Set(initialize=ways, dimen=6, doc="(task, point, server, blocks, units, power)")
    model.x = pyo.Var(model.WAYS, within=pyo.Binary)
    saved = {way: float(value) for way, value in zip(ways, columns.saved_j, strict=True)}
    model.saved = pyo.Objective(expr=-sum(saved[w] * model.x[w] for w in ways), doc="− J saved, minimised")
    model.limits = pyo.ConstraintList(doc="Σ x ≤ 1 a task, Σ blocks ≤ B a point, Σ units ≤ U a server")
    for size, at, taken in ((problem.n_tasks, 0, None), (len(problem.uplink_mhz), 1, 3),
                            (len(problem.server_gflops), 2, 4)):  # fmt: skip
        room = {None: 1, 3: problem.blocks, 4: problem.units}[taken]
        for row in range(size):
            of = [w for w in ways if w[at] == row]
            if of:
                model.limits.add(sum((1 if taken is None else w[taken]) * model.x[w] for w in of) <= room)
    return model
