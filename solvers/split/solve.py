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
    method: str = "min_cut",
    goal: Goal | None = None,
    *,
    limits: Limits | None = None,
    seed: int = 0,
) -> SplitResult:
    """Split a request for a goal (least latency, if none is given) by a splitter's name.

    Raises:
        InputError: no such splitter, or why it cannot split this request for this goal.
    """
    goal, limits, chosen = goal or Goal.latency(), limits or Limits(), get_splitter(method)
    reason = chosen.supports(request, goal)
    if reason is not None:
        raise InputError(f"splitter '{method}'", f"cannot split this request for {goal.name}", reason)
    begin = time.perf_counter()
    answer = chosen.split(request, goal, limits=limits, rng=np.random.default_rng(seed))
    spent_s = time.perf_counter() - begin
    return SplitResult.checked(request, goal, answer, method=method, seed=seed, limits=limits, solve_s=spent_s)
