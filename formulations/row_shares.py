"""Rows of every layer for each of some devices, in order from the top: an LP, or a MILP with whole rows (theory, P21).

With devices 1 … n taking part, B_{l,d} is the row of layer l at which device d ends (B_{l,0} = 0, B_{l,n} = H_l).
Layer l with kernel k, stride s and padding p reads rows s B_{l,d−1} − p … s (B_{l,d} − 1) − p + k of tensor q, so
device d lacks

    u ≥ B_{q,d−1} − s B_{l,d−1} + p    (its halo above, d > 1)    and
    v ≥ s B_{l,d} − s − p + k − B_{q,d}    (below, d < n) rows,

all ≥ 0. Times of phases, in ms, are as long as any device needs; energy is linear in rows and halos. ``least_rows``
keeps borders of the map from mattering, so that nothing is counted that is not needed there.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import scipy.sparse as sp

from formulations.parts.rows import keep_in_range
from formulations.program import Program, Rows
from instances.columns import Floats
from instances.dnn import NETWORK_INPUT
from instances.rows import Layout, RowPlan, RowProblem
from instances.spatial import SpatialNetwork

__all__ = ["RowShares", "least_rows", "share_rows"]

_Terms = dict[int, float]
"""A linear expression: column → coefficient; column −1 is the constant."""


def least_rows(network: SpatialNetwork) -> list[int]:
    """[layers] fewest rows that each device that takes part has: its halo then ends within the map."""
    least = []
    for layer in network.layers:
        rows = max(1, math.ceil(layer.padding / layer.stride))
        for read in layer.reads:
            over = (layer.height - 1) * layer.stride - layer.padding + layer.kernel - network.height_of(read)
            rows = max(rows, math.ceil(over / layer.stride))
        least.append(rows)
    return least


@dataclasses.dataclass(frozen=True, eq=False)
class RowShares:
    """The program and what its columns mean.

    ``taking`` are the indices of the devices that take part; ``first`` [layers] is the column of B_{l,1}.
    """

    problem: RowProblem
    taking: tuple[int, ...]
    program: Program
    first: tuple[int, ...]

    def bounds(self, values: Floats) -> list[Floats]:
        """[layers] of [taking + 1] B, not yet whole."""
        inner = len(self.taking) - 1
        return [
            np.concatenate([[0.0], values[c : c + inner], [float(layer.height)]])
            for c, layer in zip(self.first, self.problem.network.layers, strict=True)
        ]

    def plan(self, values: Floats) -> RowPlan:
        """The plan with every B at its nearest whole number, halves down."""
        layouts = []
        for layer_bounds in self.bounds(values):
            whole = np.ceil(layer_bounds - 0.5 - 1e-9).astype(int).tolist()
            ends = [0] * (len(self.problem.devices) + 1)
            for d in range(len(self.problem.devices)):
                ends[d + 1] = whole[self.taking.index(d) + 1] if d in self.taking else ends[d]
            layouts.append(Layout("rows", tuple(ends)))
        return RowPlan(tuple(layouts))


class _Builder:
    """Columns and rows as they come."""

    def __init__(self) -> None:
        self.cost: list[float] = []
        self.lower: list[float] = []
        self.upper: list[float] = []
        self.whole: list[bool] = []
        self.rows: list[tuple[_Terms, float]] = []  # terms ≥ bound
        self.names: list[str] = []
        self.offset = 0.0

    def column(self, name: str, cost: float, upper: float, *, whole: bool = False) -> int:
        self.names.append(name)
        self.cost.append(cost)
        self.lower.append(0.0)
        self.upper.append(upper)
        self.whole.append(whole)
        return len(self.cost) - 1

    def at_least(self, terms: _Terms, bound: float = 0.0) -> None:
        """Row Σ terms ≥ bound; a constant among the terms moves to the other side."""
        constant = terms.get(-1, 0.0)
        kept = {k: v for k, v in terms.items() if k >= 0 and v != 0.0}
        if kept or bound > constant:  # without columns, a row that cannot be kept
            self.rows.append((kept, bound - constant))

    def pay(self, terms: _Terms, price: float) -> None:
        """Add price × terms to the objective."""
        for k, v in terms.items():
            if k < 0:
                self.offset += price * v
            else:
                self.cost[k] += price * v

    def program(self, *, integer: bool) -> Program:
        entries = [(r, k, v) for r, (terms, _) in enumerate(self.rows) for k, v in terms.items()]
        row, column, value = (np.array(x) for x in zip(*entries, strict=True)) if entries else (np.zeros(0),) * 3
        matrix = sp.csr_matrix((value, (row, column)), shape=(len(self.rows), len(self.cost)))
        bound = np.array([b for _, b in self.rows], dtype=float)
        return Program(
            cost=np.array(self.cost), lower=np.array(self.lower), upper=np.array(self.upper),
            integer=np.array(self.whole, dtype=bool) & integer,
            # A term that vanishes here is 1e-8 of its row and only makes the row easier to keep.
            rows=keep_in_range(Rows(matrix, bound, np.full(len(self.rows), np.inf))), offset=self.offset,
            column_name=self.names.__getitem__,
        )  # fmt: skip


def _sum(*parts: tuple[float, _Terms]) -> _Terms:
    total: _Terms = {}
    for factor, terms in parts:
        for k, v in terms.items():
            total[k] = total.get(k, 0.0) + factor * v
    return total


def share_rows(problem: RowProblem, taking: tuple[int, ...], *, integer: bool = False, floor: bool = True) -> RowShares:
    """Build the program for these devices.

    Args:
        taking: increasing indices of the devices that take part. integer: whole rows; the LP otherwise.
        floor: hold every device to `least_rows`. Without, the LP can show who should not take part at all.
    """
    network, builder = problem.network, _Builder()
    least = least_rows(network) if floor else [0] * len(network.layers)
    ends: list[list[_Terms]] = []
    first = []
    for j, (layer, rows) in enumerate(zip(network.layers, least, strict=True)):
        first.append(len(builder.cost))
        inner = [builder.column(f"end[{j},{d}]", 0.0, layer.height, whole=True) for d in range(1, len(taking))]
        ends.append([{}, *({c: 1.0} for c in inner), {-1: float(layer.height)}])
        for d in range(len(taking)):
            builder.at_least(_sum((1.0, ends[-1][d + 1]), (-1.0, ends[-1][d])), rows)
    phases: list[int] = []
    for j in range(len(network.layers)):
        for read in network.layers[j].reads:
            _fetch(builder, problem, taking, ends, j, read, phases)
        _compute(builder, problem, taking, ends, j, phases)
    _gather(builder, problem, taking, ends, phases)
    source = problem.devices[problem.source]
    head_s = network.head_gflop / source.gflops
    builder.offset += head_s if problem.goal == "latency" else head_s * source.active_w
    if math.isfinite(problem.deadline_s):
        builder.at_least(dict.fromkeys(phases, -1.0), -1e3 * (problem.deadline_s - head_s))
    return RowShares(problem, taking, builder.program(integer=integer), tuple(first))


def _phase(builder: _Builder, problem: RowProblem, name: str, phases: list[int]) -> int:
    phases.append(builder.column(name, 1e-3 if problem.goal == "latency" else 0.0, math.inf))
    return phases[-1]


def _compute(builder: _Builder, problem: RowProblem, taking: tuple[int, ...], ends: list[list[_Terms]], j: int,
             phases: list[int]) -> None:  # fmt: skip
    layer = problem.network.layers[j]
    if not layer.gflop:
        return
    phase = _phase(builder, problem, f"run[{j}]", phases)
    for place, d in enumerate(taking):
        device = problem.devices[d]
        rows = _sum((1.0, ends[j][place + 1]), (-1.0, ends[j][place]))
        row_s = layer.gflop / layer.height / device.gflops
        builder.at_least(_sum((1.0, {phase: 1.0}), (-1e3 * row_s, rows)))
        if problem.goal == "energy":
            builder.pay(rows, row_s * device.active_w)


def _fetch(builder: _Builder, problem: RowProblem, taking: tuple[int, ...], ends: list[list[_Terms]], j: int, read: int,
           phases: list[int]) -> None:  # fmt: skip
    network, layer = problem.network, problem.network.layers[j]
    row_mbit = network.mbit_of(read) / network.height_of(read)
    if not row_mbit:
        return
    phase = _phase(builder, problem, f"fetch[{j},{read}]", phases)
    for place, d in enumerate(taking):
        top: _Terms = _sum((layer.stride, ends[j][place]), (1.0, {-1: -layer.padding}))
        bottom: _Terms = _sum(
            (layer.stride, ends[j][place + 1]), (1.0, {-1: layer.kernel - layer.stride - layer.padding})
        )
        if read == NETWORK_INPUT:
            begin = top if place else {}
            end = bottom if place + 1 < len(taking) else {-1: float(network.input_height)}
            lacks = {} if d == problem.source else _sum((1.0, end), (-1.0, begin))
        else:
            above = _sum((1.0, ends[read][place]), (-1.0, top)) if place else {}
            below = _sum((1.0, bottom), (-1.0, ends[read][place + 1])) if place + 1 < len(taking) else {}
            halos = (("above", above), ("below", below))
            lacks = _sum(*((1.0, _positive(builder, f"{s}[{j},{read},{place}]", t)) for s, t in halos if t))
        _receive(builder, problem, d, lacks, row_mbit, phase)


def _positive(builder: _Builder, name: str, terms: _Terms) -> _Terms:
    """A column that is at least the terms, and at least 0."""
    column = builder.column(name, 0.0, math.inf)
    builder.at_least(_sum((1.0, {column: 1.0}), (-1.0, terms)))
    return {column: 1.0}


def _gather(builder: _Builder, problem: RowProblem, taking: tuple[int, ...], ends: list[list[_Terms]],
            phases: list[int]) -> None:  # fmt: skip
    last = problem.network.layers[-1]
    others = [
        (1.0, _sum((1.0, ends[-1][place + 1]), (-1.0, ends[-1][place])))
        for place, d in enumerate(taking)
        if d != problem.source
    ]
    if others:
        phase = _phase(builder, problem, "gather", phases)
        _receive(builder, problem, problem.source, _sum(*others), last.mbit / last.height, phase)


def _receive(builder: _Builder, problem: RowProblem, d: int, rows: _Terms, row_mbit: float, phase: int) -> None:
    if not rows:
        return
    device = problem.devices[d]
    builder.at_least(_sum((1.0, {phase: 1.0}), (-1e3 * row_mbit / device.rate_mbps, rows)))
    if problem.goal == "energy":
        builder.pay(rows, row_mbit * device.j_per_mbit)
