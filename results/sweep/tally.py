"""How far a sweep is: what is done, failed and open, and how long the rest will take."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable
from typing import Any

from results.sweep.jobs import Job
from results.sweep.judge import FAILED

__all__ = ["Tally", "tally_of", "time_left_s"]


@dataclasses.dataclass(frozen=True)
class Tally:
    """Of all runs of a sweep, or of those of one method.

    ``total``: runs that the file asks for. ``done``: status → number of runs whose last attempt ended so. ``used_s``:
    wall s of all attempts. ``left_s``: s until the end at so many runs at once, an estimate; None: nothing known yet.
    """

    total: int
    done: Counter[str]
    used_s: float
    left_s: float | None

    @property
    def open(self) -> int:
        """Runs without a row."""
        return self.total - sum(self.done.values())

    @property
    def failed(self) -> int:
        """Runs that ended neither well nor for a good reason."""
        return sum(number for status, number in self.done.items() if status in FAILED)


def tally_of(jobs: Iterable[Job], rows: list[dict[str, Any]], counting: dict[str, dict[str, Any]], width: int) -> Tally:
    """Tally of some jobs; ``rows``: of all attempts, ``counting``: those that count, by key."""
    listed = list(jobs)
    keys = {job.key for job in listed}
    done = Counter(str(counting[key]["status"]) for key in keys if key in counting)
    used_s = sum(row["wall_s"] or 0.0 for row in rows if row["key"] in keys)
    waiting = [job for job in listed if job.key not in counting]
    return Tally(len(listed), done, used_s, time_left_s(waiting, counting.values(), width))


def time_left_s(waiting: Iterable[Job], done: Iterable[dict[str, Any]], width: int) -> float | None:
    """s that these jobs will take: each like the mean of its method so far, or of all; at most its limit."""
    spent: dict[str, list[float]] = {}
    for row in done:
        if row["wall_s"] is not None:
            spent.setdefault(row["case"]["method"], []).append(row["wall_s"])
    everything = [wall for walls in spent.values() for wall in walls]
    total = 0.0
    for job in waiting:
        walls = spent.get(job.case["method"], everything)
        if not walls:
            return None
        total += min(sum(walls) / len(walls), job.case["wall_s"])
    return total / max(1, width)
