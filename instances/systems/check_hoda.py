"""Utility of a cell's plan and the rules it breaks; written apart from the methods that make plans."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from instances.columns import Floats
from instances.systems.hoda import Cell, CellPlan

__all__ = ["CellReport", "evaluate"]


@dataclasses.dataclass(frozen=True, eq=False)
class CellReport:
    """Args:
    utility: Σ λ (T_l − T)/T_l + (1 − λ)(E_l − E)/E_l; −inf when a rule is broken.
    time_s, energy_j: [N] of every user.
    violations: rules that are broken, in words.
    """

    utility: float
    time_s: Floats
    energy_j: Floats
    violations: tuple[str, ...]


def evaluate(cell: Cell, plan: CellPlan) -> CellReport:
    """Recompute time, energy and utility from the plan."""
    local_s = np.array([cell.task_gcycle / f for f in cell.local_ghz])
    local_j = np.array([cell.kappa_w_per_ghz3 * f * f * cell.task_gcycle for f in cell.local_ghz])
    time_s, energy_j = local_s.copy(), local_j.copy()
    broken = _broken(cell, plan)
    if broken:
        return CellReport(-math.inf, time_s, energy_j, broken)
    for user, power, clock in zip(plan.remote, plan.power_w, plan.server_ghz, strict=True):
        rate = cell.channel_mhz * math.log2(1 + power * cell.snr_per_w[user])
        time_s[user] = cell.task_mbit / rate + cell.task_gcycle / clock
        energy_j[user] = power * cell.task_mbit / rate
    saved = cell.time_weight * (1 - time_s / local_s) + (1 - cell.time_weight) * (1 - energy_j / local_j)
    return CellReport(math.fsum(saved), time_s, energy_j, ())


def _broken(cell: Cell, plan: CellPlan) -> tuple[str, ...]:
    users = [int(u) for u in plan.remote]
    if len(set(users)) != len(users) or any(not 0 <= u < cell.n_users for u in users):
        return ("users that hand over",)
    if plan.power_w.shape != (len(users),) or plan.server_ghz.shape != (len(users),):
        return ("power and clock for each",)
    found = []
    if len(users) > cell.channels:
        found.append("sub-channels")
    least, most = cell.power_w
    if not ((plan.power_w >= least * (1 - 1e-9)) & (plan.power_w <= most * (1 + 1e-9))).all():
        found.append("power")
    if not (plan.server_ghz > 0).all() or plan.server_ghz.sum() > cell.server_ghz * (1 + 1e-9):
        found.append("clock of the server")
    return tuple(found)
