"""What splitters share: reasons, in words, why one cannot take a request, and how an optimum becomes an answer."""

from __future__ import annotations

import math

import numpy as np

from instances.columns import Ints
from instances.request import Request
from instances.request_costs import Goal
from solvers.split.answer import SplitAnswer

__all__ = ["caps_may_bind", "conclude", "limits_may_bind", "reason_against_cuts", "reason_in_line"]


def limits_may_bind(request: Request, goal: Goal) -> str | None:
    """Why deadline, caps or memory may rule out what costs least; None when they cannot.

    Memory cannot when everything fits every machine; the deadline cannot when latency is what is minimised (then it
    only decides whether there is any placement).
    """
    total = request.network.total_weight_mb
    tight = np.flatnonzero(request.memory_mb < total)
    if len(tight):
        return f"memory may bind: {request.machines[int(tight[0])]} has no room for all {total:g} MB"
    if (reason := caps_may_bind(request)) is not None:
        return reason
    if math.isfinite(request.deadline_s) and goal.name != "latency":
        return f"the deadline of {request.deadline_s:g} s may bind"
    return None


def caps_may_bind(request: Request) -> str | None:
    """Why caps on energy or load may rule out what costs least; None when there are none."""
    if math.isfinite(request.energy_cap_j):
        return f"the energy cap of {request.energy_cap_j:g} J may bind; see `switching_milp`"
    if np.isfinite(request.load_cap_s).any():
        return "a load cap may bind; see `switching_milp`"
    return None


def reason_in_line(request: Request) -> str | None:
    """Why the machines are no line along which tensors are relayed; None when they are."""
    if request.n_machines < 2:
        return "there is one machine only"
    if request.n_machines > 2 and request.route != "relay":
        return f"{request.n_machines} machines that send directly to each other; a cut needs two, or a relay"
    return None


def reason_against_cuts(request: Request, goal: Goal) -> str | None:
    """Why a minimum cut is not the answer; None when it is."""
    if goal.longest:
        return "the longest stage is no sum of costs"
    return reason_in_line(request) or limits_may_bind(request, goal)


def conclude(
    request: Request, goal: Goal, placement: Ints, value: float, bound: float, detail: dict[str, float]
) -> SplitAnswer:
    """Answer of a splitter that has found what costs least, where only the deadline of latency may forbid it."""
    if math.isinf(value):
        return SplitAnswer.infeasible("no placement is possible: each needs a machine or a link that is not there")
    if goal.name == "latency" and bound / goal.per_s > request.deadline_s * (1 + 1e-9):
        return SplitAnswer.infeasible(
            f"the least latency is {value / goal.per_s:g} s, the deadline {request.deadline_s:g} s"
        )
    return SplitAnswer(placement, value, bound, detail=detail)
