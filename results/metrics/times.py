"""Means of solving times: shifted geometric, their ratios, and PAR."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

__all__ = ["par", "shifted_geometric_mean", "shifted_ratio"]


def shifted_geometric_mean(values: Sequence[float], shift: float) -> float:
    """exp(mean ln(v + shift)) − shift; NaN of nothing, inf when a value is inf.

    Between the geometric mean (shift 0) and the arithmetic mean (shift → ∞): the shift, in the values' unit, is the
    size below which differences hardly count. Unsolved runs have no value of their own: give their limit.

    Raises:
        ValueError: a negative or NaN value or shift.
    """
    sample = _checked(values, shift)
    if not len(sample):
        return math.nan
    if shift == 0 and (sample == 0).any():
        return math.nan if np.isinf(sample).any() else 0.0
    return math.exp(math.fsum(np.log(sample + shift)) / len(sample)) - shift


def shifted_ratio(values: Sequence[float], reference: Sequence[float], shift: float) -> float:
    """Mean of ``values`` over mean of ``reference``, both shifted geometric with the shift left in; NaN of nothing.

    (G(values) + shift)/(G(reference) + shift), which is the geometric mean of (v + shift)/(r + shift): it does not blow
    up where a mean is near 0, and is nearer to 1 than the ratio without the shift. Above 1: the reference is quicker.

    Args:
        values, reference: [instances], the same ones in the same order; unsolved runs with their limit.
        shift: in the values' unit.

    Raises:
        ValueError: not as many of both, a value that is negative or not finite, or 0 with a shift of 0.
    """
    above, below = _checked(values, shift) + shift, _checked(reference, shift) + shift
    if len(above) != len(below):
        raise ValueError(f"{len(above)} values beside {len(below)}; a ratio is over the same instances")
    if not (np.isfinite(above) & np.isfinite(below) & (above > 0) & (below > 0)).all():
        raise ValueError("a ratio needs finite values, and values above 0 where the shift is 0")
    return math.exp(math.fsum(np.log(above / below)) / len(above)) if len(above) else math.nan


def par(times: Sequence[float | None], limit_s: float | Sequence[float], factor: float = 2.0) -> float:
    """Penalised average runtime, s: the mean, unsolved runs counted with ``factor`` times their limit; NaN of nothing.

    Args:
        times: [runs] s until solved; None, inf and NaN: not solved. What is above its limit is not solved either.
        limit_s: s, of all runs or [runs] of each.
        factor: 2 for PAR-2, 10 for PAR-10.

    Raises:
        ValueError: a negative time, a limit that is not finite and positive, a factor below 1, or not as many limits as
            times.
    """
    taken = np.array([math.inf if t is None or math.isnan(t) else t for t in times], dtype=np.float64)
    limits = np.array(limit_s, dtype=np.float64)
    if limits.ndim and limits.shape != taken.shape:
        raise ValueError(f"{limits.size} limits for {len(taken)} runs")
    if (taken < 0).any() or not (np.isfinite(limits) & (limits > 0)).all() or not factor >= 1:
        raise ValueError("times are at least 0, limits finite and above 0, the factor at least 1")
    if not len(taken):
        return math.nan
    return math.fsum(np.where(taken <= limits, taken, factor * limits)) / len(taken)


def _checked(values: Sequence[float], shift: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    sample = np.array(values, dtype=np.float64)
    if not (sample >= 0).all() or not (math.isfinite(shift) and shift >= 0):
        raise ValueError("values and the shift are numbers of at least 0")
    return sample
