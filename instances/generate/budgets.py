"""Weights and energy budgets of a generator's users and servers."""

from __future__ import annotations

import numpy as np

from instances import physics
from instances.columns import Floats
from instances.errors import InputError
from instances.generate.draws import Draws
from instances.generate.people import People
from instances.generate.settings import Settings
from instances.instance import Servers

__all__ = ["device_budgets", "draw_weights", "server_budgets"]

SPREAD = 0.5
"""Budgets of servers lie from 1 − this to 1 + this times the part asked for."""


def draw_weights(settings: Settings, draws: Draws, users: int) -> Floats:
    """[users] weights, log-uniform with median 1; all 1 unless the settings ask for another ratio."""
    if settings.weight_ratio == 1:
        return np.ones(users)
    return np.asarray(settings.weight_ratio ** (draws.uniform("weights")[:, 0] - 0.5))


def server_budgets(settings: Settings, draws: Draws, people: People, servers: Servers, horizon_s: float
                   ) -> Floats | None:  # fmt: skip
    """[servers] J: idling, and a part of what all users' networks would take if all ran there, shared evenly.

    The part is drawn from half to one and a half times ``energy_part``.

    Raises:
        InputError: a part is asked for, but the problem is not J-A.
    """
    if settings.energy_part is None:
        return None
    _require_admission(settings, "energy_part")
    gflop = np.array([net.gflop.sum() for net in people.networks])[people.network].sum()
    place = draws.uniform("budgets", 1, len(servers))[:, 0]
    part = settings.energy_part * (1 - SPREAD + 2 * SPREAD * place)
    return np.asarray(servers.idle_w * horizon_s + part * servers.j_per_gflop * gflop / len(servers))


def device_budgets(settings: Settings, people: People) -> Floats | None:
    """[users] J: a part of what computing everything on the device at its nominal clock would cost.

    Raises:
        InputError: a part is asked for, but the problem is not J-A with whole units.
    """
    if settings.device_energy_part is None:
        return None
    _require_admission(settings, "device_energy_part")
    if settings.allocation != "units":
        raise InputError("device_energy_part", "is given for continuous allocation", "no method here keeps it exactly",
                         "leave it out, or set allocation to units")  # fmt: skip
    d = people.devices
    whole_s = [physics.layer_time_s(net.gflop[:, None], net.traffic_mb[:, None], d.gflops, d.memory_gb_s, d.launch_s)
               .sum(axis=0) for net in people.networks]  # fmt: skip
    whole_j = np.array(whole_s) * physics.active_power_w(d.kappa, d.clock_ghz)
    return np.asarray(settings.device_energy_part * whole_j[people.network, people.device])


def _require_admission(settings: Settings, option: str) -> None:
    if settings.problem != "J-A":
        raise InputError(option, f"is given for {settings.problem}", "energy budgets are part of J-A only",
                         "leave it out, or set problem to J-A")  # fmt: skip
