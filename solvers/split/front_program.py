"""The Pareto front by ε-constraints: one pair of integer programs for each point. The referee on small requests."""

from __future__ import annotations

import numpy as np

from formulations.split.switching import SwitchingProgram, switching_program
from instances.errors import InputError
from instances.request import Request
from instances.request_costs import Goal
from solvers.answer import Limits
from solvers.highs import Status, solve_program
from solvers.split.front import Front, front_of

__all__ = ["front_by_programs"]

STEP = 1e-5
"""Each point must have less energy than the last by this part: points nearer to each other are not told apart."""


def front_by_programs(request: Request, *, most_points: int = 1000, nodes: int | None = None) -> Front:
    """Front over all placements: least latency, then least energy at that latency, then the same below that energy.

    Haimes, Lasdon and Wismer (IEEE Trans. SMC 1971); two solves a point make it one of the front, not merely weakly so.

    Raises:
        InputError: HiGHS stopped before an optimum.
    """
    fast, frugal = (switching_program(request, goal) for goal in (Goal.latency(), Goal.energy()))
    placements: list[np.ndarray] = []
    cap = np.inf
    while len(placements) < most_points:
        first = _solve(fast.capped(fast.joules, cap), nodes)
        if first is None:
            break
        latency, _ = first
        second = _solve(frugal.capped(frugal.joules, cap).capped(frugal.seconds, latency * (1 + 1e-7)), nodes)
        energy, placement = second if second is not None else (float("nan"), first[1])
        placements.append(placement)
        cap = energy * (1 - STEP) if second is not None else -1.0
        if not cap > 0:
            break
    return front_of(request, np.array(placements, dtype=np.int64).reshape(len(placements), request.n_layers))


def _solve(whole: SwitchingProgram, nodes: int | None) -> tuple[float, np.ndarray] | None:
    """Objective and placement at the optimum; None when infeasible."""
    outcome = solve_program(whole.program, Limits(gap=1e-9, nodes=nodes))
    if outcome.status is Status.INFEASIBLE:
        return None
    if outcome.status is not Status.OPTIMAL or outcome.values is None:
        raise InputError("front_by_programs", f"HiGHS stopped: {outcome.status.value}", outcome.message)
    return outcome.objective, whole.placement(outcome.values)
