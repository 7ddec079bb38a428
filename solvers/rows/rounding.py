"""Rows by linear programming: shares, rounded to whole rows with a bound on what that costs (theory, P21)."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np

from formulations.row_shares import RowShares, least_rows, share_rows
from instances.check_rows import check_rows
from instances.columns import Floats
from instances.dnn import NETWORK_INPUT
from instances.rows import Axis, Layout, RowPlan, RowProblem
from solvers.answer import Limits
from solvers.highs import Status, solve_program
from solvers.rows.phases import Phase, computing, receiving

__all__ = [
    "Rounded",
    "divide_by_shares",
    "possible_sets",
    "relax",
    "round_rows",
    "rounding_cost",
    "value_of",
]

EXACT = Limits(gap=0.0)
PARTS = (0.125, 0.25, 0.5, 1.0)
"""Of what rounding can cost in time, by which the deadline is brought forward."""


@dataclasses.dataclass(frozen=True)
class Rounded:
    """An LP bound and a plan rounded from an LP.

    Args:
        bound: of the LP at the problem's deadline; inf when even that is infeasible.
        plan: the best that is in time, or None.
        guarantee: P21's upper bound on the plan's value; inf where the LP has no room for rounding before the deadline.
    """

    bound: float
    plan: RowPlan | None
    guarantee: float


def rounding_cost(problem: RowProblem, taking: tuple[int, ...]) -> Phase:
    """What whole rows can cost at most over the LP (P21): one row's work, and 1 + s rows of halo, for each device and
    layer."""
    network, last, devices = problem.network, problem.network.layers[-1], np.arange(len(problem.devices))
    taken, source = np.isin(devices, taking), devices == problem.source
    cost = receiving(problem, source * last.mbit / last.height)
    for layer in network.layers:
        cost += computing(problem, taken * layer.gflop / layer.height)
        for read in layer.reads:
            rows = layer.stride if read == NETWORK_INPUT else 1 + layer.stride
            there = taken & ~source if read == NETWORK_INPUT else taken
            cost += receiving(problem, there * rows * network.mbit_of(read) / network.height_of(read))
    return cost


def relax(
    problem: RowProblem, taking: tuple[int, ...], *, floor: bool = True
) -> tuple[RowShares, Floats | None, float]:
    """The LP: what its columns mean, their values (None when infeasible) and its optimum (inf)."""
    shares = share_rows(problem, taking, floor=floor)
    outcome = solve_program(shares.program, EXACT)
    if outcome.status is Status.INFEASIBLE:
        return shares, None, math.inf
    if outcome.values is None:
        return shares, None, -math.inf
    return shares, outcome.values, outcome.objective


def round_rows(problem: RowProblem, taking: tuple[int, ...]) -> Rounded:
    """The LP's rows at their nearest whole numbers, or one share a device for all layers if that is better.

    Under a deadline the LP is solved with the deadline brought forward by parts of what rounding can cost. All of it
    makes sure that the plan is in time (P21); less often does as well and costs less, so the best plan of all parts is
    kept.
    """
    shares, values, bound = relax(problem, taking)
    if values is None:
        return Rounded(bound, None, math.inf)
    cost = rounding_cost(problem, taking)
    plans, guarantee = _whole(shares, values), math.inf
    if not math.isfinite(problem.deadline_s):
        guarantee = bound + cost.value(problem.goal)
    for part in PARTS if math.isfinite(problem.deadline_s) else ():
        early_s = problem.deadline_s - part * cost.seconds
        if early_s > 0:
            shares, values, optimum = relax(problem.replace(deadline_s=early_s), taking)
            if values is None:
                break
            plans += _whole(shares, values)
            if part == 1.0:
                guarantee = optimum + cost.value(problem.goal)
    best = min(plans, key=lambda plan: value_of(problem, plan))
    return Rounded(bound, best if math.isfinite(value_of(problem, best)) else None, guarantee)


def _whole(shares: RowShares, values: Floats) -> list[RowPlan]:
    """The nearest whole rows, and the shares in line if they leave every device rows enough."""
    in_line = _in_line(shares, values)
    return [shares.plan(values), *([in_line] if holds_enough(shares.problem, in_line, shares.taking) else [])]


def holds_enough(problem: RowProblem, plan: RowPlan, taking: tuple[int, ...] | None = None) -> bool:
    """Whether the plan is one of those that P21 is about.

    Args:
        taking: the devices that take part; those with rows of the first layer when None.
    """
    first = np.diff(plan.layouts[0].bounds)
    who = np.flatnonzero(first) if taking is None else np.array(taking)
    rows = np.array([np.diff(layout.bounds) for layout in plan.layouts])
    least = np.array(least_rows(problem.network))[:, None]
    others = np.delete(rows, who, axis=1)
    by_rows = all(layout.axis == "rows" for layout in plan.layouts)
    return by_rows and bool((rows[:, who] >= least).all()) and not others.any()


def _in_line(shares: RowShares, values: Floats) -> RowPlan:
    """The mean share of each device for all layers, as CoEdge has it: borders in line make the smallest halos."""
    heights = [float(layer.height) for layer in shares.problem.network.layers]
    parts = np.array([np.diff(b) / h for b, h in zip(shares.bounds(values), heights, strict=True)])
    every = np.zeros(len(shares.problem.devices))
    every[list(shares.taking)] = parts.mean(axis=0)
    return divide_by_shares(shares.problem, every)


def divide_by_shares(problem: RowProblem, shares: Floats, axis: Axis = "rows") -> RowPlan:
    """Every layer's rows or channels in these shares [devices], cut at the nearest whole ones."""
    ends = np.concatenate([[0.0], np.cumsum(shares / shares.sum())])
    ends[-1] = 1.0
    counts = [layer.height if axis == "rows" else layer.channels for layer in problem.network.layers]
    return RowPlan(tuple(Layout(axis, tuple(np.floor(ends * n + 0.5).astype(int).tolist())) for n in counts))


def possible_sets(problem: RowProblem) -> list[tuple[int, ...]]:
    """Every set of devices for which every layer has rows enough."""
    fits = min(
        layer.height // rows for layer, rows in zip(problem.network.layers, least_rows(problem.network), strict=True)
    )
    n = len(problem.devices)
    return [s for k in range(1, min(n, fits) + 1) for s in itertools.combinations(range(n), k)]


def value_of(problem: RowProblem, plan: RowPlan | None) -> float:
    """The goal's value of a plan; inf when it is None or breaks a rule."""
    if plan is None:
        return math.inf
    report = check_rows(problem, plan)
    if not report.valid:
        return math.inf
    return report.energy_j if problem.goal == "energy" else report.latency_s
