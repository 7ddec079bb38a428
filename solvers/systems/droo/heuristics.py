"""Modes without a proof: coordinate descent, rounding of the relaxation, and the end points."""

from __future__ import annotations

import numpy as np

from instances.columns import Bools
from instances.systems.droo import Frame, FramePlan
from solvers.systems.droo.times import best_times, coefficients, plan_of
from solvers.systems.registry import system_method

__all__ = ["all_local", "all_offload", "ascend", "coordinate_descent", "relax_and_round"]


def ascend(frame: Frame, modes: Bools) -> tuple[Bools, float]:
    """From given modes, change the one device that gains most until none gains; modes and their value."""
    value = float(best_times(frame, ~modes[None, :], modes[None, :]).value[0])
    while True:
        flipped = modes[None, :] ^ np.eye(frame.n_devices, dtype=bool)
        values = best_times(frame, ~flipped, flipped).value
        at = int(np.argmax(values))
        if values[at] <= value * (1 + 1e-12):
            return modes, value
        modes, value = flipped[at], float(values[at])


@system_method("droo_descent", system="DROO", kind="heuristic", reference="Bi and Zhang, IEEE TWC 17(6), 2018")
def coordinate_descent(frame: Frame) -> FramePlan:
    """One device after another changes its mode, from all local."""
    return plan_of(frame, ascend(frame, np.zeros(frame.n_devices, dtype=bool))[0])


@system_method("droo_relaxation", system="DROO", kind="heuristic", reference="docs/theory.md P29c, rounded")
def relax_and_round(frame: Frame) -> FramePlan:
    """Let all devices do both, then keep what each gains more by."""
    both = np.ones((1, frame.n_devices), dtype=bool)
    times, terms = best_times(frame, both, both), coefficients(frame)
    send = times.send_s[0]
    rate = terms.send * send * np.log1p(terms.snr * times.charge_s[0] / np.maximum(send, 1e-300))
    return plan_of(frame, rate > terms.local * np.cbrt(times.charge_s[0]))


@system_method("droo_local", system="DROO", kind="heuristic", reference="recurring baseline")
def all_local(frame: Frame) -> FramePlan:
    """Everyone computes."""
    return plan_of(frame, np.zeros(frame.n_devices, dtype=bool))


@system_method("droo_offload", system="DROO", kind="heuristic", reference="recurring baseline")
def all_offload(frame: Frame) -> FramePlan:
    """Everyone sends."""
    return plan_of(frame, np.ones(frame.n_devices, dtype=bool))
