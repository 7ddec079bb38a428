"""Devices that live on radio waves: charged by the access point, then each computes by itself or sends its bits there.

Problem of Bi and Zhang, IEEE TWC 17(6), 2018, arXiv 1708.08810, and of Huang, Bi and Zhang, TMC 2020, arXiv 1808.01977
(DROO); constants of its public code. Units: s, J, W, Mbit, MHz, Gcycle, GHz; κ in W/GHz³.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Bools, Floats
from instances.errors import InputError

__all__ = ["Frame", "FramePlan", "draw_frames", "mean_gains"]


@dataclasses.dataclass(frozen=True, eq=False)
class Frame:
    """What is known of a frame of one second.

    Args:
        gain: [N] channel power gains h, the same both ways.
        weight: [N] weights of the devices' rates.
        charge_w: power of the access point while it charges.
        harvest: part of what arrives that is kept.
        noise_w: noise at the access point.
        bandwidth_mhz: of the uplink.
        overhead: sent over useful bits, v_u ≥ 1.
        kappa_w_per_ghz3: device power per clock cubed.
        gcycle_per_mbit: work of a megabit.

    Raises:
        InputError: shapes that do not fit, or numbers out of range.
    """

    gain: Floats
    weight: Floats
    charge_w: float = 3.0
    harvest: float = 0.7
    noise_w: float = 1e-10
    bandwidth_mhz: float = 2.0
    overhead: float = 1.1
    kappa_w_per_ghz3: float = 10.0
    gcycle_per_mbit: float = 0.1

    def __post_init__(self) -> None:
        for name in ("gain", "weight"):
            array = np.array(getattr(self, name), dtype=float)
            if array.shape != (len(self.gain),) or not (np.isfinite(array) & (array > 0)).all():
                raise InputError(f"frame.{name}", "is not one number above 0 for each device")
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        for field in dataclasses.fields(self)[2:]:
            if not (np.isfinite(getattr(self, field.name)) and getattr(self, field.name) > 0):
                raise InputError(f"frame.{field.name}", f"is {getattr(self, field.name)}", "finite and above 0")

    @property
    def n_devices(self) -> int:
        """Number of devices N."""
        return len(self.gain)


@dataclasses.dataclass(frozen=True, eq=False)
class FramePlan:
    """Decisions.

    Args:
        offload: [N] whether a device sends its bits.
        charge_s: part a of the frame in which the access point charges.
        send_s: [N] part τ of the frame in which each sends; 0 for the others.
    """

    offload: Bools
    charge_s: float
    send_s: Floats


def mean_gains(devices: int) -> Floats:
    """[N] mean gains 4.11 (3e8/(4π 915e6 d))^2.8, d = 2.5 m and every 0.3 m; more than ten devices end at 5.2 m."""
    distance_m = 2.5 + 2.7 * np.arange(devices) / 9 if devices <= 10 else np.linspace(2.5, 5.2, devices)
    return np.asarray(4.11 * (3e8 / (4 * np.pi * 915e6 * distance_m)) ** 2.8)


def draw_frames(devices: int, frames: int, rng: np.random.Generator) -> list[Frame]:
    """Frames with independent Rayleigh fading; weights 1 and 1.5 in turn."""
    weight = np.where(np.arange(devices) % 2 == 0, 1.0, 1.5)
    return [Frame(mean_gains(devices) * rng.exponential(size=devices), weight) for _ in range(frames)]
