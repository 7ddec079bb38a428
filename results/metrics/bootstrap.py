"""Bootstrap confidence intervals of means, and of ratios over pairs (percentiles; Efron, Annals of Statistics 1979)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from instances.columns import Floats
from results.metrics.times import shifted_ratio

__all__ = ["LEAST", "Interval", "interval", "paired_interval", "ratio_interval"]

LEAST = 5
"""Values below which an interval is too narrow to tell two means apart: with 3 the whole range is not even 95 %."""

_BLOCK = 1 << 22
"""Resampled values held at a time."""


class Interval(NamedTuple):
    """An estimate with its interval; NaN ends where there is none."""

    estimate: float
    low: float
    high: float

    def apart(self, other: Interval) -> bool:
        """Whether the two intervals have no point in common; not when either has no ends."""
        return self.high < other.low or other.high < self.low


def interval(
    values: Sequence[float], rng: np.random.Generator, *, level: float = 0.95, draws: int = 10_000
) -> Interval:
    """Mean and its percentile interval from resampled values.

    Without values all is NaN; one value has a mean and no interval.

    Raises:
        ValueError: a value that is not finite, a level not inside (0, 1), or no draw.
    """
    sample = _sample(values, level, draws)
    estimate = float(sample.mean()) if len(sample) else math.nan
    if len(sample) < 2:
        return Interval(estimate, math.nan, math.nan)
    rows = max(_BLOCK // len(sample), 1)
    blocks = [min(rows, draws - begin) for begin in range(0, draws, rows)]
    means = np.concatenate([sample[rng.integers(len(sample), size=(n, len(sample)))].mean(axis=1) for n in blocks])
    return _ends(estimate, means, level)


def paired_interval(
    first: Sequence[float],
    second: Sequence[float],
    statistic: Callable[[Floats, Floats], float],
    rng: np.random.Generator,
    *,
    level: float = 0.95,
    draws: int = 2_000,
) -> Interval:
    """A statistic of two samples of the same instances, and its interval from resampled instances.

    Both values of an instance are drawn together, so that easy and hard instances do not widen the interval.

    Args:
        first, second: [instances], in the same order.
        statistic: of two such samples.

    Raises:
        ValueError: not as many of both, a value that is not finite, a level not inside (0, 1), or no draw.
    """
    a, b = _sample(first, level, draws), _sample(second, level, draws)
    if len(a) != len(b):
        raise ValueError(f"{len(a)} values beside {len(b)}; pairs are of the same instances")
    if not len(a):
        return Interval(math.nan, math.nan, math.nan)
    estimate = float(statistic(a, b))
    if len(a) < 2:
        return Interval(estimate, math.nan, math.nan)
    drawn = (rng.integers(len(a), size=len(a)) for _ in range(draws))
    return _ends(estimate, np.array([statistic(a[pick], b[pick]) for pick in drawn]), level)


def ratio_interval(
    times: Sequence[float], reference: Sequence[float], shift: float, rng: np.random.Generator, *, level: float = 0.95,
    draws: int = 2_000,
) -> Interval:  # fmt: skip
    """`shifted_ratio` of times to those of a reference on the same instances, and its paired interval."""
    return paired_interval(times, reference, lambda a, b: shifted_ratio(list(a), list(b), shift), rng, level=level,
                           draws=draws)  # fmt: skip


def _sample(values: Sequence[float], level: float, draws: int) -> Floats:
    sample = np.array(values, dtype=np.float64)
    if not np.isfinite(sample).all():
        raise ValueError("values are finite; leave out what is missing, or put a limit in its place, and say so")
    if not 0 < level < 1 or draws < 1:
        raise ValueError(f"level {level} with {draws} draws; the level lies inside (0, 1), and a draw is needed")
    return sample


def _ends(estimate: float, drawn: Floats, level: float) -> Interval:
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(estimate, float(low), float(high))
