"""The minimum cut between two neighbouring cut vertices: QDMP.

A cut vertex is a layer through which all data pass. A down-closed cut falls between two neighbours of these: all up to
the first stay, all from the second on go. So the best cut is the best of the segments' own. Narrow segments have few:
those are listed once for each network and priced together. Wide ones are minimum cuts, in the order of a lower bound
(each layer at its cheaper machine, the cheapest tensor sent once) until the bound passes the best found.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import scipy.sparse as sp

from formulations.split.graph import CutGraph, CutStructure, Tolls, structure_of
from instances.columns import Floats, Ints
from instances.cuts import enumerate_cuts
from instances.dnn import NETWORK_INPUT, Dnn
from instances.errors import InputError
from instances.request import Request
from instances.request_costs import Goal, LinearCosts
from solvers.answer import Limits
from solvers.registry import Kind
from solvers.split.answer import SplitAnswer
from solvers.split.max_flow import minimum_cut
from solvers.split.registry import splitter
from solvers.split.support import conclude, reason_against_cuts

__all__ = ["Qdmp", "cut_vertices"]


@splitter
class Qdmp:
    """Cut vertices first, then minimum cuts of the segments that can still be best."""

    name = "qdmp"
    title = "minimum cut between cut vertices"
    kind: Kind = "exact"
    guarantee = "optimal"
    reference = "after QDMP, IMWUT 2020 (from its abstract); docs/theory.md P17"

    def supports(self, request: Request, goal: Goal) -> str | None:
        """As for a minimum cut, with two machines, one way and one last layer."""
        if request.n_machines != 2 or not request.one_way:
            return "a cut has two sides, and data flow one way: see Request.one_way"
        if sum(not readers for readers in request.network.readers[:-1]) > 1:
            return "the network has more than one last layer, so the result passes no vertex"
        return reason_against_cuts(request, goal)

    def split(self, request: Request, goal: Goal, *, limits: Limits, rng: np.random.Generator) -> SplitAnswer:
        """Listed cuts first, then the segments too wide for that in the order of their lower bounds."""
        parts = _segments(request.network)
        price = _Prices.of(LinearCosts.of(request, goal))
        best, placement = float(price.stays[-1]), np.zeros(request.n_layers, dtype=np.int64)
        listed = parts.values(price)
        if len(listed) and listed.min() < best:
            best, placement = float(listed.min()), parts.placement(int(np.argmin(listed)))
        solved, floor = 0, _floors(parts, price)
        for k in np.argsort(floor, kind="stable").tolist():
            if floor[k] >= best:
                break
            inner, value = _solve(parts, k, price)
            solved += 1
            if value < best:
                first, last = int(parts.first[k]), int(parts.last[k])
                best = value
                placement = np.concatenate([np.zeros(first + 1, int), inner, np.ones(request.n_layers - 1 - last, int)])
        detail = {"listed": float(len(listed)), "wide": float(len(parts.first)), "solved": float(solved)}
        return conclude(request, goal, placement, best, best, detail)


@dataclasses.dataclass(frozen=True, eq=False)
class _Segments:
    """Segments between neighbouring cut vertices.

    Narrow ones: all their cuts, [cuts, …] sparse 0/1 matrices: ``stays`` [n] layers behind the first vertex that are on
    the device, ``goes`` [n] layers up to the last vertex that are not, ``sent`` [n + 1] tensors (the input last); with
    the vertices ``before`` (−1: the input) and ``behind`` of each. Wide ones: ``first`` and ``last`` vertex, and their
    graphs, ``structures``.
    """

    stays: sp.csr_matrix
    goes: sp.csr_matrix
    sent: sp.csr_matrix
    before: Ints
    behind: Ints
    first: Ints
    last: Ints
    structures: tuple[CutStructure, ...]

    def values(self, price: _Prices) -> Floats:
        """[cuts] cost of the listed cuts."""
        inner = self.stays @ price.run[0] + self.goes @ price.run[1] + self.sent @ price.parcel
        return np.asarray(price.stays[self.before + 1] + inner + price.goes[self.behind + 1] + price.opening)

    def placement(self, row: int) -> Ints:
        """[n] side of each layer in a listed cut."""
        at = np.ones(self.stays.shape[1], dtype=np.int64)
        at[: int(self.before[row]) + 1] = 0
        at[self.stays.indices[self.stays.indptr[row] : self.stays.indptr[row + 1]]] = 0
        return at


@dataclasses.dataclass(frozen=True, eq=False)
class _Prices:
    """``run`` [2, n]; ``parcel`` [n + 1] of sending each tensor (input last); ``stays`` [n + 1] of all layers before
    one on the device, ``goes`` [n + 1] of it and all behind it on the server; ``opening`` of being remote at all."""

    run: Floats
    parcel: Floats
    stays: Floats
    goes: Floats
    opening: float

    @classmethod
    def of(cls, costs: LinearCosts) -> _Prices:
        network = costs.request.network
        mbit = np.append(network.output_mbit, network.input_mbit)
        possible = math.isfinite(costs.send[0, 1])
        parcel = costs.send[0, 1] * mbit + costs.hop[0, 1] if possible else np.full(len(mbit), np.inf)
        stays = np.concatenate([[0.0], np.cumsum(costs.run[0])])
        goes = np.concatenate([np.cumsum(costs.run[1][::-1])[::-1], [0.0]])
        opening = costs.parcel(1, 0, network.result_mbit, result=True) + float(costs.opening[1])
        return cls(costs.run, parcel, stays, goes, opening)


_kept: dict[str, _Segments] = {}
_CACHED = 64
_NARROW = 512
"""Most cuts of a segment that are listed."""


def cut_vertices(network: Dnn) -> Ints:
    """Layers through which all data pass: no arc, from the input or to the result, leads past them."""
    n = network.n_layers
    past = np.zeros(n + 1, dtype=np.int64)
    for v, reads in enumerate(network.predecessors):
        for p in reads:
            past[p + 1] += 1  # every layer from p + 1 …
            past[v] -= 1  # … to v − 1 is passed
        if not network.readers[v]:
            past[v + 1] += 1
            past[n] -= 1
    return np.flatnonzero(np.cumsum(past)[:n] == 0)


def _segments(network: Dnn) -> _Segments:
    if network.fingerprint not in _kept:
        if len(_kept) >= _CACHED:
            _kept.pop(next(iter(_kept)))
        _kept[network.fingerprint] = _build(network)
    return _kept[network.fingerprint]


def _build(network: Dnn) -> _Segments:
    n, vertices = network.n_layers, cut_vertices(network)
    stays, goes, sent, ends, wide = [], [], [], [], []
    for first, last in zip([NETWORK_INPUT, *vertices.tolist()[:-1]], vertices.tolist(), strict=True):
        part = _part(network, first, last)
        try:
            kept = enumerate_cuts(part, limit=_NARROW).on_device
        except InputError:
            wide.append((first, last, structure_of(part, 2, one_way=True)))
            continue
        for on_device in kept[~kept[:, -1]]:
            stays.append(np.flatnonzero(on_device) + first + 1)
            goes.append(np.flatnonzero(~on_device) + first + 1)
            crossing = {p for v in np.flatnonzero(~on_device) for p in part.predecessors[v] if p < 0 or on_device[p]}
            # The input is the last tensor, which is where index −1 points.
            sent.append(np.array([p + first + 1 if p + first + 1 >= 0 else n for p in sorted(crossing)]))
            ends.append((first, last))
    before, behind = np.array(ends, dtype=np.int64).reshape(-1, 2).T
    return _Segments(
        _indicator(stays, n), _indicator(goes, n), _indicator(sent, n + 1), before, behind,
        np.array([w[0] for w in wide], dtype=np.int64), np.array([w[1] for w in wide], dtype=np.int64),
        tuple(w[2] for w in wide),
    )  # fmt: skip


def _indicator(rows: list[Ints], width: int) -> sp.csr_matrix:
    """0/1 matrix with ones in the named columns of each row."""
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    indices = np.concatenate([*rows, np.zeros(0, dtype=np.int64)]).astype(np.int64)
    return sp.csr_matrix((np.ones(len(indices)), indices, indptr), shape=(len(rows), width))


def _part(network: Dnn, first: int, last: int) -> Dnn:
    """Layers behind ``first`` up to ``last``, as a network whose input is what ``first`` sends."""
    rows = slice(first + 1, last + 1)
    reads = tuple(tuple(p - first - 1 for p in reads) for reads in network.predecessors[rows])
    sent = network.input_mbit if first == NETWORK_INPUT else float(network.output_mbit[first])
    return Dnn(f"{network.name}[{first + 1}:{last + 1}]", network.layers[rows], network.kind[rows], network.gflop[rows],
               network.weight_mb[rows], network.output_mbit[rows], reads, sent, 0.0)  # fmt: skip


def _floors(parts: _Segments, price: _Prices) -> Floats:
    """[wide segments] what each costs at least."""
    if not len(parts.first):
        return np.zeros(0)
    cheaper = np.concatenate([[0.0], np.cumsum(np.minimum(price.run[0], price.run[1]))])
    with np.errstate(invalid="ignore"):
        inner = np.nan_to_num(cheaper[parts.last] - cheaper[parts.first + 1], nan=0.0, posinf=np.inf)
    # Tensors first … last − 1, the input being the last entry, are those that can cross.
    starts = np.stack([parts.first + 1, parts.last + 1], axis=1).ravel()
    shifted = np.concatenate([price.parcel[-1:], price.parcel[:-1]])
    least = np.minimum.reduceat(np.append(shifted, np.inf), starts)[::2]
    return np.asarray(price.stays[parts.first + 1] + inner + price.goes[parts.last] + least + price.opening)


def _solve(parts: _Segments, k: int, price: _Prices) -> tuple[Ints, float]:
    """Best side of each layer of a segment (the last one goes), and what the whole cut costs."""
    first, last, structure = int(parts.first[k]), int(parts.last[k]), parts.structures[k]
    outside = price.stays[first + 1] + price.goes[last + 1] + price.opening
    run = price.run[:, first + 1 : last + 1].copy()
    run[0, -1] = np.inf
    # A parcel's price is a toll of one "Mbit" each, so that delays need no place of their own.
    parcels = np.append(price.parcel[first + 1 : last + 1], price.parcel[first])
    zero, one = np.zeros(1), np.ones(1)
    closed = not np.isfinite(parcels).all()
    tolls = Tolls(np.full(1, np.inf) if closed else one, zero, one, zero, zero, zero)
    graph = CutGraph.of(structure, run, np.zeros(len(parcels)) if closed else parcels, tolls)
    cut = minimum_cut(graph)
    return graph.placement(cut.source_side), float(outside + cut.value)
