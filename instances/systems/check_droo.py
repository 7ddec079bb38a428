"""Weighted rate of a frame's plan and the rules it breaks; written apart from the methods that make plans."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from instances.columns import Floats
from instances.systems.droo import Frame, FramePlan

__all__ = ["FrameReport", "evaluate"]


@dataclasses.dataclass(frozen=True, eq=False)
class FrameReport:
    """Args:
    value: Σ w_i r_i, Mbit/s; −inf when a rule is broken.
    rate_mbps: [N] computation rates r_i.
    violations: rules that are broken, in words.
    """

    value: float
    rate_mbps: Floats
    violations: tuple[str, ...]


def evaluate(frame: Frame, plan: FramePlan) -> FrameReport:
    """Recompute energies and rates from the plan, device by device."""
    rates = np.zeros(frame.n_devices)
    broken = _broken(frame, plan)
    if broken:
        return FrameReport(-math.inf, rates, broken)
    for i in range(frame.n_devices):
        energy_j = frame.harvest * frame.charge_w * frame.gain[i] * plan.charge_s
        if not plan.offload[i]:
            # The whole second at the clock that uses up the energy.
            rates[i] = (energy_j / frame.kappa_w_per_ghz3) ** (1 / 3) / frame.gcycle_per_mbit
        elif plan.send_s[i] > 0:
            snr = energy_j / plan.send_s[i] * frame.gain[i] / frame.noise_w
            rates[i] = frame.bandwidth_mhz * plan.send_s[i] / frame.overhead * math.log2(1 + snr)
    return FrameReport(math.fsum(frame.weight * rates), rates, ())


def _broken(frame: Frame, plan: FramePlan) -> tuple[str, ...]:
    if plan.offload.shape != (frame.n_devices,) or plan.send_s.shape != (frame.n_devices,):
        return ("a decision for every device",)
    found = []
    if plan.charge_s < 0 or (plan.send_s < 0).any():
        found.append("times below 0")
    if plan.charge_s + plan.send_s.sum() > 1 + 1e-9:
        found.append("longer than the frame")
    if (plan.send_s[~plan.offload] > 0).any():
        found.append("sends while it computes")
    return tuple(found)
