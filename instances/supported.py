"""Cuts that are best at some ratio of prices of device time, upload and server time.

For any fixed prices the cost of a cut is, to first order, a weighted sum of its device time, upload and server time;
a cut that no weights make best sits above the lower convex hull of the others. Keeping the hull's corners only is what
lets instances of a million users be expanded; what it loses against all efficient cuts is measured in docs/theory.md.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from instances.columns import Floats, Ints

__all__ = ["supported_rows"]

_DECADES = 6.0
_STEPS = 25


@lru_cache(maxsize=1)
def _fan() -> Floats:
    """[directions, 3] price ratios, log-spaced over six decades each side, and the three axes."""
    ratio = np.concatenate([[0.0], np.logspace(-_DECADES / 2, _DECADES / 2, _STEPS)])
    first, second = np.meshgrid(ratio, ratio, indexing="ij")
    inner = np.column_stack([np.ones(first.size), first.ravel(), second.ravel()])
    return np.vstack([inner, np.eye(3), [[1e-9, 1.0, 1e-3], [1e-9, 1e-3, 1.0]]])


def supported_rows(device_s: Floats, upload_mbit: Floats, server_s: Floats) -> Ints:
    """Sorted row numbers of the cuts that some price ratio of the fan makes best.

    Args:
        device_s, upload_mbit, server_s: [n] the three costs of each cut; each is scaled by its largest value.
    """
    if len(device_s) == 0:
        return np.zeros(0, dtype=np.int64)
    points = np.column_stack([device_s, upload_mbit, server_s])
    scale = points.max(axis=0)
    points = points / np.where(scale > 0, scale, 1.0)
    best = np.argmin(points @ _fan().T, axis=0)
    return np.unique(best).astype(np.int64)
