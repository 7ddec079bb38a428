"""Distance of a value from a bound, and from the best value known. Everything is minimised; fractions, not percent."""

from __future__ import annotations

import math

from solvers import answer

__all__ = ["primal_gap", "relative_gap"]


def relative_gap(objective: float, bound: float) -> float:
    """(objective − bound)/|objective|, what `Result.gap` says of the same figures.

    Args:
        objective: of a plan; inf without one.
        bound: lower bound on the optimum; −inf without one.

    Returns:
        0 when they agree to 1e-12, and when the bound lies above the objective: then one of them is wrong, which a gap
        cannot say. inf when either is infinite or NaN, also against an objective of 0 (the denominator is at least
        1e-12).
    """
    return max(answer.relative_gap(objective, bound), 0.0)


def primal_gap(objective: float, best_known: float) -> float:
    """How far a plan is from the best one known, between 0 and 1 (Berthold, Operations Research Letters 2013).

    (objective − best)/max(|objective|, |best|); 1 without a plan and where the two have opposite signs; 0 where they
    are equal, or the plan is better than the best known.

    Args:
        objective: of a plan; inf or NaN without one.
        best_known: objective of the best plan known, finite.

    Raises:
        ValueError: ``best_known`` is not finite.
    """
    if not math.isfinite(best_known):
        raise ValueError(f"the best value known is {best_known}, and nothing can be held against that")
    if objective <= best_known:
        return 0.0
    if not math.isfinite(objective) or objective * best_known < 0:
        return 1.0
    return (objective - best_known) / max(abs(objective), abs(best_known))
