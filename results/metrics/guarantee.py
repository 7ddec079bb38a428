"""Whether a guarantee held on an instance, from figures alone."""

from __future__ import annotations

import math
from collections.abc import Callable

from solvers.guarantees import Held, judge

__all__ = ["Held", "guarantee_verdict"]


def guarantee_verdict(
    value: float, guarantee: float | Callable[[float], float], bound: float, *, best: float = math.inf
) -> Held:
    """Confirmed, inconclusive or violated: whether ``value`` is at most what is guaranteed of the optimum.

    The optimum lies between ``bound`` and ``best``. Confirmed: the value keeps the guarantee even if the optimum is as
    low as the bound. Violated: it breaks it even if the optimum is as high as the best plan (or exact optimum) known.
    Else inconclusive: the bound is too weak to tell. It is the rule by which `edgecut compare` judges methods.

    Args:
        value: objective of the checked plan, minimised; inf without a plan, which no guarantee of a ratio allows.
        guarantee: a ratio (value ≤ ratio · optimum), or a function from the optimum to the largest value allowed, which
            must not fall where the optimum grows.
        bound: certified lower bound on the optimum; −inf without one.
        best: objective of the best checked plan known, or the exact optimum; inf without one.

    Of what is maximised give −value, −(upper bound) and −best: value ≥ ratio · optimum then reads the same.

    Raises:
        ValueError: a ratio that is negative or not finite, NaN among the figures, or a bound above ``best``.
    """
    if any(map(math.isnan, (value, bound, best))):
        raise ValueError("a figure is NaN; missing ones are infinite")
    if bound > best + 1e-6 * max(1.0, abs(best)):
        raise ValueError(f"the bound {bound} lies above a plan of {best}: one of them is wrong")
    if callable(guarantee):
        return judge(value, guarantee, bound, best)
    if not (math.isfinite(guarantee) and guarantee >= 0):
        raise ValueError(f"a ratio of {guarantee} guarantees nothing")
    return judge(value, lambda optimum: guarantee * optimum, bound, best)
