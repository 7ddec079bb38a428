"""How good the plan was over the whole run, not at its end only (Berthold, Operations Research Letters 2013)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from results.metrics.gap import primal_gap

__all__ = ["primal_integral"]


def primal_integral(trace: Iterable[Sequence[float | None]], best_known: float, horizon_s: float) -> float:
    """Integral of the primal gap from 0 to the horizon, s: between 0 (best plan at once) and the horizon (never any).

    The gap is 1 until the first plan, then that of the best plan so far; it changes at the time of an event and holds
    until the next. Divided by the horizon it is the mean primal gap of the run.

    Args:
        trace: events (seconds since the start, objective, …) in the order of time; what follows in an event (such as
            a bound) is not looked at; None, inf and NaN mean no plan.
        best_known: objective of the best plan known, finite.
        horizon_s: s, until when; later events do not count.

    Raises:
        ValueError: times that are negative or go back, a horizon that is not finite and positive, or ``best_known``
            not finite.
    """
    if not (math.isfinite(horizon_s) and horizon_s > 0):
        raise ValueError(f"the horizon is {horizon_s} s; it must be finite and above 0")
    parts, since, best = [], 0.0, math.inf
    gap = primal_gap(best, best_known)
    for event in trace:
        time_s, objective = event[0], event[1]
        if time_s is None or not time_s >= since:
            raise ValueError(f"an event at {time_s} s comes after {since} s")
        if time_s >= horizon_s:
            break
        parts.append((time_s - since) * gap)
        since = time_s
        if objective is not None and objective < best:
            best, gap = objective, primal_gap(objective, best_known)
    return math.fsum([*parts, (horizon_s - since) * gap])
