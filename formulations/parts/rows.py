"""Sparse rows from triplets, put together and kept within the range of coefficients that a `Program` accepts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from formulations.program import LARGEST, SMALLEST, Rows
from instances.columns import Floats, Ints

__all__ = ["keep_in_range", "make_rows", "power_of_two", "stack_rows"]


def make_rows(row: ArrayLike, column: ArrayLike, value: ArrayLike, lower: ArrayLike, upper: ArrayLike,
              shape: tuple[int, int]) -> Rows:  # fmt: skip
    """Rows ``lower ≤ A x ≤ upper`` of A given by triplets; bounds may be scalars."""
    row, column = np.broadcast_arrays(np.asarray(row, dtype=np.int64), np.asarray(column, dtype=np.int64))
    data = np.broadcast_to(np.asarray(value, dtype=float), row.shape)
    matrix = sp.csr_matrix((data, (row, column)), shape=shape)
    matrix.eliminate_zeros()
    bounds = (np.array(np.broadcast_to(np.asarray(b, dtype=float), shape[:1])) for b in (lower, upper))
    return Rows(matrix, *bounds)


def stack_rows(parts: Sequence[Rows]) -> Rows:
    """Rows below one another."""
    matrix = sp.vstack([p.matrix for p in parts], format="csr")
    lower, upper = ([getattr(p, name) for p in parts] for name in ("lower", "upper"))
    return Rows(matrix, np.concatenate(lower), np.concatenate(upper))


def power_of_two(value: Any) -> Floats:
    """Nearest power of two of positive numbers (1 for others), so that scaling by it is exact."""
    size = np.asarray(value, dtype=float)
    usable = (size > 0) & np.isfinite(size)
    return np.where(usable, 2.0 ** np.round(np.log2(np.where(usable, size, 1.0))), 1.0)


def keep_in_range(rows: Rows) -> Rows:
    """The same rows, each scaled by a power of two where needed; then what is still too small is dropped.

    A row is left alone if its coefficients lie within 1e-4 … 1e4. Otherwise its largest becomes about 8,000 and
    coefficients below 1e-4 (1e-8 of the largest) vanish. That is a relaxation wherever the dropped terms stand,
    with x ≥ 0, on the side that the row bounds (− on a ≥ side, + on a ≤ side): all callers arrange it so.
    """
    matrix = rows.matrix.copy()
    size = np.abs(matrix.data)
    which: Ints = np.repeat(np.arange(len(rows)), np.diff(matrix.indptr))
    largest = np.zeros(len(rows))
    np.maximum.at(largest, which, size)
    smallest = np.full(len(rows), np.inf)
    np.minimum.at(smallest, which, np.where(size > 0, size, np.inf))
    bad = (largest > LARGEST) | (smallest < SMALLEST)
    scale = np.where(bad & (largest > 0), power_of_two(5e3 / np.where(largest > 0, largest, 1.0)), 1.0)
    matrix.data = matrix.data * scale[which]
    matrix.data[np.abs(matrix.data) < SMALLEST] = 0.0
    matrix.eliminate_zeros()
    return Rows(matrix, rows.lower * scale, rows.upper * scale)
