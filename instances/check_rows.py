"""The checker of row plans: fetches and computes layer by layer, device by device, with whole rows and channels.

A piece is what one device makes of one layer. It needs a block of every tensor that the layer reads (rows with their
halo; channels). A device keeps one block of a tensor, so it fetches what the block that spans its own part and its
need lacks: where they are apart, also what lies between. Nothing here is shared with solvers or formulations.
"""

from __future__ import annotations

import dataclasses
import itertools
import math

from instances.rows import Layout, RowPlan, RowProblem

__all__ = ["Dependency", "RowReport", "check_rows", "dependencies"]

TOLERANCE = 1e-9
"""Relative room for rounding in the deadline."""

_Span = tuple[int, int]
_Block = tuple[_Span, _Span]  # rows, channels


@dataclasses.dataclass(frozen=True)
class RowReport:
    """What a plan amounts to.

    Args:
        latency_s: from the input at the source to the end of the head. energy_j: of all devices, computing and radio.
        gflop: by device, the head included. received_mbit: by device.
        broken: the rules that are broken, one sentence each.
    """

    latency_s: float
    energy_j: float
    gflop: tuple[float, ...]
    received_mbit: tuple[float, ...]
    broken: tuple[str, ...]

    @property
    def valid(self) -> bool:
        """Whether no rule is broken."""
        return not self.broken


@dataclasses.dataclass(frozen=True)
class Dependency:
    """A line of the dependency table: piece (layer, device) takes ``mbit`` of what ``holder`` has of layer ``read``.

    ``layer`` is the number of layers for the head; ``read`` is −1 for the network's input.
    """

    layer: int
    device: int
    read: int
    holder: int
    mbit: float


def check_rows(problem: RowProblem, plan: RowPlan) -> RowReport:
    """Figures of a plan, recomputed by going through its phases."""
    network, n = problem.network, len(problem.devices)
    faults = _shape_faults(problem, plan)
    if faults:
        return RowReport(math.inf, math.inf, (), (), tuple(faults))
    gflop, received, seconds = [0.0] * n, [0.0] * n, []
    for j, layer in enumerate(network.layers):
        for p in layer.reads:
            fetched = [_lacks(problem, plan, j, p, d) for d in range(n)]
            seconds.append(_phase_s(problem, fetched, received))
        whole = layer.height if plan.layouts[j].axis == "rows" else layer.channels
        work = [layer.gflop * (plan.layouts[j].bounds[d + 1] - plan.layouts[j].bounds[d]) / whole for d in range(n)]
        seconds.append(max(work[d] / problem.devices[d].gflops for d in range(n)))
        gflop = [a + b for a, b in zip(gflop, work, strict=True)]
    last = len(network.layers)
    fetched = [_lacks(problem, plan, last, last - 1, d) if d == problem.source else 0.0 for d in range(n)]
    seconds.append(_phase_s(problem, fetched, received))
    gflop[problem.source] += network.head_gflop
    seconds.append(network.head_gflop / problem.devices[problem.source].gflops)
    latency = math.fsum(seconds)
    joules = math.fsum(x.active_w * g / x.gflops + x.j_per_mbit * m
                       for x, g, m in zip(problem.devices, gflop, received, strict=True))  # fmt: skip
    late = latency > problem.deadline_s * (1 + TOLERANCE)
    broken = (f"takes {latency:.4g} s, the deadline is {problem.deadline_s:.4g} s",) if late else ()
    return RowReport(latency, joules, tuple(gflop), tuple(received), broken)


def dependencies(problem: RowProblem, plan: RowPlan) -> list[Dependency]:
    """The table of which piece needs how much of which other piece, its own device's included; empty needs left out."""
    table, count = [], len(problem.network.layers)
    for j in range(count + 1):
        for d in range(len(problem.devices)) if j < count else (problem.source,):
            for p in problem.network.layers[j].reads if j < count else (count - 1,):
                need = _spans(_needs(problem, plan, j, p, d), _holds(problem, plan, p, d))
                for holder in range(len(problem.devices)):
                    share = _overlap(need, _holds(problem, plan, p, holder))
                    if share:
                        table.append(Dependency(j, d, p, holder, share * _mbit_of_value(problem, p)))
    return table


def _phase_s(problem: RowProblem, fetched: list[float], received: list[float]) -> float:
    """Length of a phase in which each device receives so many Mbit; adds them to what was received."""
    for d, mbit in enumerate(fetched):
        received[d] += mbit
    return max(mbit / x.rate_mbps for x, mbit in zip(problem.devices, fetched, strict=True))


def _lacks(problem: RowProblem, plan: RowPlan, layer: int, read: int, device: int) -> float:
    """Mbit of what ``layer`` needs on a device of the tensor ``read`` that the device does not hold."""
    holds = _holds(problem, plan, read, device)
    need = _spans(_needs(problem, plan, layer, read, device), holds)
    missing = _overlap(need, need) - _overlap(need, holds)
    return missing * _mbit_of_value(problem, read)


def _spans(need: _Block, holds: _Block) -> _Block:
    """The need, stretched until it touches what is held, if either is not empty."""
    if not _overlap(need, need) or not _overlap(holds, holds):
        return need
    rows, channels = ((min(x[0], y[1]), max(x[1], y[0])) for x, y in zip(need, holds, strict=True))
    return rows, channels


def _needs(problem: RowProblem, plan: RowPlan, layer: int, read: int, device: int) -> _Block:
    network = problem.network
    rows_in, channels_in = network.height_of(read), network.channels_of(read)
    if layer == len(network.layers):  # the head
        return (0, rows_in), (0, channels_in)
    here, (rows, channels) = network.layers[layer], _holds(problem, plan, layer, device)
    if rows[0] >= rows[1] or channels[0] >= channels[1]:
        return (0, 0), (0, 0)
    first = max(0, rows[0] * here.stride - here.padding)
    last = min(rows_in, (rows[1] - 1) * here.stride - here.padding + here.kernel)
    return (first, last), (channels if here.channelwise else (0, channels_in))


def _holds(problem: RowProblem, plan: RowPlan, layer: int, device: int) -> _Block:
    network = problem.network
    rows, channels = (0, network.height_of(layer)), (0, network.channels_of(layer))
    if layer < 0:
        return (rows, channels) if device == problem.source else ((0, 0), (0, 0))
    layout = plan.layouts[layer]
    span = layout.bounds[device], layout.bounds[device + 1]
    return (span, channels) if layout.axis == "rows" else (rows, span)


def _overlap(a: _Block, b: _Block) -> int:
    """Rows times channels that two blocks have in common."""
    sides = (max(0, min(x[1], y[1]) - max(x[0], y[0])) for x, y in zip(a, b, strict=True))
    return math.prod(sides)


def _mbit_of_value(problem: RowProblem, layer: int) -> float:
    """Mbit of one row of one channel."""
    network = problem.network
    return network.mbit_of(layer) / (network.height_of(layer) * network.channels_of(layer))


def _shape_faults(problem: RowProblem, plan: RowPlan) -> list[str]:
    layers, n = problem.network.layers, len(problem.devices)
    if len(plan.layouts) != len(layers):
        return [f"the plan has {len(plan.layouts)} layouts for {len(layers)} layers"]
    return [fault for j in range(len(layers)) if (fault := _layout_fault(problem, j, plan.layouts[j], n))]


def _layout_fault(problem: RowProblem, j: int, layout: Layout, n: int) -> str:
    layer, bounds = problem.network.layers[j], layout.bounds
    size = layer.height if layout.axis == "rows" else layer.channels
    rises = all(a <= b for a, b in itertools.pairwise(bounds))
    if len(bounds) != n + 1 or not rises or bounds[0] != 0 or bounds[-1] != size:
        return f"layer '{layer.name}': bounds {bounds} do not divide its {size} {layout.axis} among {n} devices"
    return ""
