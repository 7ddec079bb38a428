"""Reasons, in words, why a splitter cannot take a request."""

from __future__ import annotations

import math

import numpy as np

from instances.request import Request
from instances.request_costs import Goal

__all__ = ["limits_may_bind", "reason_in_line"]


def limits_may_bind(request: Request, goal: Goal) -> str | None:
    """Why deadline or memory may rule out what costs least; None when they cannot.

    Memory cannot when everything fits every machine; the deadline cannot when latency is what is minimised (then it
    only decides whether there is any placement).
    """
    total = request.network.total_weight_mb
    tight = np.flatnonzero(request.memory_mb < total)
    if len(tight):
        return f"memory may bind: {request.machines[int(tight[0])]} has no room for all {total:g} MB"
    if math.isfinite(request.deadline_s) and goal.name != "latency":
        return f"the deadline of {request.deadline_s:g} s may bind"
    return None


def reason_in_line(request: Request) -> str | None:
    """Why the machines are no line along which tensors are relayed; None when they are."""
    if request.n_machines > 2 and request.route != "relay":
        return f"{request.n_machines} machines that send directly to each other; a cut needs two, or a relay"
    return None
