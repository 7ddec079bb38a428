"""The nouns of solving: limits, why it stopped, what a method hands back, how it reports on the way."""

from __future__ import annotations

import dataclasses
import enum
import math
import time
from collections.abc import Callable

import numpy as np

from formulations.program import Decision
from instances.certificate import Certificate
from instances.errors import InputError
from instances.options import OptionTable
from instances.scalars import number, refuse, whole

__all__ = ["Answer", "Clock", "Limits", "Progress", "Stop", "relative_gap"]


MOST_NODES = 2**31 - 1


class Stop(enum.Enum):
    """Why a method stopped."""

    FINISHED = "finished"  # it did all that it does; for exact methods: the gap asked for is reached
    TIME = "time limit"
    NODES = "node limit"
    ROUNDS = "round limit"
    INTERRUPTED = "interrupted"
    STALLED = "stalled"  # no further progress possible in floating point
    INFEASIBLE = "infeasible"
    ERROR = "error"


@dataclasses.dataclass(frozen=True)
class Limits:
    """When to stop.

    Args:
        time_s: wall-clock seconds, or None.
        gap: relative gap (best − bound)/|best| that counts as solved.
        nodes: branch-and-bound nodes for each MILP solved, or None (use in tests: reproducible).
        rounds: outer rounds (tangent refinement, local search passes), or None.

    Raises:
        InputError: a negative or NaN limit.
    """

    time_s: float | None = None
    gap: float = 1e-4
    nodes: int | None = None
    rounds: int | None = None

    def __post_init__(self) -> None:
        for name in ("time_s", "gap", "nodes", "rounds"):
            value = getattr(self, name)
            if value is None and name != "gap":
                continue
            (number if name in ("time_s", "gap") else whole)(value, f"limits.{name}")
            if not (value >= 0 and math.isfinite(value)):
                refuse(f"limits.{name}", f"is {value}", "a limit is finite and not negative", "give 0 or more")
        if self.nodes is not None and self.nodes > MOST_NODES:
            raise InputError("limits.nodes", f"is {self.nodes}", f"HiGHS counts to {MOST_NODES}", "give no more")


@dataclasses.dataclass(frozen=True)
class Progress:
    """One line of the trace: seconds since the start, best objective (inf: none), bound (−inf: none)."""

    time_s: float
    best_j: float
    bound_j: float

    @property
    def gap(self) -> float:
        """Relative gap (best − bound)/|best|; inf when either is missing."""
        return relative_gap(self.best_j, self.bound_j)


def relative_gap(best: float, bound: float) -> float:
    """(best − bound)/|best|; 0 when they agree, inf when either is missing."""
    if not (np.isfinite(best) and np.isfinite(bound)):
        return float("inf")
    difference = best - bound
    if abs(difference) <= 1e-12 * max(1.0, abs(best)):
        return 0.0
    return difference / max(abs(best), 1e-12)


@dataclasses.dataclass(frozen=True, eq=False)
class Answer:
    """What a method hands back, before any of it is checked.

    Args:
        decision: best decision found, or None.
        stop: why it stopped.
        bound_j: lower bound that the method claims on the objective, in the problem's unit; −inf when none.
        objective_j: objective that the method claims for the decision, in the problem's unit; inf without one.
        trace: progress over time.
        message: an explanation in the user's words (infeasibility, errors).
        detail: figures of the method's own (nodes, rounds, columns …): name → number.
        table: the option table that the decision refers to, when it is not the one that the method was given.
        certificate: of the bound, when the method has one.
    """

    decision: Decision | None
    stop: Stop
    bound_j: float = float("-inf")
    objective_j: float = float("inf")
    trace: tuple[Progress, ...] = ()
    message: str = ""
    detail: dict[str, float] = dataclasses.field(default_factory=dict)
    table: OptionTable | None = None
    certificate: Certificate | None = None


class Clock:
    """Stop watch of one solve: time left, and the trace; passes progress and better decisions on to callbacks."""

    def __init__(
        self,
        limits: Limits,
        on_progress: Callable[[Progress], None] | None = None,
        on_decision: Callable[[OptionTable, Decision], None] | None = None,
    ) -> None:
        self._start = time.perf_counter()
        self._limit = limits.time_s
        self._on_progress, self._on_decision = on_progress, on_decision
        self.best_j, self.bound_j = float("inf"), float("-inf")
        self.trace: list[Progress] = []

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._start

    @property
    def left_s(self) -> float:
        """Seconds until the limit; inf without one."""
        return float("inf") if self._limit is None else max(0.0, self._limit - self.elapsed_s)

    def report(self, best_j: float = float("inf"), bound_j: float = float("-inf")) -> None:
        """Note a new best or bound (only improvements are kept) and tell the callback."""
        improved = best_j < self.best_j or bound_j > self.bound_j
        self.best_j, self.bound_j = min(self.best_j, best_j), max(self.bound_j, bound_j)
        progress = Progress(self.elapsed_s, self.best_j, self.bound_j)
        if improved:
            self.trace.append(progress)
        if self._on_progress is not None:
            self._on_progress(progress)

    def found(self, table: OptionTable, decision: Decision) -> None:
        """Hand on a decision that has just become the best, for whoever keeps plans in case the process ends here.

        Call it before `report`, whose callback may interrupt.
        """
        if self._on_decision is not None:
            self._on_decision(table, decision)
