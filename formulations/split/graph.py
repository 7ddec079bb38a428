"""One request as a minimum cut: a graph whose cheapest s-t cut is the cheapest placement (docs/theory.md, P17).

Every layer v has a node v^k for each boundary k between machines k and k + 1, k < m − 1; it lies on the source's side
when v runs above the boundary. What each arc says, tail → head (paid when only the tail lies on the source's side):

* s → v^0, v^(k−1) → v^k, v^(m−2) → t: v runs on machine 0, k, m − 1.
* v^(k+1) → v^k, infinite: who is above a boundary is above all lower ones.
* r^k → w → u^k: u's tensor goes up boundary k when a reader r is above it and u is not. The first arc is infinite, so
  that any number of readers pay once; with one reader there is no w. The input is a tensor whose layer is t.
* u^k → w' → r^k: the same for the way down; under one-way flow u^k → r^k is infinite instead.
* l^k → w → t, l a last layer: the result comes down boundary k, and the machine above it is opened. (Where data flow
  down too, opening has a node of its own, which every layer feeds.)

The structure hangs on the network, m and the direction only, and is cached; capacities are filled in array operations.
"""

from __future__ import annotations

import dataclasses
from functools import cached_property

import numpy as np

from instances.columns import Bools, Floats, Ints
from instances.dnn import NETWORK_INPUT, Dnn
from instances.errors import InputError
from instances.request_costs import LinearCosts

__all__ = ["SOURCE", "TARGET", "CutGraph", "CutStructure", "Tolls", "cut_graph", "structure_of"]

SOURCE, TARGET = 0, 1
_FREE, _RUN, _UP, _DOWN, _RESULT, _OPEN = range(6)
"""What an arc's capacity is made of; `_FREE` arcs are infinite."""

_CACHED = 64


@dataclasses.dataclass(frozen=True, eq=False)
class CutStructure:
    """Arcs of the graph and where each capacity comes from; kept by `structure_of`, so that equal ones are the same.

    Per arc: nodes ``tail`` and ``head``; ``kind``; ``level``, the boundary (for `_RUN`: machine); ``item``, layer or
    tensor (−1: the input). ``n_nodes``; ``node`` [m − 1, n] node of each layer and boundary.
    """

    n_nodes: int
    node: Ints
    tail: Ints
    head: Ints
    kind: Ints
    level: Ints
    item: Ints

    @cached_property
    def rows(self) -> tuple[Ints, ...]:
        """Arcs of each kind."""
        return tuple(np.flatnonzero(self.kind == kind) for kind in range(_OPEN + 1))


@dataclasses.dataclass(frozen=True, eq=False)
class Tolls:
    """What passing a boundary costs, [m − 1] each: ``up`` and ``down`` of a Mbit (inf: closed), ``up_hop`` and
    ``down_hop`` of a tensor, ``result`` of the result's return and ``opening`` of the machine above."""

    up: Floats
    up_hop: Floats
    down: Floats
    down_hop: Floats
    result: Floats
    opening: Floats

    @classmethod
    def of(cls, costs: LinearCosts) -> Tolls:
        """Those between neighbours."""
        k = np.arange(costs.request.n_machines - 1)
        result = np.array(
            [costs.parcel(j + 1, j, costs.request.network.result_mbit, result=True) for j in range(len(k))]
        )
        return cls(costs.send[k, k + 1], costs.hop[k, k + 1], costs.send[k + 1, k], costs.hop[k + 1, k], result,
                   costs.opening[1:])  # fmt: skip


@dataclasses.dataclass(frozen=True, eq=False)
class CutGraph:
    """A graph with ``capacity`` [arcs] (inf: may not be cut); a cut costs its capacity plus ``constant``.

    Node 0 is the source, node 1 the target. Graphs that differ in numbers only share their ``structure``.
    """

    structure: CutStructure
    capacity: Floats
    constant: float

    @classmethod
    def of(cls, structure: CutStructure, run: Floats, mbit: Floats, tolls: Tolls) -> CutGraph:
        """Graph of ``run`` [m, n], ``mbit`` [n + 1] (the input last) and tolls."""
        least = np.min(run, axis=0)
        fixed = np.where(np.isfinite(least), least, 0.0)
        return cls(structure, _capacities(structure, run - fixed, mbit, tolls), float(fixed.sum()))

    def placement(self, source_side: Bools) -> Ints:
        """[n] machine of each layer when ``source_side`` [nodes] is cut from the rest."""
        return np.asarray(source_side[self.structure.node].sum(axis=0), dtype=np.int64)

    def value(self, source_side: Bools) -> float:
        """What a cut costs, constant included; inf when it cuts what may not be cut."""
        cut = source_side[self.structure.tail] & ~source_side[self.structure.head]
        return float(self.capacity[cut].sum()) + self.constant


_structures: dict[tuple[str, int, bool], CutStructure] = {}


def cut_graph(costs: LinearCosts) -> CutGraph:
    """The graph of a request's costs.

    Raises:
        InputError: fewer than two machines, or more that send to each other directly: no graph of this kind is exact.
    """
    request = costs.request
    if request.n_machines > 2 and request.route != "relay":
        raise InputError(
            "request.route", "is 'direct'", "with more than two machines a cut needs a line", "use 'relay'"
        )
    if request.n_machines < 2:
        raise InputError("request.machines", "is one machine", "there is nothing to cut")
    structure = structure_of(request.network, request.n_machines, one_way=request.one_way)
    mbit = np.append(request.network.output_mbit, request.network.input_mbit)
    return CutGraph.of(structure, costs.run, mbit, Tolls.of(costs))


def structure_of(network: Dnn, n_machines: int, *, one_way: bool) -> CutStructure:
    """Arcs of a network on a line of machines; the last few are kept."""
    key = (network.fingerprint, n_machines, one_way)
    if key not in _structures:
        if len(_structures) >= _CACHED:
            _structures.pop(next(iter(_structures)))
        _structures[key] = _build(network, n_machines, one_way=one_way)
    return _structures[key]


def _capacities(structure: CutStructure, run: Floats, mbit: Floats, tolls: Tolls) -> Floats:
    kind, level, item = structure.kind, structure.level, structure.item
    capacity = np.full(len(kind), np.inf)
    here = structure.rows[_RUN]
    capacity[here] = run[level[here], item[here]]
    for which, rate, hop in ((_UP, tolls.up, tolls.up_hop), (_DOWN, tolls.down, tolls.down_hop)):
        here = structure.rows[which]
        possible = np.isfinite(rate)
        # inf · 0 would be NaN.
        price = np.where(possible, rate, 0.0)[level[here]] * mbit[item[here]]
        capacity[here] = price + np.where(possible, hop, np.inf)[level[here]]
    here = structure.rows[_RESULT]
    capacity[here] = (tolls.result if len(structure.rows[_OPEN]) else tolls.result + tolls.opening)[level[here]]
    here = structure.rows[_OPEN]
    capacity[here] = tolls.opening[level[here]]
    return capacity


def _build(network: Dnn, m: int, *, one_way: bool) -> CutStructure:
    n = network.n_layers
    node = 2 + np.arange((m - 1) * n).reshape(m - 1, n)
    arcs: list[tuple[int, int, int, int, int]] = []
    count = 2 + (m - 1) * n

    def many(tails: list[int], head: int, kind: int, level: int, item: int) -> None:
        """Arcs that cost once when any of the tails is on the source's side and the head is not."""
        nonlocal count
        if len(tails) == 1:
            arcs.append((tails[0], head, kind, level, item))
            return
        arcs.extend((tail, count, _FREE, level, item) for tail in tails)
        arcs.append((count, head, kind, level, item))
        count += 1

    for v in range(n):
        path = [SOURCE, *node[:, v].tolist(), TARGET]
        arcs.extend((path[k], path[k + 1], _RUN, k, v) for k in range(m))
        arcs.extend((path[k + 1], path[k], _FREE, k, v) for k in range(1, m - 1))
    last = [v for v in range(n) if not network.readers[v]]
    for k in range(m - 1):
        at = node[k].tolist()
        for tensor in range(NETWORK_INPUT, n):
            readers = [at[r] for r in network.readers[tensor]]
            home = TARGET if tensor == NETWORK_INPUT else at[tensor]
            if readers:
                many(readers, home, _UP, k, tensor)
            if not readers or tensor == NETWORK_INPUT:
                continue
            if one_way:
                arcs.extend((home, reader, _FREE, k, tensor) for reader in readers)
            elif len(readers) == 1:
                arcs.append((home, readers[0], _DOWN, k, tensor))
            else:
                arcs.append((home, count, _DOWN, k, tensor))
                arcs.extend((count, reader, _FREE, k, tensor) for reader in readers)
                count += 1
        many([at[v] for v in last], TARGET, _RESULT, k, 0)
        if not one_way:
            many(at, TARGET, _OPEN, k, 0)
    tail, head, kind, level, item = np.array(arcs, dtype=np.int64).T
    return CutStructure(count, node, tail, head, kind, level, item)
