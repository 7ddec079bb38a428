"""Maximum flow through a cut graph by SciPy, whose capacities are whole numbers, refined until the gap is rounding.

One round multiplies the capacities by 2²⁹ over an upper bound of the flow, rounds down and solves. The flow found is a
flow of the true graph, hence a lower bound of every cut; the cut found is worth at most (arcs) · 2⁻²⁹ · (upper bound)
more. Often that settles every layer: who is joined to the source by a path on which more than the gap is left is on
its side of every minimum cut, and likewise at the target. If not, the next round does the same with what is left of the
capacities, the gap being the new upper bound: two rounds reach the accuracy of doubles (docs/theory.md, P17).
"""

from __future__ import annotations

import dataclasses
import math
from weakref import WeakKeyDictionary

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from formulations.split.graph import SOURCE, TARGET, CutGraph, CutStructure
from instances.columns import Bools, Floats, Ints

__all__ = ["Cut", "minimum_cut"]

_STEPS = 2**29
_MOST_ROUNDS = 6
_Int32s = NDArray[np.int32]
CLOSE = 1e-13
"""Relative gap between cut and flow that is taken for rounding."""


@dataclasses.dataclass(frozen=True, eq=False)
class Cut:
    """``source_side`` [nodes], its ``value`` (inf: there is no finite cut), and the flow that proves the ``bound``."""

    source_side: Bools
    value: float
    bound: float
    rounds: int


@dataclasses.dataclass(frozen=True, eq=False)
class _Frame:
    """Sparse matrix that holds every arc and its reverse: ``slot`` [arcs] is each one's place among its entries,
    ``mirror`` [entries] that of each entry's reverse."""

    indptr: _Int32s
    indices: _Int32s
    slot: Ints
    mirror: Ints
    n_nodes: int

    @property
    def size(self) -> int:
        return len(self.indices)

    def matrix(self, data: _Int32s) -> sp.csr_matrix:
        return sp.csr_matrix((data, self.indices, self.indptr), shape=(self.n_nodes, self.n_nodes))

    def reachable(self, open_arcs: Bools, start: int = SOURCE) -> Bools:
        """[nodes] which ones the start reaches over open entries."""
        count = np.concatenate([[0], np.cumsum(open_arcs)])
        indices = self.indices[open_arcs]
        graph = sp.csr_matrix((np.ones(len(indices)), indices, count[self.indptr]), shape=(self.n_nodes, self.n_nodes))
        side = np.zeros(self.n_nodes, dtype=bool)
        side[breadth_first_order(graph, start, return_predecessors=False)] = True
        return side


_frames: WeakKeyDictionary[CutStructure, _Frame] = WeakKeyDictionary()


def minimum_cut(graph: CutGraph) -> Cut:
    """Cheapest cut between source and target."""
    structure = graph.structure
    if structure not in _frames:
        _frames[structure] = _frame(structure)
    frame = _frames[structure]
    left = np.asarray(np.bincount(frame.slot, graph.capacity, frame.size), dtype=np.float64)
    most, flow = _first_bound(graph), 0.0
    best = Cut(np.zeros(structure.n_nodes, dtype=bool), math.inf, graph.constant, 0)
    for rounds in range(1, _MOST_ROUNDS + 1):
        unit = most / _STEPS if most > 0 else 1.0
        # No arc of a finite cut is worth more than `most`; twice that is never used up.
        whole = np.floor(np.minimum(left, 2 * most) / unit).astype(np.int32)
        found = maximum_flow(frame.matrix(whole), SOURCE, TARGET)
        pushed = _entries(found.flow, frame)
        flow += float(found.flow_value) * unit
        left = np.maximum(left - pushed * unit, 0.0)
        side = frame.reachable(whole > pushed)
        value = graph.value(side)
        if value < best.value or rounds == 1:
            best = Cut(side, value, min(flow + graph.constant, value), rounds)
        best = dataclasses.replace(best, bound=min(flow + graph.constant, best.value), rounds=rounds)
        gap = best.value - best.bound
        if rounds == 1 and _is_settled(graph, frame, left, side, gap):
            return dataclasses.replace(best, bound=best.value)
        if not math.isfinite(gap) or gap <= CLOSE * max(abs(best.value), flow):
            break
        most = gap
    return best


def _is_settled(graph: CutGraph, frame: _Frame, left: Floats, side: Bools, gap: float) -> bool:
    """Whether every minimum cut puts the layers where ``side`` does: more than the gap is left towards one end."""
    if not math.isfinite(gap):
        return False
    wide = left > gap * (1 + 1e-9) + CLOSE * abs(graph.value(side))
    from_source = frame.reachable(wide)
    to_target = frame.reachable(wide[frame.mirror], TARGET)
    layers = graph.structure.node
    return bool(np.array_equal(from_source[layers], side[layers]) and (from_source | to_target)[layers].all())


def _first_bound(graph: CutGraph) -> float:
    """More than any finite minimum cut is worth: all layers on one machine, or else all finite capacities."""
    nowhere = np.zeros(graph.structure.n_nodes, dtype=bool)
    nowhere[SOURCE] = True
    lowest = graph.value(nowhere) - graph.constant
    highest = graph.value(np.arange(graph.structure.n_nodes) != TARGET) - graph.constant
    least = min(lowest, highest)
    return least if math.isfinite(least) else float(graph.capacity[np.isfinite(graph.capacity)].sum())


def _frame(structure: CutStructure) -> _Frame:
    n = structure.n_nodes
    keys = structure.tail * n + structure.head
    every = np.unique(np.concatenate([keys, structure.head * n + structure.tail]))
    indptr = np.searchsorted(every, np.arange(n + 1) * n).astype(np.int32)
    mirror = np.searchsorted(every, every % n * n + every // n)
    return _Frame(indptr, (every % n).astype(np.int32), np.searchsorted(every, keys), mirror, n)


def _entries(flow: sp.csr_matrix, frame: _Frame) -> Floats:
    """Flow of every entry of the frame."""
    if not np.array_equal(flow.indices, frame.indices):  # another SciPy may order or drop entries
        rows = np.repeat(np.arange(frame.n_nodes), np.diff(frame.indptr))
        return np.asarray(flow[rows, frame.indices]).ravel().astype(np.float64)
    return np.asarray(flow.data, dtype=np.float64)
