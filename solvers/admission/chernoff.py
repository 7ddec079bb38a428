"""How likely independent choices overfill a row: exponential moments, and what they leave to promise."""

from __future__ import annotations

import numpy as np

from instances.columns import Floats
from solvers.admission.packing import Packing
from solvers.admission.relaxation import Relaxation

__all__ = ["SCALES", "derandomised_ratio", "exceedance", "rounding_ratio"]

SCALES = np.arange(1, 100) / 100
"""ε: the part by which capacities are scaled down."""


def exceedance(packing: Packing, scale: Floats) -> Floats:
    """[scales] Σ over rows of exp((ε + ln(1 − ε))/α_r), an upper bound on the chance that any row is overfilled."""
    alpha = packing.row_demand
    rows = alpha[alpha > 0]
    return np.asarray(np.exp((scale + np.log1p(-scale))[:, None] / rows).sum(axis=1))


def rounding_ratio(packing: Packing, relaxation: Relaxation) -> tuple[float | None, float]:
    """Ratio that one trial of the rounding reaches with a chance of at least a half, and its ε (P25b).

    The largest (1 − ε)(1 − δ) value/bound with Σ_r exp((ε + ln(1−ε))/α_r) + exp(−(1−ε) value/w_max (δ + (1−δ) ln(1−δ)))
    ≤ ½; None where there is none, and then the ε at which overfull rows are as likely as not, at most.
    """
    if relaxation.value <= 0:
        return 1.0, float(SCALES[0])
    heaviest = packing.weight.max()
    full = exceedance(packing, SCALES)
    short = SCALES + (1 - SCALES) * np.log1p(-SCALES)
    fails = full[:, None] + np.exp(-np.outer((1 - SCALES) * relaxation.value / heaviest, short))
    reached = np.where(fails <= 0.5, np.outer(1 - SCALES, 1 - SCALES), 0.0)
    at = np.unravel_index(np.argmax(reached), reached.shape)
    if reached[at] <= 0:
        return None, float(SCALES[np.argmax(full <= 0.5)])
    return float(reached[at] * _share(packing, relaxation)), float(SCALES[at[0]])


def derandomised_ratio(packing: Packing, relaxation: Relaxation) -> tuple[float | None, float]:
    """The largest ((1 − ε) value − W Σ_r exp((ε + ln(1−ε))/α_r))/bound, W all weight, and its ε; None if not positive
    (P25c)."""
    if relaxation.value <= 0:
        return 1.0, float(SCALES[0])
    all_weight = packing.weight.sum()
    promised = (1 - SCALES) - all_weight / relaxation.value * exceedance(packing, SCALES)
    best = int(np.argmax(promised))
    ratio = float(promised[best]) * _share(packing, relaxation)
    return (ratio if ratio > 0 else None), float(SCALES[best])


def _share(packing: Packing, relaxation: Relaxation) -> float:
    """Value of the relaxation's solution over what no plan exceeds."""
    return relaxation.value / (relaxation.bound * packing.stretch)
