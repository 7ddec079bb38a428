"""Performance profiles (Dolan & Moré, Mathematical Programming 2002)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from instances.columns import Floats

__all__ = ["Profile", "performance_profile"]


@dataclass(frozen=True, eq=False)
class Profile:
    """Ratios of methods to the best of them, instance by instance.

    Args:
        methods: names.
        ratios: [methods, instances] time over the least time of any method; at least 1; inf where not solved.
    """

    methods: tuple[str, ...]
    ratios: Floats

    def at(self, ratio: float) -> dict[str, float]:
        """Of each method, the part of all instances that it solves within ``ratio`` times the least time."""
        part = (self.ratios <= ratio).mean(axis=1) if math.isfinite(ratio) else np.isfinite(self.ratios).mean(axis=1)
        return dict(zip(self.methods, part.tolist(), strict=True))

    @property
    def wins(self) -> dict[str, float]:
        """Part of all instances on which a method is the quickest; ties count for all that tie."""
        return self.at(1.0)

    @property
    def solved(self) -> dict[str, float]:
        """Part of all instances that a method solves at all: the height of its curve at the right."""
        return self.at(math.inf)

    @property
    def last(self) -> float:
        """Least ratio from which on no curve grows any more; 1 when nothing is solved."""
        reached = self.ratios[np.isfinite(self.ratios)]
        return float(reached.max(initial=1.0))

    def steps(self, method: str) -> tuple[Floats, Floats]:
        """Corners of a method's curve: ratios ascending from 1, and the part solved within each (holds to the next)."""
        mine = self.ratios[self.methods.index(method)]
        at = np.unique(np.append(mine[np.isfinite(mine)], 1.0))
        return at, np.asarray((mine[None, :] <= at[:, None]).mean(axis=1))


def performance_profile(times_by_method: Mapping[str, Sequence[float | None]]) -> Profile:
    """Profile of times (or of anything positive of which less is better).

    Args:
        times_by_method: method → [instances] times, the same instances in the same order; None, inf and NaN: failed.

    An instance on which all fail stays in the count, so that no curve reaches 1: leaving it out would make every method
    look better for being run on what none can do.

    Raises:
        ValueError: no method, no instance, unequal lengths, or a time that is not above 0 (ratios to it mean nothing:
            round up to what the clock can tell apart).
    """
    lengths = {len(times) for times in times_by_method.values()}
    if len(lengths) != 1 or lengths == {0}:
        raise ValueError(f"every method needs times of the same instances, at least one; there are {sorted(lengths)}")
    times = np.array([[math.inf if t is None or math.isnan(t) else t for t in row] for row in times_by_method.values()])
    if not (times > 0).all():
        raise ValueError("times are above 0")
    least = times.min(axis=0)
    ratios = np.full(times.shape, math.inf)
    np.divide(times, least, out=ratios, where=np.isfinite(times))
    return Profile(tuple(times_by_method), ratios)
