"""The best modes: all of them, or by branch and bound where undecided devices do both (P29)."""

from __future__ import annotations

import heapq
import itertools

import numpy as np

from instances.columns import Bools, Floats
from instances.errors import InputError
from instances.systems.droo import Frame, FramePlan
from solvers.systems.droo.heuristics import ascend
from solvers.systems.droo.times import best_times, coefficients, plan_of
from solvers.systems.registry import system_method

__all__ = ["MOST_DEVICES", "branch", "enumerate_modes"]

MOST_DEVICES = 12
GAP = 1e-9
"""Relative gap at which the search ends."""


@system_method("droo_enumeration", system="DROO", kind="exact", guarantee="optimal", reference="docs/theory.md P29")
def enumerate_modes(frame: Frame) -> FramePlan:
    """An optimal plan, every choice of modes at its best times.

    Raises:
        InputError: more than 12 devices.
    """
    if frame.n_devices > MOST_DEVICES:
        raise InputError("frame", f"has {frame.n_devices} devices", f"more than {MOST_DEVICES}", "use branch")
    modes = np.array(list(itertools.product([False, True], repeat=frame.n_devices)))
    return plan_of(frame, modes[int(np.argmax(best_times(frame, ~modes, modes).value))])


@system_method(
    "droo_branch", system="DROO", kind="exact", guarantee="optimal within 1e-9", reference="docs/theory.md P29"
)
def branch(frame: Frame) -> FramePlan:
    """An optimal plan. The case with the largest bound is split first, at the device that is most counted twice."""
    terms, n = coefficients(frame), frame.n_devices
    modes, best = ascend(frame, np.zeros(n, dtype=bool))
    serial = itertools.count()
    local, offload = np.ones((1, n), dtype=bool), np.ones((1, n), dtype=bool)
    times = best_times(frame, local, offload)
    queue = [(-float(times.bound[0]), next(serial), local[0], offload[0], times.charge_s[0], times.send_s[0])]
    while queue and -queue[0][0] > best * (1 + GAP):
        _, _, may_stay, may_go, charge, send = heapq.heappop(queue)
        rate = terms.send * send * np.log1p(terms.snr * charge / np.maximum(send, 1e-300))
        twice = np.where(may_stay & may_go, np.minimum(terms.local * np.cbrt(charge), rate), -1.0)
        at = int(np.argmax(twice))
        stays, goes = np.stack([may_stay, may_stay]), np.stack([may_go, may_go])
        goes[0, at], stays[1, at] = False, False
        times = best_times(frame, stays, goes)
        for k in range(2):
            if not (stays[k] & goes[k]).any():
                if times.value[k] > best:
                    modes, best = goes[k].copy(), float(times.value[k])
            elif times.bound[k] > best * (1 + GAP):
                # What the relaxation does more of is a plan, too.
                found = _round(frame, stays[k], goes[k], times.charge_s[k], times.send_s[k])
                value = float(best_times(frame, ~found[None, :], found[None, :]).value[0])
                if value > best:
                    modes, best = found, value
                case = (stays[k], goes[k], times.charge_s[k], times.send_s[k])
                heapq.heappush(queue, (-float(times.bound[k]), next(serial), *case))
    return plan_of(frame, modes)


def _round(frame: Frame, stays: Bools, goes: Bools, charge: float, send: Floats) -> Bools:
    """Every undecided device does what it gains more by in the relaxation."""
    terms = coefficients(frame)
    rate = terms.send * send * np.log1p(terms.snr * charge / np.maximum(send, 1e-300))
    return np.asarray(np.where(stays & goes, rate > terms.local * np.cbrt(charge), goes))
