"""Options with deviations beside their times, and the two tables that enclose the chance-constrained problem."""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Floats, Ints
from instances.expand import expand
from instances.options import OptionTable
from instances.systems.robust import RobustProblem
from instances.tiers import layer_s

__all__ = ["RobustOptions", "hardened"]


@dataclasses.dataclass(frozen=True, eq=False)
class RobustOptions:
    """``table``: options of the mean times. ``device_sd_s``, ``server_sd_s`` [options]: deviation of the device's time
    at the nominal clock and of the server's on a whole share, s. ``factor``: k(ε)."""

    table: OptionTable
    device_sd_s: Floats
    server_sd_s: Floats
    factor: float

    @classmethod
    def of(cls, problem: RobustProblem) -> RobustOptions:
        """Options that can be in time with the probability asked for, at whole shares and the fastest clock."""
        instance = problem.instance
        table = expand(instance)
        device_sd, server_sd = np.zeros(len(table)), np.zeros(len(table))
        for option in range(len(table)):
            way, server = table.way(option), int(table.server[option])
            mode = next(ways.mode for ways in table.cut_sets if ways.mode.network == way.network)
            device, devices = int(instance.users.device[table.user[option]]), instance.devices
            own = layer_s(mode, devices.gflops[device], devices.memory_gb_s[device], devices.launch_s[device])
            device_sd[option] = problem.deviation_of(own * way.on_device, problem.device_cv)
            if server >= 0:
                machines = instance.servers
                away = layer_s(mode, machines.gflops[server], machines.memory_gb_s[server], machines.launch_s[server])
                server_sd[option] = problem.deviation_of(away * ~way.on_device, problem.server_cv)
        every = cls(table, device_sd, server_sd, problem.factor)
        fastest = table.clock_max[table.user]
        spread = problem.factor * np.hypot(device_sd / fastest, server_sd)
        mean = table.device_s / fastest + table.uplink_s + table.server_s + table.fixed_s
        return every.take(np.flatnonzero(mean + spread <= table.deadline_s[table.user] * (1 + 1e-12)))

    def take(self, rows: Ints) -> RobustOptions:
        """Some of them."""
        return RobustOptions(self.table.take(rows), self.device_sd_s[rows], self.server_sd_s[rows], self.factor)


def hardened(options: RobustOptions, factor: float) -> OptionTable:
    """The table with l + kσ_d and c + kσ_s in place of l and c (docs/theory.md, P31).

    With k = k(ε) its plans keep the chance constraints: a restriction, exact for options of which only one time is
    uncertain. With k = k(ε)/√2 it is a relaxation. Options that are then late even alone are left out.
    """
    table = options.table
    harder = dataclasses.replace(
        table,
        device_s=table.device_s + factor * options.device_sd_s,
        server_s=table.server_s + factor * options.server_sd_s,
    )
    return harder.take(np.flatnonzero(np.isfinite(harder.cost_j())))
