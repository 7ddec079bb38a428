"""DROO's learned policy, and coordinate descent, as parts of the exact optimum."""

from __future__ import annotations

import math
import statistics

from results.claims.registry import Finding, claim
from results.experiment import rows_of

T_95 = {7: 2.365}
"""Student's t for a two-sided interval of 95 %, by degrees of freedom."""


def interval(method: str) -> tuple[float, float]:
    """Mean over seeds of the ratio to the optimum, and half of its 95 % confidence interval."""
    ratios = [row[method] for row in rows_of("droo_policy")]
    half = T_95[len(ratios) - 1] * statistics.stdev(ratios) / math.sqrt(len(ratios))
    return statistics.fmean(ratios), half


@claim(
    "droo.near_optimal",
    system="DROO",
    says="the learned policy comes close to the optimum",
    source="Huang, Bi and Zhang, TMC 2020, arXiv 1808.01977, abstract (near-optimal performance)",
    evidence="abstract; constants of the public code",
    published="near optimal",
    measures="mean rate over exact optimum after 1,500 frames, 10 devices, 8 seeds",
    tolerance="at least 0.95 with the lower end of the interval",
)
def near_optimal() -> Finding:
    """Ratio of the learned policy."""
    mean, half = interval("learned")
    why = f"± {half:.2g} (95 %, 8 seeds); scikit-learn's perceptron in place of theirs"
    return Finding(mean, "–", "reproduced" if mean - half >= 0.95 else "not reproducible", why)


@claim(
    "droo.descent_near_optimal",
    system="DROO",
    says="coordinate descent on the modes is near optimal",
    source="Bi and Zhang, IEEE TWC 17(6), 2018, arXiv 1708.08810, abstract",
    evidence="abstract; constants of the public code",
    published="near optimal",
    measures="mean rate of coordinate descent over exact optimum, 10 devices, 8 seeds of 60 frames",
    tolerance="at least 0.99 with the lower end of the interval",
)
def descent_near_optimal() -> Finding:
    """Ratio of coordinate descent."""
    mean, half = interval("descent")
    return Finding(mean, "–", "reproduced" if mean - half >= 0.99 else "not reproducible", f"± {half:.1g} (95 %)")
