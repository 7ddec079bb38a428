"""Where the layers of a network stand in a picture: columns by depth, long stretches joined into blocks.

The gap behind a column is a cut: all layers up to there are on the device.  A layer's column is its longest
path from the input, so no layer reads one to its right, and every gap is down-closed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from instances.columns import Bools, Floats, Ints
from instances.cuts import CutSet, cuts_of
from instances.dnn import NETWORK_INPUT, Dnn

__all__ = ["MOST_COLUMNS", "Box", "Layout", "lay_out"]

MOST_COLUMNS = 44
"""Columns that stay readable on a page's width."""


@dataclass(frozen=True)
class Box:
    """One layer, or a block of them: where it stands (column, and row around 0), and its layers."""

    column: int
    row: float
    layers: tuple[int, ...]


@dataclass(frozen=True)
class Layout:
    """Boxes, which boxes read which (−1: the input), and the cut before the first and behind each column.

    ``gaps`` has one row for each of the columns + 1 gaps, the first before everything.
    """

    network: Dnn
    boxes: tuple[Box, ...]
    edges: tuple[tuple[int, int], ...]
    gaps: CutSet

    @property
    def columns(self) -> int:
        """Number of columns."""
        return len(self.gaps) - 1


def lay_out(network: Dnn, most_columns: int = MOST_COLUMNS) -> Layout:
    """Columns of a network, at most so many; where there are more, gaps are given up and what lies between is a block.

    Gaps that send most are given up first: those that could be good cuts stay.
    """
    depth = _depths(network)
    gaps = np.arange(int(depth.max()) + 2)  # gap g: layers of depth below g are on the device
    prefixes = depth[None, :] < gaps[:, None]
    kept = _kept_gaps(cuts_of(network, prefixes).upload_mbit, most_columns)
    column = np.searchsorted(gaps[kept], depth, side="right") - 1
    boxes = _boxes(network, depth, column)
    of_layer = {layer: k for k, box in enumerate(boxes) for layer in box.layers}
    edges = {
        (of_layer.get(p, NETWORK_INPUT), of_layer[j]) for j, reads in enumerate(network.predecessors) for p in reads
    }
    joined = tuple(sorted((a, b) for a, b in edges if a != b))
    return Layout(network, boxes, joined, cuts_of(network, prefixes[kept]))


def _depths(network: Dnn) -> Ints:
    """[n_layers] layers on the longest path from the input, not counting itself."""
    depth = np.zeros(network.n_layers, dtype=np.int64)
    for layer, reads in enumerate(network.predecessors):
        depth[layer] = max((depth[p] + 1 for p in reads if p != NETWORK_INPUT), default=0)
    return depth


def _kept_gaps(upload_mbit: Floats, most_columns: int) -> Bools:
    """[gaps] which stay; the first and the last always do.

    All gaps that send the same go together, so that equal blocks look alike; the level that would leave too few is
    thinned evenly instead.
    """
    kept = np.ones(len(upload_mbit), dtype=np.bool_)
    inner = np.arange(len(upload_mbit))[1:-1]
    for level in np.unique(upload_mbit[inner])[::-1]:
        if kept.sum() - 1 <= most_columns:
            break
        here = inner[upload_mbit[inner] == level]
        left = int(kept.sum()) - 1 - len(here)
        kept[here] = False
        if left < most_columns // 3:
            room = most_columns - left
            kept[here[np.unique(np.linspace(0, len(here) - 1, room).round().astype(int))]] = True
    return kept


def _boxes(network: Dnn, depth: Ints, column: Ints) -> tuple[Box, ...]:
    boxes: list[Box] = []
    rows: dict[int, float] = {NETWORK_INPUT: 0.0}
    for place in range(int(column.max()) + 1):
        layers = np.flatnonzero(column == place)
        one_deep = len(set(depth[layers].tolist())) == 1
        groups = [(int(layer),) for layer in layers] if one_deep else [tuple(int(layer) for layer in layers)]
        # Boxes of a column stand in the order of what they read, which keeps lines from crossing.
        wish = [float(np.mean([rows[p] for j in group for p in network.predecessors[j] if p in rows] or [0.0]))
                for group in groups]  # fmt: skip
        for rank, index in enumerate(np.argsort(wish, kind="stable")):
            row = rank - (len(groups) - 1) / 2
            boxes.append(Box(place, row, groups[index]))
            rows |= dict.fromkeys(groups[index], row)
    return tuple(boxes)
