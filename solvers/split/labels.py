"""Label setting on a layered graph: all paths at once, those dropped that others dominate (docs/theory.md, P23, P24).

A label is a way from the start to a state with its figures (cost, latency, energy, load …; all ≥ 0, all to be small).
`set_labels` keeps at each state the labels that no other one there beats in every figure. Figures are compared on a
grid: nearly none (`CLOSE`, rounding) for exact answers, a coarse one where a guarantee of 1 + ε is enough.
"""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np

from formulations.split.layered import LayeredStructure
from instances.columns import Bools, Floats, Ints
from instances.errors import InputError
from solvers.split.paths import costs_to_go

__all__ = ["CLOSE", "Labels", "Sieve", "keep_best", "set_labels"]

CLOSE = 1e-13
"""Figures that differ by less than about this part of the largest possible one count as equal: rounding."""

MOST_LABELS = 4_000_000


@dataclasses.dataclass(frozen=True, eq=False)
class Labels:
    """Labels at the end: ``figures`` [r, k]; ``arcs`` and ``parents``, per stage, lead back to the start."""

    figures: Floats
    arcs: tuple[Ints, ...]
    parents: tuple[Ints, ...]

    def __len__(self) -> int:
        return int(self.figures.shape[1])

    def path(self, label: int) -> Ints:
        """[stages] arcs of a label."""
        found = np.zeros(len(self.arcs), dtype=np.int64)
        for stage in range(len(self.arcs) - 1, -1, -1):
            found[stage] = self.arcs[stage][label]
            label = int(self.parents[stage][label])
        return found


@dataclasses.dataclass(frozen=True, eq=False)
class Sieve:
    """Weighted sum of figures (``weights`` [r]) that must not exceed ``most``: a figure's cap, or a bound by prices."""

    weights: Floats
    most: float


def set_labels(structure: LayeredStructure, figures: Floats, sieves: list[Sieve], grid: Floats | None = None) -> Labels:
    """All labels at the end that no other dominates.

    Args:
        figures: [r, arcs] what each arc takes, ≥ 0; inf: the arc may not be used.
        sieves: labels that cannot reach the end within each of these are dropped.
        grid: [r] widths within which figures count as equal; None: `CLOSE` of the largest path.

    Raises:
        InputError: more than `MOST_LABELS` labels are alive at once.
    """
    usable: Bools = np.asarray(np.isfinite(figures).all(axis=0))
    finite = np.where(usable, figures, 0.0)
    if grid is None:
        grid = CLOSE * np.array([_largest(structure, row) for row in finite])
    ways = [costs_to_go(structure, np.where(usable, sieve.weights @ finite, np.inf)) for sieve in sieves]
    now, state = np.zeros((len(figures), 1)), np.zeros(1, dtype=np.int64)
    arcs, parents = [], []
    for stage in range(structure.n_stages):
        parent, arc = _extend(structure, stage, state, usable)
        figure, head = now[:, parent] + finite[:, arc], structure.head[arc]
        alive = np.ones(len(arc), dtype=bool)
        for sieve, way in zip(sieves, ways, strict=True):
            alive &= sieve.weights @ figure + way[stage + 1][head] <= sieve.most
        parent, arc, figure, head = parent[alive], arc[alive], figure[:, alive], head[alive]
        last = stage == structure.n_stages - 1
        kept = keep_best(figure, np.zeros_like(head) if last else head, grid)
        if len(kept) > MOST_LABELS:
            raise InputError("request", f"has more than {MOST_LABELS} labels at stage {stage}", fix="allow a gap")
        now, state = figure[:, kept], head[kept]
        arcs.append(arc[kept])
        parents.append(parent[kept])
    return Labels(now, tuple(arcs), tuple(parents))


def keep_best(figures: Floats, group: Ints, grid: Floats) -> Ints:
    """Rows (sorted by group, then first figure) of [r, k] figures that no other of their group dominates on the grid.

    Of several that are equal on the grid, the one with the least last figures stays.
    """
    if not figures.shape[1]:
        return np.zeros(0, dtype=np.int64)
    keys = [np.floor(row / width) if width > 0 else row for row, width in zip(figures, grid, strict=True)]
    if len(keys) == 1:
        order = np.lexsort((keys[0], group))
        return order[np.flatnonzero(np.diff(group[order], prepend=-1))]
    ties = list(figures[::-1])
    order = np.lexsort((*ties, *keys[::-1], group))
    first, second = group[order], np.unique(keys[1][order], return_inverse=True)[1]
    if len(keys) == 2:
        # Running minimum in each group: later groups start below all earlier ones.
        ahead = second - first * (len(order) + 1)
        before = np.concatenate([[np.iinfo(np.int64).max], np.minimum.accumulate(ahead)[:-1]])
        return order[ahead < before]
    stacked = np.array(keys)[:, order]
    bounds = [*np.flatnonzero(np.diff(first, prepend=-1)).tolist(), len(order)]
    kept = [low + _skyline(stacked[:, low:high]) for low, high in itertools.pairwise(bounds)]
    return order[np.concatenate(kept)]


def _skyline(keys: Floats) -> Ints:
    """Columns of lexicographically sorted keys [r, k] that none before them equals or beats in every row."""
    left, found = np.arange(keys.shape[1]), []
    while len(left):
        best = left[0]
        found.append(int(best))
        left = left[(keys[:, left] < keys[:, [best]]).any(axis=0)]
    return np.array(found, dtype=np.int64)


def _extend(structure: LayeredStructure, stage: int, state: Ints, usable: Bools) -> tuple[Ints, Ints]:
    """Every label with every arc out of its state: (label, arc) pairs. Labels are sorted by state."""
    low, high = int(structure.first[stage]), int(structure.first[stage + 1])
    arc = low + np.flatnonzero(usable[low:high])
    count = np.bincount(state, minlength=int(structure.states[stage]))
    start = np.concatenate([[0], np.cumsum(count)])
    many = count[structure.tail[arc]]
    offset = np.arange(int(many.sum())) - np.repeat(np.cumsum(many) - many, many)
    return np.repeat(start[structure.tail[arc]], many) + offset, np.repeat(arc, many)


def _largest(structure: LayeredStructure, row: Floats) -> float:
    """More than any path takes of a figure."""
    return math.fsum(np.maximum.reduceat(row, structure.first[:-1]).tolist())
