"""What options cost at prices, for a chunk of options that stays in cache.

For every λ ≥ 0 (J/s), with w the weight, β, φ ≤ 1 and z within its range (docs/theory.md, P5),

    b(λ) = w q + π r + min_z {w e z² + λ l/z} + min_β {(w p + λ) a'/β + μ β} + min_φ {λ c/φ + ν φ} − λ B  ≤  v(μ, ν, π).

Where a second of latency costs κ (J-L) the same holds for every λ ≥ κ, with w q + κ t in place of w q and (λ − κ) B in
place of λ B (P10). Newton's method in ln λ looks for the best λ; whatever it finds, the value is an underestimate.
"""

from __future__ import annotations

import dataclasses
from typing import Self

import numpy as np

from instances.columns import Floats, Ints
from instances.options import OptionTable

__all__ = ["Work"]

_NOTHING = 1e-250
"""Work of 0 is put as this: formulas stay free of 0/0, and the values do not change in floating point."""
_LONGEST = 3.0
_FORCES = (1e-30, 1e30)
"""Range of λ, J/s."""
_HAIR = 2e-12
"""Part of the budget that is given away, as `OptionTable.cost_j` forgives 1e-12 of it."""
_ROUNDING = 8e-15
_SHORTEST = 1e-100
"""Budgets of 0 (no work, no time) are put as this many seconds; longer budgets only lower the bound."""


@dataclasses.dataclass(frozen=True, eq=False)
class Work:
    """[n] remote options as columns, sorted by user.

    ``user``, ``server``, ``row`` of the table; ``air`` a', ``run`` c, ``device`` l, ``budget`` B (s); ``clock_w`` w e
    (J), ``send_w`` w p (W), ``floor`` κ (J/s), ``fixed`` w q + κ t (J), ``stock`` [n, stocks] part of
    each stock of its server (memory, energy where limited) that it takes; ``quickest``, ``slowest``:
    device time at the fastest and slowest clock (s); ``bend``: l/(2 w e), so that the best clock is ∛(λ·bend);
    ``least``: J at full shares.
    """

    user: Ints
    server: Ints
    row: Ints
    air: Floats
    run: Floats
    device: Floats
    budget: Floats
    clock_w: Floats
    send_w: Floats
    floor: Floats
    fixed: Floats
    stock: Floats
    quickest: Floats
    slowest: Floats
    bend: Floats
    least: Floats

    @classmethod
    def of(cls, table: OptionTable, rows: Ints, least: Floats) -> Self:
        """From rows of a table and their cost at full shares [len(rows)]."""
        user, part = table.user[rows], table.take(rows)
        weight = table.weight[user]
        device, clock_w = np.maximum(part.device_s, _NOTHING), weight * part.device_j
        budget = np.maximum(part.budget_s + _HAIR * np.abs(part.budget_s), _SHORTEST)
        bend = np.full(len(rows), 1e250)
        np.divide(device, 2 * clock_w, out=bend, where=clock_w > 0)
        return cls(
            user, table.server[rows], rows, np.maximum(part.uplink_s, _NOTHING), np.maximum(part.server_s, _NOTHING),
            device, budget, clock_w, weight * part.tx_w, table.floor_w[user], part.own_j, part.stock_part,
            device / table.clock_max[user], device / table.clock_min[user], bend, least,
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.user)

    def take(self, rows: Ints | slice) -> Self:
        """Some of them (views for a slice)."""
        return type(self)(**{f.name: getattr(self, f.name)[rows] for f in dataclasses.fields(self)})

    def guess(self, mu: Floats, nu: Floats) -> Floats:
        """λ at which device, uplink and server would take a third of the budget each; no more than a start."""
        third = self.budget / 3
        best = np.maximum(nu * self.run, mu * self.air) / third**2
        clocked = np.where(self.slowest > third, 2 * self.clock_w * self.device**2 / third**3, 0.0)
        return np.maximum(np.maximum(best, clocked), np.maximum(self.floor, _FORCES[0]))

    def improve(self, force: Floats, mu: Floats, nu: Floats, steps: int) -> Floats:
        """λ after some steps of Newton's method on ln(time taken/budget) as a function of ln λ.

        Where a share or the clock meets its limit the slope jumps and Newton's method may go round in circles: a step
        out of what is known to hold the root becomes one to its middle.
        """
        mu_air, nu_run = mu * self.air, nu * self.run
        least = np.maximum(self.floor, _FORCES[0])
        low, high = np.full(len(self), _FORCES[0]), np.full(len(self), _FORCES[1])
        for _ in range(steps):
            pay = self.send_w + force
            device = self.device / np.cbrt(force * self.bend)
            inside = (device > self.quickest) & (device < self.slowest)
            device = np.clip(device, self.quickest, self.slowest)
            air, run = np.sqrt(mu_air / pay), np.sqrt(nu_run / force)
            fall = np.where(inside, device / 3, 0.0)
            fall += np.where(air > self.air, 0.5 * air * force / pay, 0.0)
            fall += np.where(run > self.run, 0.5 * run, 0.0)
            taken = device + np.maximum(air, self.air) + np.maximum(run, self.run)
            late = np.log(taken / self.budget)
            step = late * taken / np.maximum(fall, 1e-3 * taken)
            low, high = np.where(late > 0, force, low), np.where(late > 0, high, force)
            moved = np.clip(force * np.exp(np.clip(step, -_LONGEST, _LONGEST)), least, _FORCES[1])
            force = np.where(((moved > low) & (moved < high)) | (moved == force), moved, np.sqrt(low * high))
        return np.maximum(np.where(np.isfinite(force), force, 1.0), self.floor)

    def value(self, force: Floats, mu: Floats, nu: Floats) -> tuple[Floats, Floats, Floats]:
        """b(λ) without stocks, rounded down, and the shares β, φ behind it (its slopes in μ and ν)."""
        pay = self.send_w + force
        device = np.clip(self.device / np.cbrt(force * self.bend), self.quickest, self.slowest)
        air = np.maximum(np.sqrt(mu * self.air / pay), self.air)
        run = np.maximum(np.sqrt(nu * self.run / force), self.run)
        beta, phi = self.air / air, self.run / run
        clock = self.device / device
        total = self.fixed + self.clock_w * clock**2 + pay * air + mu * beta + nu * phi + force * (device + run)
        push = (force - self.floor) * self.budget
        value = total - push - _ROUNDING * (total + push)
        # Prices of 0 or more never make an option cheaper than whole shares do (nor does a value that is no number).
        return np.fmax(value, self.least * (1 - 1e-12)), beta, phi
