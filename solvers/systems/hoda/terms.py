"""Power and clocks in closed form: what is left is a choice of users (docs/theory.md, P28)."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from instances.columns import Floats
from instances.systems.hoda import Cell, CellPlan

__all__ = ["Terms", "best_power_w", "plan_of", "set_value", "terms_of"]


@dataclasses.dataclass(frozen=True, eq=False)
class Terms:
    """Utility of a set X of users: Σ_X v_i − (Σ_X s_i)².

    Args:
        gain: [N] v_i, utility with a clock without limit.
        load: [N] s_i = √(λ f_i/F).
        power_w: [N] best power.
    """

    gain: Floats
    load: Floats
    power_w: Floats


def best_power_w(cell: Cell) -> Floats:
    """[N] power that minimises (η + γ p)/log2(1 + h p): a bisection on the sign of its derivative (P28a)."""
    time_part = cell.time_weight * cell.local_ghz
    energy_part = (1 - cell.time_weight) / (cell.kappa_w_per_ghz3 * cell.local_ghz**2)
    low, high = (np.full(cell.n_users, p) for p in cell.power_w)

    def rises(power: Floats) -> Floats:
        grown = 1 + cell.snr_per_w * power
        return np.asarray(
            energy_part * np.log2(grown)
            - cell.snr_per_w / np.log(2) * (time_part + energy_part * power) / grown
        )  # fmt: skip

    low = np.where(rises(high) <= 0, high, low)
    high = np.where(rises(low) >= 0, low, high)
    for _ in range(100):
        middle = 0.5 * (low + high)
        up = rises(middle) > 0
        low, high = np.where(up, low, middle), np.where(up, middle, high)
    return np.asarray(0.5 * (low + high))


def terms_of(cell: Cell, power_w: Floats | None = None) -> Terms:
    """Terms of a cell, at the best power unless one is given."""
    power = best_power_w(cell) if power_w is None else power_w
    sending_s = cell.task_mbit / (cell.channel_mhz * np.log2(1 + cell.snr_per_w * power))
    local_s = cell.task_gcycle / cell.local_ghz
    local_j = cell.kappa_w_per_ghz3 * cell.local_ghz**2 * cell.task_gcycle
    lost = cell.time_weight * sending_s / local_s + (1 - cell.time_weight) * power * sending_s / local_j
    return Terms(1 - lost, np.sqrt(cell.time_weight * cell.local_ghz / cell.server_ghz), power)


def set_value(terms: Terms, users: Sequence[int]) -> float:
    """Utility of a set of users."""
    rows = list(users)
    return float(terms.gain[rows].sum() - terms.load[rows].sum() ** 2)


def plan_of(cell: Cell, terms: Terms, users: Sequence[int]) -> CellPlan:
    """The plan of a set: clocks in proportion to √f_i, equal where time counts nothing."""
    rows = np.array(sorted(users), dtype=np.int64)
    part = np.sqrt(cell.local_ghz[rows])
    return CellPlan(rows, terms.power_w[rows], cell.server_ghz * part / part.sum() if len(rows) else part)
