"""What all runs together know of an instance: the best plan, and the best bounds, claimed and certified."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from results.metrics import relative_gap
from results.report.record import Record

__all__ = ["Known", "gap_of", "know"]

AGREE = 1e-6
"""Relative difference from which on a bound above a plan is a contradiction."""
AS_GOOD = 1e-4
"""Relative difference within which a certified bound is taken although a claimed one is better."""


@dataclass(frozen=True)
class Known:
    """Of one instance: least objective and who found it, largest bound on anybody's word, largest certified bound."""

    best: float
    finders: tuple[str, ...]
    claimed: float
    certified: float

    @property
    def bound(self) -> float:
        """The bound to measure against: the certified one, unless a claimed one is truly better; −inf without any."""
        return self.claimed if self.rests_on_claim else self.certified

    @property
    def rests_on_claim(self) -> bool:
        """Whether that bound is only claimed."""
        if not (math.isfinite(self.claimed) and math.isfinite(self.certified)):
            return math.isfinite(self.claimed)
        return self.claimed > self.certified + AS_GOOD * max(abs(self.claimed), 1e-9)

    @property
    def contradicted(self) -> bool:
        """Whether a bound lies above a checked plan: one of the two is wrong."""
        return max(self.claimed, self.certified) > self.best + AGREE * max(abs(self.best), 1e-9)


def know(records: Iterable[Record]) -> dict[str, Known]:
    """Of each instance, in the order in which they first come; runs that the checker refuted do not count."""
    of: dict[str, list[Record]] = {}
    for record in records:
        of.setdefault(record.instance, []).append(record)
    found = {}
    for name, all_of_it in of.items():
        sound = [record for record in all_of_it if record.verdict != "wrong"]
        best = min((record.objective for record in sound), default=math.inf)
        finders = dict.fromkeys(r.method for r in sound if relative_gap(r.objective, best) <= 1e-9)
        claimed, certified = (
            max((value for value in values if math.isfinite(value)), default=-math.inf)
            for values in ([r.bound for r in sound], [r.certified for r in sound])
        )
        found[name] = Known(best, tuple(finders), claimed, certified)
    return found


def gap_of(record: Record, known: Known) -> float | None:
    """Relative gap of a run's plan to the best bound of all runs; None without a plan or a bound."""
    if not record.has_plan or not math.isfinite(known.bound):
        return None
    return relative_gap(record.objective, known.bound)
