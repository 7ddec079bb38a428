"""What a run says on its way: its best plan and bound, and when it had them.

Imports no solver, since CP-SAT and HiGHS must not meet in one process.
"""

from __future__ import annotations

import dataclasses
import json
import math
import time
from typing import Any, TextIO

import numpy as np

from formulations.program import Decision
from instances.options import LOCAL, OptionTable

__all__ = ["TARGETS", "Ending", "Recorder", "gap_between", "plan_cost", "reached"]

TARGETS = (1e-2, 1e-3, 1e-4, 1e-6)
"""Gaps of which the first time is noted."""
STEP = 1e-5
"""A bound that grew by less (relative to itself) is not worth a line, unless it reaches a target."""
ROOM = 1e-9
"""Relative room for rounding in capacities, as in `instances.check`."""

Event = tuple[float, float, float]
"""Seconds since the option table was there, objective of the best plan (inf: none), bound (−inf: none), J."""


@dataclasses.dataclass(frozen=True, eq=False)
class Ending:
    """How a run ended: its own word for it, and figures of its own (name → number)."""

    status: str
    detail: dict[str, float] = dataclasses.field(default_factory=dict)


def gap_between(best: float, bound: float) -> float:
    """(best − bound)/|best|, at least 0; inf while either is missing."""
    if not (math.isfinite(best) and math.isfinite(bound)):
        return math.inf
    return max(best - bound, 0.0) / max(abs(best), 1e-12)


def plan_cost(table: OptionTable, decision: Decision) -> float:
    """Objective of a decision, J; inf when a deadline, a capacity or memory is broken."""
    chosen = decision.chosen
    server = table.server[chosen]
    remote = server != LOCAL
    at = server[remote]
    beta, phi = (np.where(remote, share, 0.0) for share in (decision.uplink_share, decision.compute_share))
    for share in (beta, phi):
        if (np.bincount(at, share[remote], table.n_servers) > 1 + ROOM).any():
            return math.inf
    held = np.bincount(at, table.server_mb[chosen][remote], table.n_servers)
    if (held > table.memory_mb * (1 + ROOM)).any():
        return math.inf
    with np.errstate(invalid="ignore", divide="ignore"):  # no share, no power: 0 · inf, thrown out as late
        cost = float(table.cost_j(beta, phi, chosen).sum() + table.static_j[np.unique(at)].sum())
    return cost if math.isfinite(cost) else math.inf


class Recorder:
    """Keeps the best plan and bound of one run and writes a JSON line whenever one of them improves."""

    def __init__(self, file: TextIO, limit_s: float, gap: float) -> None:
        self._file, self._start = file, time.perf_counter()
        self.limit_s, self.gap = limit_s, gap
        self.best_j, self.bound_j = math.inf, -math.inf
        self.decision: Decision | None = None
        self.table: OptionTable | None = None
        self._written: Event = (0.0, math.inf, -math.inf)

    @property
    def elapsed_s(self) -> float:
        """Seconds since the option table was there."""
        return time.perf_counter() - self._start

    @property
    def left_s(self) -> float:
        """Seconds until the limit."""
        return max(self.limit_s - self.elapsed_s, 0.0)

    @property
    def done(self) -> bool:
        """Whether the gap asked for is reached."""
        return gap_between(self.best_j, self.bound_j) <= self.gap

    def offer(self, table: OptionTable, decision: Decision) -> float:
        """A plan; its objective is recomputed here."""
        cost = plan_cost(table, decision)
        if cost < self.best_j:
            self.best_j, self.decision, self.table = cost, decision, table
            self._write()
        return cost

    def settle(self, table: OptionTable, decision: Decision) -> None:
        """The plan behind what was claimed."""
        cost = plan_cost(table, decision)
        self.decision, self.table = decision, table
        if cost < self.best_j:
            self.best_j = cost
            self._write()

    def claim(self, best_j: float, bound_j: float) -> None:
        """Objective and bound of a method that hands its plan over at the end."""
        better = best_j < self.best_j
        self.best_j = min(self.best_j, best_j)
        self.bound_j = max(self.bound_j, bound_j)
        if better or self._worth_a_line():
            self._write()

    def raise_bound(self, bound_j: float) -> None:
        """A lower bound on every plan."""
        if math.isfinite(bound_j) and bound_j > self.bound_j:
            self.bound_j = bound_j
            if self._worth_a_line():
                self._write()

    def finish(self) -> None:
        """The last line, whatever it says."""
        if (self.best_j, self.bound_j) != self._written[1:]:
            self._write()

    def _worth_a_line(self) -> bool:
        _, best, bound = self._written
        if not self.bound_j > bound:
            return False
        if not math.isfinite(bound) or self.bound_j - bound > STEP * abs(self.bound_j):
            return True
        before, now = gap_between(best, bound), gap_between(self.best_j, self.bound_j)
        return any(now <= target < before for target in (*TARGETS, self.gap))

    def _write(self) -> None:
        self._written = (self.elapsed_s, self.best_j, self.bound_j)
        self._file.write(json.dumps({"event": [plain(v) for v in self._written]}) + "\n")
        self._file.flush()


def plain(value: float) -> float | None:
    """The number, or None in place of an infinite one (JSON has none)."""
    return float(value) if math.isfinite(value) else None


def reached(events: list[Event], limit_s: float) -> dict[str, float | None]:
    """First time at which each target's gap was there, within the limit; None where it never was."""
    first: dict[str, float | None] = {f"{target:g}": None for target in TARGETS}
    for time_s, best, bound in events:
        for target in TARGETS:
            if first[f"{target:g}"] is None and time_s <= limit_s and gap_between(best, bound) <= target:
                first[f"{target:g}"] = time_s
    return first


def read_event(values: list[Any]) -> Event:
    """An event from JSON."""
    time_s, best, bound = values
    return float(time_s), math.inf if best is None else float(best), -math.inf if bound is None else float(bound)
