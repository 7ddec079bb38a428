"""Bootstrap confidence intervals of means over seeds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["interval"]


def interval(values: Sequence[float], rng: np.random.Generator, *, level: float = 0.95, draws: int = 10_000) -> tuple[
    float, float, float
]:  # fmt: skip
    """Mean and its percentile interval (Efron, Annals of Statistics 1979) from resampled values."""
    sample = np.asarray(values, dtype=np.float64)
    means = sample[rng.integers(len(sample), size=(draws, len(sample)))].mean(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(sample.mean()), float(low), float(high)
