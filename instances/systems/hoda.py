"""One cell with few sub-channels: each user computes by itself or hands its whole task over, on one of them.

Problem of Lyu, Tian et al., IEEE TVT 66(4), 2017, doi 10.1109/TVT.2016.2593486 (HODA), constants of Pham's public
code for it ("EXAMPLE 3"). Units: s, J, W, Mbit, MHz, Gcycle, GHz; κ in W/GHz³.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Floats, Ints
from instances.errors import InputError

__all__ = ["Cell", "CellPlan", "draw_cell"]


@dataclasses.dataclass(frozen=True, eq=False)
class Cell:
    """What is known of a cell.

    Args:
        local_ghz: [N] clocks of the users.
        snr_per_w: [N] signal-to-noise ratio at the server for each watt sent.
        task_mbit, task_gcycle: what a task sends and computes.
        server_ghz: clock of the server, to be split.
        channels: sub-channels; at most that many users hand over.
        channel_mhz: width of one.
        kappa_w_per_ghz3: device power per clock cubed.
        power_w: least and most transmit power.
        time_weight: λ, of relative time saved; 1 − λ of relative energy saved.

    Raises:
        InputError: shapes that do not fit, or numbers out of range.
    """

    local_ghz: Floats
    snr_per_w: Floats
    task_mbit: float = 0.42
    task_gcycle: float = 1.0
    server_ghz: float = 4.0
    channels: int = 4
    channel_mhz: float = 1.0
    kappa_w_per_ghz3: float = 5.0
    power_w: tuple[float, float] = (1e-6, 0.1)
    time_weight: float = 0.5

    def __post_init__(self) -> None:
        for name in ("local_ghz", "snr_per_w"):
            array = np.array(getattr(self, name), dtype=float)
            if array.shape != (len(self.local_ghz),) or not (np.isfinite(array) & (array > 0)).all():
                raise InputError(f"cell.{name}", "is not one number above 0 for each user")
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        for name in ("task_mbit", "task_gcycle", "server_ghz", "channels", "channel_mhz", "kappa_w_per_ghz3"):
            if not (np.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise InputError(f"cell.{name}", f"is {getattr(self, name)}", "it must be finite and above 0")
        if not 0 < self.power_w[0] <= self.power_w[1] < np.inf:
            raise InputError("cell.power_w", f"is {self.power_w}", "least and most power, above 0")
        if not 0 <= self.time_weight <= 1:
            raise InputError("cell.time_weight", f"is {self.time_weight}", "a weight lies between 0 and 1")

    @property
    def n_users(self) -> int:
        """Number of users N."""
        return len(self.local_ghz)


@dataclasses.dataclass(frozen=True, eq=False)
class CellPlan:
    """Decisions.

    Args:
        remote: [n] users that hand over.
        power_w, server_ghz: [n] transmit power and part of the server's clock of each of them.
    """

    remote: Ints
    power_w: Floats
    server_ghz: Floats


def draw_cell(users: int, rng: np.random.Generator, *, task_mbit: float = 0.42) -> Cell:
    """A cell at random: users 5–250 m around the server, path loss 140.7 + 36.7 log10(d/km) dB, shadowing 8 dB.

    Noise is −100 dBm in a sub-channel. The public code sends 420e3 bits where its comment says 420 KB: give 0.42 or
    3.36 Mbit.
    """
    distance_m = np.sqrt(rng.uniform(5.0**2, 250.0**2, users))
    loss_db = 140.7 + 36.7 * np.log10(distance_m / 1e3) + rng.normal(0, 8, users)
    clocks = rng.choice([0.5, 0.8, 1.0], users)
    return Cell(local_ghz=clocks, snr_per_w=10 ** ((30.0 - loss_db + 100.0) / 10), task_mbit=task_mbit)
