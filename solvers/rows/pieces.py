"""Pieces of data and of model: each layer by rows, by channels or on one device, so that all of it is soonest done.

Each layer takes one of a few candidate layouts. Phases make the value a sum over layers (how long, how dear this
layout's work is) and over tensors (what it takes to get from this layout to that one), so a chain is a shortest path
and any other network a MILP with one binary a layer and layout.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Literal

import numpy as np

from formulations.parts.rows import make_rows, stack_rows
from formulations.program import Program
from instances.columns import Floats
from instances.dnn import NETWORK_INPUT
from instances.rows import Layout, RowPlan, RowProblem
from solvers.answer import Limits
from solvers.highs import Status, solve_program
from solvers.rows.phases import computing, receiving, speeds
from solvers.rows.registry import Kind, RowAnswer, get_row_method, row_method
from solvers.rows.rounding import divide_by_shares

__all__ = ["PieceCosts", "candidate_plans", "no_deadline", "price_pieces", "simple_plans"]


@dataclasses.dataclass(frozen=True, eq=False)
class PieceCosts:
    """Values in the goal's unit, seconds or joules.

    Args:
        choices: [layers] of the candidate layouts.
        work: [layers] of [candidates]; the first and last transfer, from the input and to the head, are in it.
        move: for each (layer read, layer) of [candidates of the one, candidates of the other].
        fixed: what no choice changes: the head.
    """

    choices: tuple[tuple[Layout, ...], ...]
    work: tuple[Floats, ...]
    move: dict[tuple[int, int], Floats]
    fixed: float

    def plan(self, picks: Iterable[int]) -> RowPlan:
        """The plan of these layouts: an index into ``choices`` for each layer."""
        return RowPlan(tuple(c[k] for c, k in zip(self.choices, picks, strict=True)))


def candidate_plans(problem: RowProblem) -> list[RowPlan]:
    """Plans whose layouts are offered: those of `simple_plans`, and the one that `coedge` finds."""
    rounded = get_row_method("coedge").solve(problem, limits=Limits()).plan
    return [*simple_plans(problem), *([rounded] if rounded is not None else [])]


def simple_plans(problem: RowProblem) -> list[RowPlan]:
    """Rows equal and in proportion to speed, every device alone, channels in proportion to speed."""
    n, speed = len(problem.devices), speeds(problem)
    plans = [divide_by_shares(problem, shares) for shares in (np.ones(n), speed, *np.eye(n))]
    return [*plans, divide_by_shares(problem, speed, "channels")]


def price_pieces(problem: RowProblem, plans: list[RowPlan]) -> PieceCosts:
    """Costs of every layout that the plans have."""
    network = problem.network
    choices = tuple(tuple(dict.fromkeys(plan.layouts[j] for plan in plans)) for j in range(len(network.layers)))
    work = [np.array([_work(problem, j, layout) for layout in options]) for j, options in enumerate(choices)]
    move = {}
    for p, j in network.edges:
        if p == NETWORK_INPUT:
            work[j] = work[j] + np.array([_fetch(problem, j, layout, p, None) for layout in choices[j]])
        else:
            move[p, j] = np.array([[_fetch(problem, j, b, p, a) for b in choices[j]] for a in choices[p]])
    last = len(network.layers) - 1
    work[last] = work[last] + np.array([_to_head(problem, layout) for layout in choices[last]])
    head = computing(problem, network.head_gflop * (np.arange(len(problem.devices)) == problem.source))
    return PieceCosts(choices, tuple(work), move, head.value(problem.goal))


def _work(problem: RowProblem, j: int, layout: Layout) -> float:
    gflop = problem.network.layers[j].gflop * np.diff(layout.bounds) / layout.bounds[-1]
    return computing(problem, gflop).value(problem.goal)


def _fetch(problem: RowProblem, j: int, layout: Layout, read: int, held: Layout | None) -> float:
    """Value of fetching what layer j in this layout lacks of a tensor; ``held`` None: the source has all of it."""
    network, layer = problem.network, problem.network.layers[j]
    rows, channels = network.height_of(read), network.channels_of(read)
    begin, end = np.array(layout.bounds[:-1]), np.array(layout.bounds[1:])
    busy = end > begin
    row, channel = np.tile([[0], [rows]], len(busy)), np.tile([[0], [channels]], len(busy))
    if layout.axis == "rows":
        row = np.clip(
            np.array([begin * layer.stride, (end - 1) * layer.stride + layer.kernel]) - layer.padding, 0, rows
        )
    elif layer.channelwise:
        channel = np.array([begin, end])
    needed = (row[1] - row[0]) * (channel[1] - channel[0])
    if held is None:
        there = np.where(np.arange(len(busy)) == problem.source, needed, 0)
    else:
        own = np.array([held.bounds[:-1], held.bounds[1:]])
        by_row, by_channel = (own, channel) if held.axis == "rows" else (row, own)
        some = own[1] > own[0]  # who holds a part keeps one block: its need reaches up to that part
        row, channel = (
            np.where(some, [np.minimum(need[0], part[1]), np.maximum(need[1], part[0])], need)
            for need, part in ((row, by_row), (channel, by_channel))
        )
        needed = (row[1] - row[0]) * (channel[1] - channel[0])
        wide = np.clip(np.minimum(row[1], by_row[1]) - np.maximum(row[0], by_row[0]), 0, None)
        deep = np.clip(np.minimum(channel[1], by_channel[1]) - np.maximum(channel[0], by_channel[0]), 0, None)
        there = wide * deep
    mbit = np.where(busy, needed - there, 0) * network.mbit_of(read) / (rows * channels)
    return receiving(problem, mbit).value(problem.goal)


def _to_head(problem: RowProblem, layout: Layout) -> float:
    part = (layout.bounds[problem.source + 1] - layout.bounds[problem.source]) / layout.bounds[-1]
    mbit = np.zeros(len(problem.devices))
    mbit[problem.source] = (1 - part) * problem.network.layers[-1].mbit
    return receiving(problem, mbit).value(problem.goal)


def no_deadline(problem: RowProblem) -> str | None:
    """Why a method that adds up layers cannot run on a problem; None when it can."""
    return None if problem.deadline_s == np.inf else "a deadline couples all layers; it minimises without one"


@row_method
class Pieces:
    """MILP over layouts, for any network."""

    name = "pieces"
    title = "rows, channels or one device for each layer (MILP)"
    kind: Kind = "exact"
    decides: Literal["rows", "pieces"] = "pieces"
    guarantee: str | None = "gap ≤ limits.gap among the candidate layouts"
    reference = "after Huang et al., IEEE IoT-J 2021, doi:10.1109/JIOT.2021.3112715 (eDDNN)"

    def supports(self, problem: RowProblem) -> str | None:
        """Problems without a deadline."""
        return no_deadline(problem)

    def solve(self, problem: RowProblem, *, limits: Limits) -> RowAnswer:
        """Layouts within the gap."""
        costs = price_pieces(problem, candidate_plans(problem))
        program, first = _layout_program(costs)
        outcome = solve_program(program, limits)
        if outcome.values is None:
            return RowAnswer(None, np.inf if outcome.status is Status.INFEASIBLE else outcome.bound)
        picks = [int(np.argmax(outcome.values[a : a + len(c)])) for a, c in zip(first, costs.choices, strict=True)]
        return RowAnswer(costs.plan(picks), outcome.bound)


def _layout_program(costs: PieceCosts) -> tuple[Program, list[int]]:
    """x[layer, layout] ∈ {0, 1}; y[edge, a, b] ≥ 0 is 1 if both are chosen: Σ_b y = x_a, Σ_a y = x_b."""
    count = [len(c) for c in costs.choices]
    first = [sum(count[:j]) for j in range(len(count) + 1)]
    cost = [*costs.work]
    total, rows = first[-1], []
    width = total + sum(m.size for m in costs.move.values())
    for j, n in enumerate(count):
        rows.append(make_rows(np.zeros(n), first[j] + np.arange(n), 1.0, 1.0, 1.0, (1, width)))
    at = total
    for (p, j), move in costs.move.items():
        y = at + np.arange(move.size).reshape(move.shape)
        for grid, node in ((y, p), (y.T, j)):
            k = np.arange(count[node])
            row = np.concatenate([np.repeat(k, grid.size // len(k)), k])
            column = np.concatenate([grid.ravel(), first[node] + k])
            value = np.concatenate([np.ones(grid.size), -np.ones(len(k))])
            rows.append(make_rows(row, column, value, 0.0, 0.0, (len(k), width)))
        cost.append(move.ravel())
        at += move.size
    whole = np.arange(width) < total
    program = Program(cost=np.concatenate(cost), lower=np.zeros(width), upper=np.ones(width), integer=whole,
                      rows=stack_rows(rows), offset=costs.fixed)  # fmt: skip
    return program, first[:-1]


@row_method
class PiecesChain:
    """Dynamic programme over layouts, for chains."""

    name = "pieces_chain"
    title = "rows, channels or one device for each layer of a chain (dynamic programme)"
    kind: Kind = "exact"
    decides: Literal["rows", "pieces"] = "pieces"
    guarantee: str | None = "optimal among the candidate layouts"
    reference = "after Huang et al., IEEE IoT-J 2021, doi:10.1109/JIOT.2021.3112715 (eDDNN)"

    def supports(self, problem: RowProblem) -> str | None:
        """Chains without a deadline."""
        chain = all(layer.reads == (j - 1,) for j, layer in enumerate(problem.network.layers))
        return no_deadline(problem) if chain else "the network is not a chain"

    def solve(self, problem: RowProblem, *, limits: Limits) -> RowAnswer:
        """Optimal layouts."""
        costs = price_pieces(problem, candidate_plans(problem))
        best, came = costs.work[0], []
        for j in range(1, len(costs.work)):
            ways = best[:, None] + costs.move[j - 1, j]
            came.append(ways.argmin(axis=0))
            best = ways.min(axis=0) + costs.work[j]
        picks = [int(best.argmin())]
        for back in reversed(came):
            picks.append(int(back[picks[-1]]))
        return RowAnswer(costs.plan(reversed(picks)), float(best.min()) + costs.fixed)


@row_method
class Channels:
    """Every layer by channels, in proportion to speed."""

    name = "channels"
    title = "channels in proportion to speed"
    kind: Kind = "heuristic"
    decides: Literal["rows", "pieces"] = "pieces"
    guarantee: str | None = None
    reference = "recurring baseline"

    def supports(self, problem: RowProblem) -> str | None:
        """Every problem."""
        return None

    def solve(self, problem: RowProblem, *, limits: Limits) -> RowAnswer:
        """The division, if it is in time."""
        return RowAnswer(divide_by_shares(problem, speeds(problem), "channels"))
