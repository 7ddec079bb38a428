"""The approximation, the exact MILP and a greedy baseline for access points and servers."""

from __future__ import annotations

import numpy as np

from formulations.gma_columns import AccessColumns, build_access, list_access, plan_of
from instances.columns import Floats, Ints
from instances.errors import InputError
from instances.systems.gma import AccessPlan, AccessProblem
from solvers.answer import Limits
from solvers.highs import Status, solve_program
from solvers.systems.gma.matching import match_triples
from solvers.systems.gma.slots import triples
from solvers.systems.registry import system_method

__all__ = ["fill_greedily", "match", "relaxed_value", "solve_milp"]

_SYSTEM = "GMA"
NOTHING = 1e-9


def relaxed_value(problem: AccessProblem) -> float:
    """J that no plan can save more than: the LP over columns."""
    columns = list_access(problem)
    return float(columns.saved_j @ _relaxed(problem, columns)) if len(columns) else 0.0


@system_method("gma", system=_SYSTEM, kind="approximation", guarantee="saved ≥ (1 − α)/2 · optimum",
               reference="after Gao and Easwaran 2025, arXiv:2509.11162; docs/theory.md P37")  # fmt: skip
def match(problem: AccessProblem) -> AccessPlan:
    """LP over columns, scaled by 1 − α, poured into slots, matched; whoever still fits is added greedily.

    The same with less scaling, what is then too much being dropped again, and greedy alone: the best of these.
    """
    columns = list_access(problem)
    if not len(columns):
        return plan_of(problem, columns, np.zeros(0, dtype=np.int64))
    amount, part = _relaxed(problem, columns), largest_part(problem, columns)
    tried = [_filled(problem, columns, np.zeros(0, dtype=np.int64))]
    for scale in (1 - part, 1 - part / 2, 1.0):
        tried.append(_filled(problem, columns, _matched(columns, scale * amount)))
    return plan_of(problem, columns, max(tried, key=lambda used: float(columns.saved_j[used].sum())))


def _matched(columns: AccessColumns, amount: Floats) -> Ints:
    """Columns of a matching of slots that the amounts are poured into; within capacity if these leave α of it free."""
    kept = np.flatnonzero(amount > NOTHING)
    parts = triples(amount[kept], *(c[kept] for c in (columns.blocks, columns.units, columns.point, columns.server)))
    if not parts:
        return np.zeros(0, dtype=np.int64)
    column = kept[[k for k, _, _ in parts]]
    nodes = [(("task", int(columns.task[k])), ("point", up), ("server", down))
             for k, (_, up, down) in zip(column, parts, strict=True)]  # fmt: skip
    return np.asarray(column[match_triples(nodes, columns.saved_j[column])])


@system_method("gma_milp", system=_SYSTEM, kind="exact", guarantee="gap ≤ 1e-6", reference="docs/theory.md P37")
def solve_milp(problem: AccessProblem) -> AccessPlan:
    """The formulation `formulations.gma_columns`, by HiGHS.

    Raises:
        InputError: HiGHS does not finish.
    """
    columns = list_access(problem)
    if not len(columns):
        return plan_of(problem, columns, np.zeros(0, dtype=np.int64))
    outcome = solve_program(build_access(problem, columns, integer=True), Limits(gap=1e-6))
    if outcome.status is not Status.OPTIMAL or outcome.values is None:
        raise InputError("problem", f"HiGHS says {outcome.status.value}", "no optimum was found")
    return plan_of(problem, columns, np.flatnonzero(outcome.values > 0.5))


@system_method("gma_greedy", system=_SYSTEM, kind="heuristic", reference="recurring baseline")
def fill_greedily(problem: AccessProblem) -> AccessPlan:
    """Columns by energy saved over part of uplink and server taken, while they fit."""
    columns = list_access(problem)
    return plan_of(problem, columns, _filled(problem, columns, np.zeros(0, dtype=np.int64)))


def largest_part(problem: AccessProblem, columns: AccessColumns) -> float:
    """α of the columns there are: the largest part of an uplink or a server that one of them takes."""
    return float(max((columns.blocks / problem.blocks).max(), (columns.units / problem.units).max()))


def _relaxed(problem: AccessProblem, columns: AccessColumns) -> Floats:
    outcome = solve_program(build_access(problem, columns, integer=False), Limits(gap=0.0))
    if outcome.status is not Status.OPTIMAL or outcome.values is None:
        raise InputError("problem", f"HiGHS says {outcome.status.value} to its LP", "which has an optimum")
    return np.clip(outcome.values, 0.0, 1.0)


def _filled(problem: AccessProblem, columns: AccessColumns, chosen: Ints) -> Ints:
    """Chosen columns and then others of tasks that are left, by saving over what they take, while they fit."""
    room = [np.full(len(problem.uplink_mhz), problem.blocks), np.full(len(problem.server_gflops), problem.units)]
    used, done = [], set()
    taken = columns.blocks / problem.blocks + columns.units / problem.units
    by_worth = np.argsort(-columns.saved_j / taken, kind="stable")
    first = by_worth[np.isin(by_worth, chosen)]
    for k in [*first.tolist(), *by_worth.tolist()]:
        task, a, s = int(columns.task[k]), columns.point[k], columns.server[k]
        if task not in done and columns.blocks[k] <= room[0][a] and columns.units[k] <= room[1][s]:
            used.append(k)
            done.add(task)
            room[0][a] -= columns.blocks[k]
            room[1][s] -= columns.units[k]
    return np.array(used, dtype=np.int64)
