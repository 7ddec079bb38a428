"""The best times for given modes, many choices of modes at once: one price of time by bisection (P29)."""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Bools, Floats
from instances.systems.droo import Frame, FramePlan

__all__ = ["Coefficients", "Times", "best_times", "coefficients", "plan_of"]

STEPS = 60


@dataclasses.dataclass(frozen=True, eq=False)
class Coefficients:
    """Value of modes: Σ_local l_i a^⅓ + Σ_offload b_i τ_i ln(1 + c_i a/τ_i)."""

    local: Floats
    send: Floats
    snr: Floats


@dataclasses.dataclass(frozen=True, eq=False)
class Times:
    """Best times for M choices of modes.

    Args:
        value: [M] weighted rate, Mbit/s, of the times below.
        bound: [M] no times give more.
        charge_s: [M].
        send_s: [M, N].
    """

    value: Floats
    bound: Floats
    charge_s: Floats
    send_s: Floats


def coefficients(frame: Frame) -> Coefficients:
    """Coefficients of a frame."""
    kept_w = frame.harvest * frame.charge_w * frame.gain
    return Coefficients(
        local=frame.weight * np.cbrt(kept_w / frame.kappa_w_per_ghz3) / frame.gcycle_per_mbit,
        send=frame.weight * frame.bandwidth_mhz / (frame.overhead * np.log(2)),
        snr=kept_w * frame.gain / frame.noise_w,
    )


def best_times(frame: Frame, local: Bools, offload: Bools) -> Times:
    """Best times for M rows of modes, [M, N] each.

    A device may do both, or neither: that is no plan, but bounds all plans in which it does one of the two.
    """
    terms = coefficients(frame)
    local_sum = (local * terms.local).sum(axis=1)
    low = np.zeros(len(local_sum))
    high = local_sum / 3 + (offload * terms.send * terms.snr).sum(axis=1) + 1e-12
    while (short := _excess(terms, local_sum, offload, high)[0] > 0).any():
        high = np.where(short, 2 * high, high)
    for _ in range(STEPS):
        middle = 0.5 * (low + high)
        above = _excess(terms, local_sum, offload, middle)[0] > 0
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    _, charge, ratio, slope = _excess(terms, local_sum, offload, high)
    send = np.where(offload, charge[:, None] * terms.snr / ratio, 0.0)
    total = charge + send.sum(axis=1)
    charge, send = charge / total, send / total[:, None]
    rate = np.where(offload, terms.send * send * np.log1p(ratio), 0.0).sum(axis=1)
    spare = np.maximum(high - slope, 1e-300)
    bound = high + np.where(local_sum > 0, 2 / 3 * local_sum * np.sqrt(local_sum / (3 * spare)), 0.0)
    return Times(local_sum * np.cbrt(charge) + rate, bound, charge, send)


def _excess(
    terms: Coefficients, local_sum: Floats, offload: Bools, price: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """What a second of charging is worth above the price, a, z = c a/τ, and the part of that worth that sending has.

    All but the second-to-last are [M]; z is [M, N].
    """
    ratio = _ratio(price[:, None] / terms.send)
    charge = 1 / (1 + np.where(offload, terms.snr / ratio, 0.0).sum(axis=1))
    slope = np.where(offload, terms.send * terms.snr / (1 + ratio), 0.0).sum(axis=1)
    return local_sum / 3 * charge ** (-2 / 3) + slope - price, charge, ratio, slope


def _ratio(level: Floats) -> Floats:
    """The z > 0 with ln(1 + z) − z/(1 + z) = level: with s = ln(1 + z), Newton on e^−s + s − 1, from the right."""
    s = level + np.sqrt(2 * level)
    for _ in range(7):
        s = s - (np.expm1(-s) + s - level) / np.maximum(-np.expm1(-s), 1e-300)
    return np.asarray(np.expm1(np.clip(s, 1e-12, 500.0)))


def plan_of(frame: Frame, offload: Bools) -> FramePlan:
    """The plan of one choice of modes, at its best times."""
    modes = np.asarray(offload, dtype=bool)
    times = best_times(frame, ~modes[None, :], modes[None, :])
    return FramePlan(modes, float(times.charge_s[0]), times.send_s[0])
