"""What an option costs when uplink and compute have prices, and the best prices of a server for given options.

For prices μ of the uplink and ν of the compute of a server (J for the whole resource), an option costs
v(μ, ν) = min_{β, φ ≤ 1} h(β, φ) + μ β + ν φ, where h is its least weighted energy at shares β, φ. By duality in the
deadline, for *every* λ ≥ 0 (J/s)

    v(μ, ν) ≥ w q + min_z {w e z² + λ l/z} + g(μ, A (w p + λ)) + g(ν, c λ) − λ (D − t)

with g(μ, K) = min_{β ≤ 1} μ β + K/β, and equality at the best λ. Where a second of latency costs κ (J-L) the same
holds for every λ ≥ κ with w q + κ t in place of w q and −(λ − κ)(D − t) as the last term (docs/theory.md, P10).
All cuts are made from the right-hand side, so that they hold however well λ is found.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Self

import numpy as np

from instances.columns import Floats, Ints
from instances.options import OptionTable

__all__ = ["PricedOptions", "best_prices"]

_BISECTIONS, _POSITIONS = 12, 3
_STEPS, _SWEEPS = 12, 20
_ENOUGH = 1e-9
"""Gains below this part of an average user's energy end a search."""
_EXACT = 1e-5
"""Relative distance from demand to room that counts as none (the value errs by about its square)."""
_GRID = 33
_NUDGE = 1e-5
_LENGTHS = np.array([[1.0], [0.5], [0.2], [0.05], [0.01]])
_LONGEST = 3.0  # a log price moves by at most this much in one step
_CHEAPEST, _DEAREST = 1e-9, 1e6
"""Range of prices, in units of an average user's energy."""
_SPAN = 1e-13
"""λ is sought between its upper bound and this part of it."""


@dataclasses.dataclass(frozen=True, eq=False)
class PricedOptions:
    """[n] remote options: ``air`` A = a/W, ``run`` c, ``budget`` D − t, ``device`` l (s); ``clock_w`` w e (J),
    ``send_w`` w p (W), ``floor`` κ (J/s), ``fixed`` w q + κ t (J); ``slow``, ``fast`` clock range; ``slack``
    D − t − l/z_max (s); ``least`` J with a whole server.
    """  # fmt: skip

    air: Floats
    run: Floats
    budget: Floats
    device: Floats
    clock_w: Floats
    send_w: Floats
    floor: Floats
    fixed: Floats
    slow: Floats
    fast: Floats
    slack: Floats
    least: Floats

    @classmethod
    def of(cls, table: OptionTable, rows: Ints) -> Self:
        """From rows of a table."""
        user = table.user[rows]
        weight = table.weight[user]
        return cls(
            air=table.uplink_s[rows],
            run=table.server_s[rows],
            budget=table.budget_s[rows],
            device=table.device_s[rows],
            clock_w=weight * table.device_j[rows],
            send_w=weight * table.tx_w[rows],
            floor=table.floor_w[user],
            fixed=table.own_j[rows],
            slow=table.clock_min[user],
            fast=table.clock_max[user],
            slack=table.slack_s[rows],
            least=table.cost_j(rows=rows),
        )

    def take(self, rows: Any) -> Self:
        """Some of them."""
        return type(self)(**{f.name: getattr(self, f.name)[rows] for f in dataclasses.fields(self)})

    def at(self, uplink: Any, compute: Any) -> tuple[Floats, Floats, Floats]:
        """Excess of v over ``least`` (≥ 0, a valid underestimate) and the shares β, φ behind it.

        Prices broadcast against [n]: [k, 1] prices give [k, n] results.
        """
        mu, nu = np.asarray(uplink, dtype=float), np.asarray(compute, dtype=float)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            force = np.maximum(self._deadline_price(mu, nu), self.floor)
            clock = self._clock(force)
            air, run = self.air * (self.send_w + force), self.run * force
            beta, phi = _share(air, mu), _share(run, nu)
            parts = (
                self.fixed,
                self.clock_w * clock**2 + force * np.where(self.device > 0, self.device / clock, 0.0),
                mu * beta + np.where(air > 0, air / beta, 0.0),
                nu * phi + np.where(run > 0, run / phi, 0.0),
            )
        total, push = sum(parts), (force - self.floor) * self.budget
        # Sums of large terms that cancel are rounded; stay below the truth.
        safe = total - push - 1e-15 * (total + np.abs(push))
        return np.maximum(safe - self.least, 0.0), beta, phi

    def least_use(self, angle: Any) -> Floats:
        """[k, n] min of cos² β + sin² φ over the shares that meet the deadline at the fastest clock.

        Σ of it over the options on a server is ≤ cos² + sin² = 1: a cut in the choices alone.
        """
        mu, nu = np.cos(angle) ** 2, np.sin(angle) ** 2
        with np.errstate(divide="ignore", invalid="ignore"):
            air, run = self.air / self.slack, self.run / self.slack
            mean = np.sqrt(air * run)
            beta = air + np.where(mean > 0, mean * np.sqrt(nu / mu), 0.0)
            beta = np.clip(beta, np.where(run < 1, air / (1 - run), 1.0), 1.0)
            phi = np.where(run > 0, run / (1 - air / beta), 0.0)
            phi = np.where((air <= 0) & (run > 0), run, np.minimum(phi, 1.0))
        return np.where(np.isfinite(phi), mu * np.where(air > 0, beta, 0.0) + nu * phi, 0.0)

    def _clock(self, force: Floats) -> Floats:
        best = np.cbrt(force * self.device / (2 * self.clock_w))
        return np.clip(np.where(self.device > 0, best, self.slow), self.slow, self.fast)

    def _needed(self, log_force: Floats, mu: Floats, nu: Floats) -> Floats:
        """ln of the seconds taken over the budget when a second of lateness costs λ; falls with ln λ."""
        force = np.exp(log_force)
        taken = np.where(self.device > 0, self.device / self._clock(force), 0.0)
        taken = taken + np.maximum(self.air, np.sqrt(self.air / (self.send_w + force) * mu))
        taken = taken + np.maximum(self.run, np.sqrt(self.run / force * nu))
        return np.asarray(np.log(taken / self.budget))

    def _deadline_price(self, mu: Floats, nu: Floats) -> Floats:
        """λ by bisection, then false position (Illinois), on ln λ, where the time taken is nearly linear."""
        low, high = self._bracket(mu, nu)
        for _ in range(_BISECTIONS):
            middle = 0.5 * (low + high)
            late = self._needed(middle, mu, nu) > 0
            low, high = np.where(late, middle, low), np.where(late, high, middle)
        above, below, middle = self._needed(low, mu, nu), self._needed(high, mu, nu), high
        for _ in range(_POSITIONS):
            part = np.clip(above / np.maximum(above - below, 1e-300), 0.0, 1.0)
            middle = low + part * (high - low)
            needed = self._needed(middle, mu, nu)
            late = needed > 0
            # The end that stays put counts half, or it would stay for ever.
            below, above = np.where(late, 0.5 * below, needed), np.where(late, needed, 0.5 * above)
            low, high = np.where(late, middle, low), np.where(late, high, middle)
        return np.asarray(np.exp(middle))

    def _bracket(self, mu: Floats, nu: Floats) -> tuple[Floats, Floats]:
        """ln λ too small and large enough.

        Too small: one of device, uplink and server takes the whole budget by itself. Large enough: each takes a
        third; or, as full shares and clock may forbid that, everything runs at full share and clock.
        """
        tops = (
            np.where(self.device > 0, 2 * self.clock_w * self.fast**3 / self.device, 0.0),
            np.where(self.air > 0, mu / self.air - self.send_w, 0.0),
            np.where(self.run > 0, nu / self.run, 0.0),
        )
        ceiling = np.maximum(np.maximum(tops[0], tops[1]), tops[2])
        ceiling = np.log(np.maximum(ceiling, 1e-300))

        def force(part: float) -> Floats:
            time = self.budget * part
            uplink, server = mu * self.air / time**2 - self.send_w, nu * self.run / time**2
            # A device at its slowest clock takes no longer, however little time costs.
            clock = np.where(self.device > self.slow * time, 2 * self.clock_w * self.device**2 / time**3, 0.0)
            return np.asarray(np.log(np.maximum(np.maximum(np.maximum(uplink, server), clock), 1e-300)))

        low = np.clip(force(1.0), ceiling + np.log(_SPAN), ceiling)
        guess = np.clip(force(1 / 3), low, ceiling)
        late = self._needed(guess, mu, nu) > 0
        return np.where(late, guess, low), np.where(late, ceiling, guess)


def _share(work: Floats, price: Floats) -> Floats:
    """argmin_{β ≤ 1} price β + work/β."""
    return np.where(work > 0, np.minimum(np.sqrt(work / price), 1.0), 0.0)


@dataclasses.dataclass(frozen=True, eq=False)
class _Dual:
    """Σ amount v(μ, ν) − (μ + ν) room as a function of log prices: concave in the prices, with continuous slopes."""

    options: PricedOptions
    amount: Floats
    room: float
    low: float
    high: float

    def at(self, log_price: Floats) -> tuple[Floats, Floats]:
        """[k] values and [k, 2] logs of what is asked of each resource over its room, at [k, 2] points."""
        prices = np.exp(log_price)
        excess, beta, phi = self.options.at(prices[:, :1], prices[:, 1:])
        asked = np.stack([beta @ self.amount, phi @ self.amount], axis=1) / self.room
        return excess @ self.amount - self.room * prices.sum(axis=1), np.log(np.maximum(asked, 1e-300))

    def newton(self, point: Floats) -> tuple[Floats, float]:
        """The best point along Newton's step for log asked = 0, and what it gains."""
        value, asked = self.at(point + np.array([[0.0, 0.0], [_NUDGE, 0.0], [0.0, _NUDGE]]))
        step = np.clip(_newton_step(asked[0], (asked[1:] - asked[0]).T / _NUDGE), -_LONGEST, _LONGEST)
        tried = np.clip(point + step * _LENGTHS, self.low, self.high)
        gains = self.at(tried)[0] - value[0]
        best = int(np.argmax(gains))
        return tried[best], float(gains[best])

    def settled(self, point: Floats) -> bool:
        """Whether all of a resource is asked for, or its price is nil."""
        asked = self.at(point[None, :])[1][0]
        return bool(np.all((np.abs(asked) < _EXACT) | ((asked < 0) & (point <= self.low + 1e-9))))

    def settle(self, point: Floats, k: int) -> Floats:
        """The best price k with the other one fixed: what is asked falls as the price rises, so cut the range down."""
        low, high = self.low, self.high
        for _ in range(4):
            grid = np.repeat(point[None, :], _GRID, axis=0)
            grid[:, k] = np.linspace(low, high, _GRID)
            asked = self.at(grid)[1][:, k]
            above = int(np.searchsorted(-asked, 0.0))  # the first that asks no more than there is
            if above in (0, _GRID):
                return np.asarray(grid[min(above, _GRID - 1)])
            low, high = grid[above - 1, k], grid[above, k]
        part = asked[above - 1] / max(asked[above - 1] - asked[above], 1e-300)
        return np.asarray(np.where(np.arange(2) == k, low + part * (high - low), point))


def best_prices(options: PricedOptions, amount: Floats, room: float, start: Floats, unit: float
                ) -> tuple[float, float]:  # fmt: skip
    """Prices (μ, ν) that maximise Σ amount v(μ, ν) − (μ + ν) room: those of the best shares of these options.

    Newton's method in log prices, where demand is nearly linear (shares behave like μ^−½ and ν^−½); where a share
    reaches 1 demand has a kink and Newton's step may gain nothing: then each price is settled by itself. Whatever
    prices are found, they make a valid cut.

    Args:
        options: [n].
        amount: [n] how much of each is chosen (1 each for a plan, fractions for a relaxation).
        room: how much of the server there is (y_s).
        start: [2] prices to start from, > 0.
        unit: J of an average user, for scale.
    """
    dual = _Dual(options, amount, room, float(np.log(_CHEAPEST * unit)), float(np.log(_DEAREST * unit)))
    point = np.clip(np.log(start), np.log(1e-2 * unit), np.log(1e2 * unit))
    before = -np.inf
    for _ in range(_SWEEPS):
        for _ in range(_STEPS):
            moved, gain = dual.newton(point)
            if gain <= _ENOUGH * unit:
                break
            point = moved
        if dual.settled(point):
            break
        point = dual.settle(dual.settle(point, 0), 1)
        value = float(dual.at(point[None, :])[0][0])
        if value - before <= _ENOUGH * unit:
            break
        before = value
    return float(np.exp(point[0])), float(np.exp(point[1]))


def _newton_step(excess: Floats, slope: Floats) -> Floats:
    """−slope⁻¹ excess; where demand does not react (everybody at a full share) the −½ of the square root is taken."""
    slope = slope.copy()
    flat = np.abs(np.diag(slope)) < 1e-3
    for k in np.flatnonzero(flat):
        slope[k] = 0.0
        slope[k, k] = -0.5
    if abs(np.linalg.det(slope)) < 1e-9:
        return np.asarray(2.0 * excess)
    return np.asarray(-np.linalg.solve(slope, excess))
