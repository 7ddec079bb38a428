"""Slots: a fractional packing becomes a fractional matching of tasks, slots of points and slots of servers."""

from __future__ import annotations

import numpy as np

from instances.columns import Floats, Ints

__all__ = ["pour", "triples"]

HAIR = 1e-9


def pour(amount: Floats, size: Ints, place: Ints) -> list[list[tuple[tuple[int, int], float, float]]]:
    """For every column, the slots that it is poured into: ((place, slot), from, to) in parts of its own amount.

    At each place columns come by size, the largest first, and fill slots of 1 one after the other (Shmoys and Tardos,
    Math. Program. 62, 1993).
    """
    poured: list[list[tuple[tuple[int, int], float, float]]] = [[] for _ in amount]
    for here in np.unique(place).tolist():
        level = 0.0
        at = np.flatnonzero(place == here)
        for k in at[np.argsort(-size[at], kind="stable")].tolist():
            done = 0.0
            while amount[k] - done > HAIR:
                slot = int(level + HAIR)
                step = min(slot + 1 - level, amount[k] - done)
                poured[k].append(((here, slot), done, done + step))
                level, done = level + step, done + step
    return poured


def triples(
    amount: Floats, blocks: Ints, units: Ints, point: Ints, server: Ints
) -> list[tuple[int, tuple[int, int], tuple[int, int]]]:
    """(column, slot of its point, slot of its server) wherever both have some of the column."""
    ups, downs = pour(amount, blocks, point), pour(amount, units, server)
    return [
        (k, up, down)
        for k in range(len(amount))
        for up, a, b in ups[k]
        for down, c, d in downs[k]
        if min(b, d) - max(a, c) > HAIR
    ]
