"""A method of `solvers.METHODS`, measured like its peers."""

from __future__ import annotations

from importlib import metadata

import numpy as np

from benchmarks.peers.trace import Ending, Recorder
from instances.options import OptionTable
from solvers import Limits, get_method
from solvers.answer import Clock
from solvers.registry import reason_against

__all__ = ["solve", "version"]

SEED = 0


def version() -> str:
    """Name and version."""
    return f"edgecut {metadata.version('edgecut')}"


def solve(name: str, table: OptionTable, record: Recorder) -> Ending:
    """Ask the method; every report to its clock is an event."""
    method = get_method(name)
    reason = reason_against(method, table)
    if reason is not None:
        return Ending(f"not supported: {reason}")
    limits = Limits(time_s=record.left_s, gap=record.gap)
    clock = Clock(limits, lambda progress: record.claim(progress.best_j, progress.bound_j))
    answer = method.solve(table, limits=limits, rng=np.random.default_rng(SEED), clock=clock)
    if answer.decision is not None:
        record.settle(answer.table or table, answer.decision)
    record.raise_bound(answer.bound_j)
    return Ending(answer.stop.value, dict(answer.detail))
