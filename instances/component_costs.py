"""Cost and time of every component for each (where the one before ran, where it runs), as columns for solvers.

Both are a fixed part and a part for each step, so that a size is one number away. `instances.check_components` computes
the same from the record, a component at a time, and shares nothing with this file.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Floats, Ints
from instances.components import ComponentTask
from instances.physics import spectral_efficiency

__all__ = ["ComponentCosts", "price_components"]

DEVICE, SERVER = 0, 1
LIGHT_M_PER_S = 299_792_458.0
_ROOM = 1e-9
"""Relative room for rounding in deadlines, as the checker's."""


@dataclasses.dataclass(frozen=True, eq=False)
class ComponentCosts:
    """Figures [n, before, here], both places 0 for the device and 1 for the server.

    Args:
        fixed, each: cost of a component whatever its size, and of each step.
        fixed_s, each_s: the same in time, s.
        most: [n, 2, 2] whole steps that meet the deadline, at most ``resolution``; below 0 when even none would do.
        resolution: steps of the task.
    """

    fixed: Floats
    each: Floats
    fixed_s: Floats
    each_s: Floats
    most: Ints
    resolution: int

    def __len__(self) -> int:
        return len(self.fixed)

    def of_size(self, steps: Ints) -> Floats:
        """[n, 2, 2] cost at these sizes [n], inf where the deadline is missed."""
        size = steps[:, None, None]
        return np.where(size <= self.most, self.fixed + self.each * size, np.inf)


def price_components(task: ComponentTask) -> ComponentCosts:
    """Figures of every component of a task."""
    system, n, step = task.system, len(task), task.step_mbit
    delay, energy = 1 / task.delay_max_s, 1 / task.energy_max_j
    w1, w2, w3, w4, w5, w6 = task.weights
    up, down = (_rate_mbps(task, dbm) for dbm in (system.uplink_dbm, system.downlink_dbm))
    send_s, receive_s = step / up, step * task.output_per_input / down
    light_s = task.distance_m / LIGHT_M_PER_S
    here_s = step * task.gflop_per_mbit / (task.cores * system.core_gflops)
    own_gflop = step * (task.gflop_per_mbit + system.divide_gflop_per_mbit)
    lent = w5 * task.cores / system.most_cores + w6 * task.subcarriers / system.most_subcarriers

    fixed, each, fixed_s, each_s = (np.zeros((n, 2, 2)) for _ in range(4))
    fixed_s[:, :, DEVICE] = system.divide_gflop / system.device_gflops
    each_s[:, :, DEVICE] = own_gflop[:, None] / system.device_gflops
    own = w1 * delay / system.device_gflops + w2 * energy * system.device_j_per_gflop
    fixed[:, :, DEVICE] = own * system.divide_gflop
    each[:, :, DEVICE] = own * own_gflop[:, None]
    for before in (DEVICE, SERVER):
        sends = 1 - before  # what a component at the server made is there already
        fixed_s[:, before, SERVER] = (1 + sends) * light_s
        each_s[:, before, SERVER] = sends * send_s + here_s + receive_s
        joules = sends * system.tx_w * send_s + system.rx_w * receive_s
        fixed[:, before, SERVER] = w3 * delay * fixed_s[:, before, SERVER] + lent
        each[:, before, SERVER] = w3 * delay * each_s[:, before, SERVER] + w4 * energy * joules
    left = task.deadline_s[:, None, None] * (1 + _ROOM) - fixed_s
    with np.errstate(divide="ignore"):
        most = np.where(left >= 0, np.minimum(np.floor(left / each_s), task.resolution), -1)
    return ComponentCosts(fixed, each, fixed_s, each_s, most.astype(np.int64), task.resolution)


def _rate_mbps(task: ComponentTask, dbm: float) -> Floats:
    """[n] rate on a component's subcarriers, Mbit/s; the noise grows with their number."""
    system = task.system
    band = task.subcarriers * system.subcarrier_mhz
    loss = system.loss_db + system.loss_slope_db * np.log10(task.distance_m / 1e3)
    figure = system.noise_dbm_per_hz + 174.0  # as a noise figure over the thermal floor
    return band * spectral_efficiency(dbm, loss, band, noise_figure_db=figure, ceiling=np.inf)
