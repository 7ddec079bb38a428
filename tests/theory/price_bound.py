"""What one option costs at least at given prices (P5)."""

from __future__ import annotations

import math

from instances.options import OptionTable


class PriceBound:
    """b_o(λ), its derivative ψ_o and the Newton iteration of P5 for one option."""

    def __init__(self, table: OptionTable, option: int, mu: float, nu: float) -> None:
        i = table.user[option]
        self.w, self.low, self.high = (float(x[i]) for x in (table.weight, table.clock_min, table.clock_max))
        columns = (
            table.device_s,
            table.device_j,
            table.uplink_s,
            table.server_s,
            table.tx_w,
            table.fixed_j,
            table.budget_s,
        )
        self.l, self.e, self.a, self.c, self.p, self.q, self.budget = (float(x[option]) for x in columns)
        self.mu, self.nu = mu, nu
        self.turn = 2 * self.w * self.e * self.low**3 / self.l

    def shares(self, lam: float) -> tuple[float, float, float]:
        """Minimisers β, φ, z."""
        z = min(max((lam * self.l / (2 * self.w * self.e)) ** (1 / 3), self.low), self.high)
        beta = min(1.0, math.sqrt(self.a * (self.w * self.p + lam) / self.mu))
        return beta, min(1.0, math.sqrt(self.c * lam / self.nu)), z

    def bound(self, lam: float) -> float:
        beta, phi, z = self.shares(lam)
        run = lam * self.c / phi if lam > 0 else 0.0
        return (
            self.w * self.q
            - lam * self.budget
            + self.w * self.e * z**2
            + lam * self.l / z
            + (self.w * self.p + lam) * self.a / beta
            + self.mu * beta
            + run
            + self.nu * phi
        )

    def slope(self, lam: float) -> float:
        beta, phi, z = self.shares(lam)
        return self.l / z + self.a / beta + (self.c / phi if phi > 0 else math.inf) - self.budget

    def curve(self, lam: float) -> float:
        """Right derivative of ψ."""
        beta, phi, z = self.shares(lam)
        clock = -self.l / (3 * z * lam) if self.turn <= lam and z < self.high else 0.0
        air = -self.a / beta / (2 * (self.w * self.p + lam)) if beta < 1 else 0.0
        return clock + air + (-self.c / phi / (2 * lam) if phi < 1 else 0.0)

    def newton(self) -> list[float]:
        """Iterates from the start that P5(c) names, until ψ vanishes."""
        if self.slope(self.turn) > 0:
            lam = self.turn
        else:
            room = self.budget - self.l / self.low
            lam = max(self.nu * self.c / room**2, self.mu * self.a / room**2 - self.w * self.p)
        path = [lam]
        while self.slope(lam) > 1e-13 and len(path) < 80:
            lam -= self.slope(lam) / self.curve(lam)
            path.append(lam)
        return path
