"""`split`: one call for every splitter."""

from __future__ import annotations

import time

import numpy as np

from instances.errors import InputError
from instances.request import Request
from instances.request_costs import Goal
from solvers.answer import Limits
from solvers.split.registry import get_splitter
from solvers.split.result import SplitResult

__all__ = ["split"]


def split(
    request: Request,
    method: str | None = None,
    goal: Goal | None = None,
    *,
    limits: Limits | None = None,
    seed: int = 0,
) -> SplitResult:
    """Split a request for a goal (least latency, if none is given) by a splitter's name.

    Without a name the first exact one that can take it does: a minimum cut, a scan of all cuts, a MILP.

    Raises:
        InputError: no such splitter, or why it cannot split this request for this goal.
    """
    goal, limits = goal or Goal.latency(), limits or Limits()
    method = method or _first_exact(request, goal)
    chosen = get_splitter(method)
    reason = chosen.supports(request, goal)
    if reason is not None:
        raise InputError(f"splitter '{method}'", f"cannot split this request for {goal.name}", reason)
    begin = time.perf_counter()
    answer = chosen.split(request, goal, limits=limits, rng=np.random.default_rng(seed))
    spent_s = time.perf_counter() - begin
    return SplitResult.checked(request, goal, answer, method=method, seed=seed, limits=limits, solve_s=spent_s)


_EXACT = ("min_cut", "scan", "split_milp", "stage_milp")
"""Fastest first; between them they take every request and goal."""


def _first_exact(request: Request, goal: Goal) -> str:
    return next(name for name in _EXACT if get_splitter(name).supports(request, goal) is None)
