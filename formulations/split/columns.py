"""Columns and rows that say where every layer runs, what is sent, and what that takes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from formulations.parts.rows import keep_in_range, make_rows
from formulations.program import Rows
from instances.columns import Bools, Floats, Ints
from instances.dnn import NETWORK_INPUT
from instances.request import Request
from instances.request_costs import Goal, LinearCosts

__all__ = ["PlacementColumns", "Term", "limit_rows", "placement_rows", "rows_of", "seconds_of"]

Term = tuple[list[tuple[int, float]], float, float]
"""A row: (column, coefficient) pairs, lower and upper bound."""


@dataclasses.dataclass(frozen=True, eq=False)
class PlacementColumns:
    """x[v,k]: layer v runs on machine k; y[u,a,b]: tensor u goes from a to b; z[a,b]: the result does; w[k]: k is used.

    On a line (two machines, or a relay) tensors go between neighbours; elsewhere between any two machines.
    """

    request: Request
    line: bool
    legs: tuple[tuple[int, int, int], ...]
    returns: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, request: Request) -> PlacementColumns:
        """Columns of a request."""
        m, net = request.n_machines, request.network
        line = m <= 2 or request.route == "relay"
        pairs = [(a, b) for a in range(m) for b in range(m) if (abs(a - b) == 1 if line else a != b)]
        # On a line the input can reach every boundary from below; elsewhere it starts at machine 0.
        legs = [(u, a, b) for u in range(NETWORK_INPUT, net.n_layers) if net.readers[u] for a, b in pairs
                if not (request.one_way and b < a) and (u != NETWORK_INPUT or (a < b if line else a == 0))]  # fmt: skip
        returns = [(k, k - 1 if line else 0) for k in range(1, m)]
        return cls(request, line, tuple(legs), tuple(returns))

    @property
    def size(self) -> int:
        """Number of columns."""
        return self.first_open + self.request.n_machines - 1

    @property
    def first_leg(self) -> int:
        return self.request.n_layers * self.request.n_machines

    @property
    def first_return(self) -> int:
        return self.first_leg + len(self.legs)

    @property
    def first_open(self) -> int:
        return self.first_return + len(self.returns)

    def x(self, v: int, k: int) -> int:
        """Column of x[v,k]."""
        return v * self.request.n_machines + k

    def above(self, v: int, k: int, sign: float = 1.0) -> list[tuple[int, float]]:
        """Whether layer v runs above boundary k, as terms; the input never does."""
        if v == NETWORK_INPUT:
            return []
        return [(self.x(v, j), sign) for j in range(k + 1, self.request.n_machines)]

    def name(self, column: int) -> str:
        """Name as in the statement."""
        m = self.request.n_machines
        if column < self.first_leg:
            return f"x[{column // m},{column % m}]"
        if column < self.first_return:
            return "y[{},{},{}]".format(*self.legs[column - self.first_leg])
        if column < self.first_open:
            return "z[{},{}]".format(*self.returns[column - self.first_return])
        return f"w[{column - self.first_open + 1}]"

    def upper(self) -> Floats:
        """[columns] 0 where a layer cannot run or nothing can be sent, else 1."""
        request = self.request
        runs = np.isfinite(request.time_s).T.ravel()
        sent = [np.isfinite(request.send_s_per_mbit[a, b]) for _, a, b in self.legs]
        back = [np.isfinite(request.send_s_per_mbit[a, b]) for a, b in self.returns]
        return np.concatenate([runs, sent, back, np.ones(request.n_machines - 1)]).astype(np.float64)

    def integer(self) -> Bools:
        """[columns] x is whole; the others follow."""
        return np.arange(self.size) < self.first_leg

    def cost(self, goal: Goal) -> Floats:
        """[columns] what each adds to a weighted sum of energy and latency; 0 where it cannot be."""
        request, costs = self.request, LinearCosts.of(self.request, goal)
        mbit = np.append(request.network.output_mbit, request.network.input_mbit)
        sent = [costs.parcel(a, b, float(mbit[u])) for u, a, b in self.legs]
        back = [costs.parcel(a, b, request.network.result_mbit, result=True) for a, b in self.returns]
        every = np.concatenate([costs.run.T.ravel(), sent, back, costs.opening[1:]])
        return np.where(np.isfinite(every), every, 0.0)

    def decode(self, values: Floats) -> Ints:
        """[n] machine of each layer."""
        x = values[: self.first_leg].reshape(self.request.n_layers, self.request.n_machines)
        return np.asarray(np.argmax(x, axis=1), dtype=np.int64)


def placement_rows(c: PlacementColumns) -> Iterator[Term]:
    """One machine a layer; what is read elsewhere is sent; the result comes back; machines in use are opened."""
    request, net = c.request, c.request.network
    m, n = request.n_machines, request.n_layers
    last = [v for v in range(n) if not net.readers[v]]
    for v in range(n):
        yield [(c.x(v, k), 1.0) for k in range(m)], 1.0, 1.0
    for j, (u, a, b) in enumerate(c.legs):
        for r in net.readers[u]:
            yield [(c.first_leg + j, 1.0), *_unless_sent(c, u, r, a, b)], _free_part(c, u), np.inf
    if request.one_way:
        yield from _one_way(c)
    for j, (a, b) in enumerate(c.returns):
        for v in last:
            there = c.above(v, b, -1.0) if c.line else [(c.x(v, a), -1.0)]
            yield [(c.first_return + j, 1.0), *there], 0.0, np.inf
    for k in range(1, m):
        if request.opening_s[k] or request.opening_j[k]:
            for v in range(n):
                there = c.above(v, k - 1, -1.0) if c.line else [(c.x(v, k), -1.0)]
                yield [(c.first_open + k - 1, 1.0), *there], 0.0, np.inf


def _unless_sent(c: PlacementColumns, u: int, r: int, a: int, b: int) -> list[tuple[int, float]]:
    """Terms that are −1 when reader r needs tensor u sent from a to b (up to `_free_part`), else 0 or more."""
    if not c.line:
        home = [] if u == NETWORK_INPUT else [(c.x(u, a), -1.0)]
        return [*home, (c.x(r, b), -1.0)]
    k, sign = (a, 1.0) if a < b else (b, -1.0)
    return [*c.above(u, k, sign), *c.above(r, k, -sign)]


def _free_part(c: PlacementColumns, u: int) -> float:
    return 0.0 if c.line or u == NETWORK_INPUT else -1.0


def _one_way(c: PlacementColumns) -> Iterator[Term]:
    m, net = c.request.n_machines, c.request.network
    for u in range(net.n_layers):
        for r in net.readers[u]:
            if c.line:
                for k in range(m - 1):
                    yield [*c.above(r, k), *c.above(u, k, -1.0)], 0.0, np.inf
            else:
                for a in range(1, m):
                    for b in range(a):
                        yield [(c.x(u, a), 1.0), (c.x(r, b), 1.0)], -np.inf, 1.0


def limit_rows(c: PlacementColumns) -> Iterator[Term]:
    """Memory of each machine in parts of what there is, and latency in parts of the deadline."""
    request = c.request
    for k, room in enumerate(request.memory_mb.tolist()):
        if room < request.network.total_weight_mb:
            heavy = np.flatnonzero(request.network.weight_mb > 0).tolist()
            scale = room if room > 0 else 1.0
            yield [(c.x(v, k), float(request.network.weight_mb[v]) / scale) for v in heavy], -np.inf, room / scale
    if np.isfinite(request.deadline_s):
        scale = request.deadline_s if request.deadline_s > 0 else 1.0
        seconds = c.cost(Goal.latency()) / scale
        yield [(j, float(seconds[j])) for j in np.flatnonzero(seconds).tolist()], -np.inf, request.deadline_s / scale


def seconds_of(c: PlacementColumns) -> Iterator[tuple[str, list[tuple[int, float]]]]:
    """Name and busy seconds of every stage, as terms: machines, then links that carry something."""
    request, net = c.request, c.request.network
    mbit = np.append(net.output_mbit, net.input_mbit)
    for k in range(request.n_machines):
        able = np.flatnonzero(np.isfinite(request.time_s[k])).tolist()
        yield f"machine {k}", [(c.x(v, k), float(request.time_s[k, v])) for v in able]
    stages: dict[tuple[int, int], list[tuple[int, float]]] = {}
    for j, (u, a, b) in enumerate(c.legs):
        stages.setdefault((a, b), []).append((c.first_leg + j, float(mbit[u])))
    for j, (a, b) in enumerate(c.returns):
        stages.setdefault((a, b), []).append((c.first_return + j, float(net.result_mbit)))
    for (a, b), terms in stages.items():
        rate = float(request.send_s_per_mbit[a, b])
        if np.isfinite(rate):
            yield f"link {a} to {b}", [(column, rate * size) for column, size in terms]


def rows_of(terms: list[Term], n_columns: int) -> Rows:
    """Arrays of rows, kept within the range of coefficients that a program may have."""
    row = [i for i, (pairs, _, _) in enumerate(terms) for _ in pairs]
    column = [j for pairs, _, _ in terms for j, _ in pairs]
    value = [w for pairs, _, _ in terms for _, w in pairs]
    lower, upper = [t[1] for t in terms], [t[2] for t in terms]
    return keep_in_range(make_rows(row, column, value, lower, upper, (len(terms), n_columns)))
