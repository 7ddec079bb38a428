"""How much of a server the deadlines of its users take, and the shares that leave them most time."""

from __future__ import annotations

import numpy as np

from formulations.parts.prices import PricedOptions
from instances.columns import Floats

__all__ = ["deadline_load", "roomiest_shares"]


def deadline_load(options: PricedOptions, amount: Floats) -> tuple[float, float]:
    """Part of a server that deadlines take at the fastest clock, and the angle of the prices that show it.

    The largest eigenvalue of Σ [A, √(Ac); √(Ac), c]/slack (docs/theory.md): deadlines fit iff it is at most 1. The
    entries of its eigenvector are cos and sin of the angle.
    """
    air, run = options.air / options.slack, options.run / options.slack
    mixed = float(amount @ np.sqrt(air * run))
    size, vectors = np.linalg.eigh(np.array([[amount @ air, mixed], [mixed, amount @ run]]))
    return float(size[-1]), float(np.arctan2(abs(vectors[1, -1]), abs(vectors[0, -1])))


def roomiest_shares(options: PricedOptions) -> tuple[Floats, Floats]:
    """Shares that leave every option the same part of its slack, the largest that the server allows."""
    size, angle = deadline_load(options, np.ones(len(options.air)))
    air, run = options.air / options.slack, options.run / options.slack
    mixed = np.sqrt(air * run)
    with np.errstate(divide="ignore", invalid="ignore"):
        beta = air + np.where(mixed > 0, mixed * np.tan(angle), 0.0)
        phi = run + np.where(mixed > 0, mixed / np.tan(angle), 0.0)
    return beta / max(size, 1e-300), phi / max(size, 1e-300)
