"""One request as a mixed-integer program: a binary for each layer and machine, rows for every limit (theory P22).

Columns: x[v, k], layer v runs on machine k. By the route of the request either y[t, a, b], tensor t is sent from a to b
(``direct``), or y[t, k, k ± 1], it passes from neighbour to neighbour (``relay``); the input's home is machine 0.
Further r[k, j], the result goes from k to j, and o[k], machine k is in use. All but x are continuous: with x in {0, 1}
they take the least values that the rows allow, and those are 0 or 1. Rows, for tensors t, their homes u and readers v:

* Σ_k x[v, k] = 1;
* direct: Σ_{a ≠ b} y[t, a, b] ≥ x[v, b] − x[u, b] for each b, and y[t, a, b] ≤ x[u, a];
* relay, with X[v, k] = Σ_{j > k} x[v, j]: y[t, k, k+1] ≥ X[v, k] − X[u, k], and y[t, k+1, k] ≥ X[u, k] − X[v, k];
* results and openings likewise: r ≥ x or X of each last layer, o ≥ x or X of each layer;
* memory, load, deadline and energy cap, each brought to about 1.

With two machines and no limits the rows are those of a minimum cut, and the LP relaxation is whole.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable

import numpy as np
import scipy.sparse as sp

from formulations.program import LARGEST, SMALLEST, Program, Rows
from instances.columns import Floats, Ints
from instances.dnn import NETWORK_INPUT
from instances.request import Request
from instances.request_costs import Goal

__all__ = ["SwitchingProgram", "switching_program"]

Term = tuple[int, float]


@dataclasses.dataclass(frozen=True, eq=False)
class SwitchingProgram:
    """The program of a request; ``seconds`` and ``joules`` [columns] are latency and energy of its columns."""

    request: Request
    program: Program
    seconds: Floats
    joules: Floats

    def placement(self, values: Floats) -> Ints:
        """[n_layers] machine of each layer in an integer solution."""
        m, n = self.request.n_machines, self.request.n_layers
        return np.asarray(values[: m * n].reshape(n, m).argmax(axis=1), dtype=np.int64)

    def without(self, placement: Ints) -> SwitchingProgram:
        """The same with one placement excluded (one that keeps a limit up to the solver's tolerance only)."""
        m, n = self.request.n_machines, self.request.n_layers
        columns = np.arange(n) * m + placement
        row = sp.csr_matrix((np.ones(n), (np.zeros(n, dtype=int), columns)), shape=(1, self.program.n_columns))
        rows = Rows(row, np.array([-np.inf]), np.array([n - 1.0]))
        return dataclasses.replace(self, program=self.program.with_rows(rows))

    def capped(self, per_column: Floats, most: float) -> SwitchingProgram:
        """The same with Σ per_column · x ≤ most added."""
        rows = _limit(per_column, most)
        return self if rows is None else dataclasses.replace(self, program=self.program.with_rows(rows))


class _Builder:
    """Columns with their seconds and joules, and ≥ rows of a few terms."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.joules: list[float] = []
        self.forbidden: list[bool] = []
        self.rows: list[tuple[list[Term], float, float]] = []

    def column(self, seconds: float, joules: float, *, forbidden: bool = False) -> int:
        bad = forbidden or math.isinf(seconds)
        self.seconds.append(0.0 if bad else seconds)
        self.joules.append(0.0 if bad else joules)
        self.forbidden.append(bad)
        return len(self.seconds) - 1

    def at_least(self, terms: Iterable[Term], least: float = 0.0) -> None:
        self.rows.append((list(terms), least, math.inf))

    def matrix(self) -> Rows:
        row = np.repeat(np.arange(len(self.rows)), [len(terms) for terms, _, _ in self.rows])
        flat = [term for terms, _, _ in self.rows for term in terms]
        column, value = np.array([c for c, _ in flat]), np.array([v for _, v in flat])
        matrix = sp.csr_matrix((value, (row, column)), shape=(len(self.rows), len(self.seconds)))
        return Rows(matrix, np.array([low for _, low, _ in self.rows]), np.array([high for _, _, high in self.rows]))


def switching_program(request: Request, goal: Goal) -> SwitchingProgram:
    """The program of a request for a weighted sum of latency and energy."""
    build = _Builder()
    m, n = request.n_machines, request.n_layers
    x = np.array([[build.column(request.time_s[k, v], request.energy_j[k, v]) for k in range(m)] for v in range(n)])
    for v in range(n):
        build.rows.append(([(int(c), 1.0) for c in x[v]], 1.0, 1.0))
    send = _send_directly if request.route == "direct" else _relay
    for tensor in range(NETWORK_INPUT, n):
        if request.network.readers[tensor]:
            send(request, build, x, tensor)
    _return_and_open(request, build, x)
    seconds, joules = np.array(build.seconds), np.array(build.joules)
    upper = np.where(build.forbidden, 0.0, 1.0)
    integer = np.arange(len(seconds)) < m * n
    cost = goal.per_s * seconds + goal.per_j * joules
    program = Program(cost, np.zeros(len(cost)), upper, integer, build.matrix())
    whole = SwitchingProgram(request, program, seconds, joules)
    return _with_limits(whole, x)


def _above(x: Ints, layer: int, boundary: int, sign: float) -> list[Term]:
    """Terms of sign · X[layer, boundary]; the input (−1) is above nothing."""
    return [] if layer == NETWORK_INPUT else [(int(c), sign) for c in x[layer, boundary + 1 :]]


def _at(x: Ints, layer: int, machine: int, sign: float) -> list[Term]:
    return [] if layer == NETWORK_INPUT else [(int(x[layer, machine]), sign)]


def _leg(request: Request, a: int, b: int, mbit: float, *, result: bool = False) -> tuple[float, float, bool]:
    """Seconds and joules of a tensor on a link, and whether it may not be sent there."""
    rate = float(request.send_s_per_mbit[a, b])
    closed = math.isinf(rate) or (request.one_way and b < a and not result)
    seconds = 0.0 if closed else rate * mbit + float(request.hop_s[a, b])
    return seconds, float(request.send_j_per_mbit[a, b]) * mbit, closed


def _size(request: Request, tensor: int) -> float:
    net = request.network
    return float(net.input_mbit if tensor == NETWORK_INPUT else net.output_mbit[tensor])


def _send_directly(request: Request, build: _Builder, x: Ints, tensor: int) -> None:
    m, mbit, readers = request.n_machines, _size(request, tensor), request.network.readers[tensor]
    homes = (0,) if tensor == NETWORK_INPUT else range(m)
    for b in range(m):
        arriving = []
        for a in homes:
            if a == b:
                continue
            seconds, joules, closed = _leg(request, a, b, mbit)
            column = build.column(seconds, joules, forbidden=closed)
            arriving.append((column, 1.0))
            if tensor != NETWORK_INPUT and m > 2:  # with two machines the row below says it
                build.at_least([*_at(x, tensor, a, 1.0), (column, -1.0)])
        if tensor == NETWORK_INPUT and b == 0:
            continue
        for reader in readers:
            build.at_least([*arriving, *_at(x, reader, b, -1.0), *_at(x, tensor, b, 1.0)])


def _relay(request: Request, build: _Builder, x: Ints, tensor: int) -> None:
    mbit, readers = _size(request, tensor), request.network.readers[tensor]
    for k in range(request.n_machines - 1):
        seconds, joules, closed = _leg(request, k, k + 1, mbit)
        up = build.column(seconds, joules, forbidden=closed)
        for reader in readers:
            build.at_least([(up, 1.0), *_above(x, reader, k, -1.0), *_above(x, tensor, k, 1.0)])
        if tensor == NETWORK_INPUT:
            continue
        seconds, joules, closed = _leg(request, k + 1, k, mbit)
        down = build.column(seconds, joules, forbidden=closed)
        for reader in readers:
            build.at_least([(down, 1.0), *_above(x, tensor, k, -1.0), *_above(x, reader, k, 1.0)])


def _return_and_open(request: Request, build: _Builder, x: Ints) -> None:
    net, relay = request.network, request.route == "relay"
    for k in range(1, request.n_machines):
        seconds, joules, closed = _leg(request, k, k - 1 if relay else 0, float(net.result_mbit), result=True)
        back = build.column(seconds, joules, forbidden=closed)
        used = build.column(float(request.opening_s[k]), float(request.opening_j[k]))
        for layer in range(request.n_layers):
            here = _above(x, layer, k - 1, -1.0) if relay else _at(x, layer, k, -1.0)
            build.at_least([(used, 1.0), *here])
            if not net.readers[layer]:
                build.at_least([(back, 1.0), *here])


def _with_limits(whole: SwitchingProgram, x: Ints) -> SwitchingProgram:
    request = whole.request
    whole = whole.capped(whole.seconds, request.deadline_s).capped(whole.joules, request.energy_cap_j)
    for k in range(request.n_machines):
        for per_layer, cap in ((request.network.weight_mb, request.memory_mb[k]),
                               (request.time_s[k], request.load_cap_s[k])):  # fmt: skip
            row = np.zeros(whole.program.n_columns)
            row[x[:, k]] = np.where(np.isfinite(per_layer), per_layer, 0.0)
            whole = whole.capped(row, float(cap))
    return whole


def _limit(per_column: Floats, most: float) -> Rows | None:
    """The row Σ per_column · x ≤ most, scaled; terms too small to matter to a solver are left out (a relaxation)."""
    largest = float(per_column.max(initial=0.0))
    if math.isinf(most) or per_column.sum() <= most:
        return None
    scale = 1 / most if most > 0 and largest <= most * LARGEST else LARGEST / largest
    scaled = np.where(per_column * scale < SMALLEST, 0.0, per_column * scale)
    return Rows(sp.csr_matrix(scaled[None, :]), np.array([-np.inf]), np.array([most * scale]))
