"""What one phase of a division takes: as long as its slowest device, and the energy of all of them."""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Floats
from instances.rows import Goal, RowProblem

__all__ = ["Phase", "computing", "receiving", "speeds"]


@dataclasses.dataclass(frozen=True)
class Phase:
    """``seconds`` and ``joules`` of one phase, or of several in a row."""

    seconds: float = 0.0
    joules: float = 0.0

    def __add__(self, other: Phase) -> Phase:
        return Phase(self.seconds + other.seconds, self.joules + other.joules)

    def value(self, goal: Goal) -> float:
        """What the goal counts."""
        return self.seconds if goal == "latency" else self.joules


def speeds(problem: RowProblem) -> Floats:
    """[devices] GFLOP/s."""
    return np.array([d.gflops for d in problem.devices])


def computing(problem: RowProblem, gflop: Floats) -> Phase:
    """Devices do ``gflop`` [devices] at once."""
    seconds = gflop / speeds(problem)
    return Phase(float(seconds.max()), float(seconds @ np.array([d.active_w for d in problem.devices])))


def receiving(problem: RowProblem, mbit: Floats) -> Phase:
    """Devices receive ``mbit`` [devices] at once, each over its own link."""
    rate = np.array([d.rate_mbps for d in problem.devices])
    return Phase(float((mbit / rate).max()), float(mbit @ np.array([d.j_per_mbit for d in problem.devices])))
