"""Whether a method kept what it guarantees, as far as a bound and the best plan known can tell."""

from __future__ import annotations

import enum
import math
from collections.abc import Callable

from solvers.registry import METHODS
from solvers.result import Result

__all__ = ["Held", "held", "judge", "promised_j"]

ROOM = 1e-9
"""Relative room for rounding."""


class Held(enum.Enum):
    """What is known about a guarantee on one instance."""

    CONFIRMED = "confirmed"  # the plan is as good as promised even if the optimum is as low as the bound
    INCONCLUSIVE = "inconclusive"  # kept if the optimum is as high as the best plan, not known below that
    VIOLATED = "violated"  # not kept, as a plan that is known shows
    NONE = "none"  # nothing is guaranteed for this instance


def promised_j(result: Result, optimum_j: float) -> float | None:
    """The largest objective that the method promises on this instance if its optimum is ``optimum_j``; None: nothing.

    Grows with the optimum. Exact methods promise their gap once they have finished. Admission methods promise a ratio ρ
    of the weight that can be admitted (``guaranteed_ratio`` among the result's details): all − ρ (all − optimum).
    """
    entry = METHODS.get(result.method)
    if entry is None or entry.guarantee is None or not math.isfinite(result.objective_j):
        return None
    if entry.kind == "exact":
        return (
            optimum_j / (1 - result.limits.gap) if result.stop.value == "finished" and result.limits.gap < 1 else None
        )
    ratio = result.detail.get("guaranteed_ratio")
    if ratio is None:
        return None
    everybody = float(result.instance.users.weight.sum())
    return everybody - ratio * (everybody - optimum_j)


def held(result: Result, *, bound_j: float, best_j: float) -> Held:
    """Whether a result is as good as its method promises.

    Args:
        result: of a method.
        bound_j: lower bound on the optimum; −inf when there is none.
        best_j: objective of the best plan known; inf when there is none.
    """
    if promised_j(result, 0.0) is None:
        return Held.NONE
    return judge(result.objective_j, lambda optimum_j: promised_j(result, optimum_j), bound_j, best_j)


def judge(value: float, promised: Callable[[float], float | None], bound: float, best: float) -> Held:
    """Whether a value is at most what is promised of an optimum between ``bound`` and ``best``; either may be infinite.

    Args:
        promised: from the optimum to the largest value allowed (None: nothing is promised), growing with it.
    """
    for optimum, verdict, kept in ((bound, Held.CONFIRMED, True), (best, Held.VIOLATED, False)):
        most = promised(optimum) if math.isfinite(optimum) else None
        if most is not None and (value <= most + ROOM * max(1.0, abs(most))) is kept:
            return verdict
    return Held.INCONCLUSIVE
