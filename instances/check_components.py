"""The checker of component divisions: every term of the cost, one component at a time, and the rules that are broken.

With e_i = 1 where component i runs at the server and e_0 = 0, the cost is the sum over components of

* on the device: w1 (t_run + t_divide)/D_max + w2 (E_run + E_divide)/E_max;
* at the server: w3 [(1 − e_{i−1}) t_up + t_run + t_down + (2 − e_{i−1}) t_light]/D_max
  + w4 [(1 − e_{i−1}) E_up + E_down]/E_max + w5 cores/most cores + w6 subcarriers/most subcarriers.

What a component at the server makes stays there as well as coming back, so the next one need not be sent. Nothing here
is shared with `instances.component_costs` or any solver.
"""

from __future__ import annotations

import dataclasses
import math

from instances.components import ComponentTask, Division

__all__ = ["ComponentReport", "check_components"]

TOLERANCE = 1e-9
"""Relative room for rounding in deadlines."""


@dataclasses.dataclass(frozen=True)
class ComponentReport:
    """What a division amounts to.

    Args:
        cost: weighted sum, dimensionless. delay, energy, cores, subcarriers: its parts; they add up to the cost.
        time_s: of each component. device_j: energy of the device for each component.
        broken: the rules that are broken, one sentence each.
    """

    cost: float
    delay: float
    energy: float
    cores: float
    subcarriers: float
    time_s: tuple[float, ...]
    device_j: tuple[float, ...]
    broken: tuple[str, ...]

    @property
    def valid(self) -> bool:
        """Whether no rule is broken."""
        return not self.broken

    @property
    def latency_s(self) -> float:
        """Of the whole chain, s."""
        return math.fsum(self.time_s)

    @property
    def energy_j(self) -> float:
        """Of the device, all components, J."""
        return math.fsum(self.device_j)


def check_components(task: ComponentTask, division: Division) -> ComponentReport:
    """Figures of a division, recomputed from the record."""
    broken = _shape_faults(task, division)
    if broken:
        return ComponentReport(math.inf, math.inf, math.inf, math.inf, math.inf, (), (), tuple(broken))
    times, joules, parts, before = [], [], [0.0, 0.0, 0.0, 0.0], False
    for i in range(len(task)):
        here, mbit = bool(division.remote[i]), task.task_mbit * int(division.steps[i]) / task.resolution
        seconds, energy = _at_server(task, i, mbit, before) if here else _on_device(task, i, mbit)
        w_time, w_energy = task.weights[2:4] if here else task.weights[:2]
        parts[0] += w_time * seconds / task.delay_max_s
        parts[1] += w_energy * energy / task.energy_max_j
        if here:
            parts[2] += task.weights[4] * int(task.cores[i]) / task.system.most_cores
            parts[3] += task.weights[5] * int(task.subcarriers[i]) / task.system.most_subcarriers
        if seconds > float(task.deadline_s[i]) * (1 + TOLERANCE):
            broken.append(f"component {i} takes {seconds:.4g} s, its deadline is {float(task.deadline_s[i]):.4g} s")
        times.append(seconds)
        joules.append(energy)
        before = here
    return ComponentReport(
        math.fsum(parts), parts[0], parts[1], parts[2], parts[3], tuple(times), tuple(joules), tuple(broken)
    )


def _shape_faults(task: ComponentTask, division: Division) -> list[str]:
    if len(division.steps) != len(task) or len(division.remote) != len(task):
        return [f"the division is not of {len(task)} components"]
    faults = [f"component {i} has {int(m)} steps, at least 1 is needed" for i, m in enumerate(division.steps) if m < 1]
    total = sum(int(m) for m in division.steps)
    if total != task.resolution:
        faults.append(f"sizes add up to {total} steps of {task.resolution}")
    return faults


def _on_device(task: ComponentTask, i: int, mbit: float) -> tuple[float, float]:
    """Time and the device's energy of a component that stays, its division included."""
    run = float(task.gflop_per_mbit[i]) * mbit
    divide = task.system.divide_gflop + task.system.divide_gflop_per_mbit * mbit
    seconds = run / task.system.device_gflops + divide / task.system.device_gflops
    return seconds, task.system.device_j_per_gflop * (run + divide)


def _at_server(task: ComponentTask, i: int, mbit: float, sent_before: bool) -> tuple[float, float]:
    """Time and the device's energy of a component at the server."""
    system, cores = task.system, int(task.cores[i])
    back = float(task.output_per_input[i]) * mbit / _shannon_mbps(task, i, system.downlink_dbm)
    light = float(task.distance_m[i]) / 299792458.0
    seconds = float(task.gflop_per_mbit[i]) * mbit / (cores * system.core_gflops) + back + light
    energy = system.rx_w * back
    if not sent_before:
        up = mbit / _shannon_mbps(task, i, system.uplink_dbm)
        seconds += up + light
        energy += system.tx_w * up
    return seconds, energy


def _shannon_mbps(task: ComponentTask, i: int, dbm: float) -> float:
    system = task.system
    hertz = 1e6 * system.subcarrier_mhz * int(task.subcarriers[i])
    lost_db = system.loss_db + system.loss_slope_db * math.log10(float(task.distance_m[i]) / 1000.0)
    received_w = 1e-3 * 10 ** ((dbm - lost_db) / 10)
    noise_w = 1e-3 * 10 ** (system.noise_dbm_per_hz / 10) * hertz
    return hertz * math.log2(1 + received_w / noise_w) / 1e6
