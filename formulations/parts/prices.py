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
import functools
from typing import Any, Self

import numpy as np

from instances.columns import Floats, Ints
from instances.options import OptionTable

__all__ = ["PricedOptions", "best_prices"]

_TRIES = 16
_CLOSE = 1e-6
"""A step below this part of λ is the last: Newton's method squares the error."""
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
                self.clock_w * clock**2 + force * self.device / clock,
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
        return np.asarray(np.minimum(np.maximum(np.where(self.device > 0, best, self.slow), self.slow), self.fast))

    @functools.cached_property
    def _unpriced(self) -> _Unpriced:
        with np.errstate(divide="ignore", invalid="ignore"):
            pull, cube = 2 * self.clock_w / self.device, 2 * self.clock_w * self.device**2
            moving = self.device > 0
            return _Unpriced(
                root=np.cbrt(cube),
                quickest=self.device / self.fast,
                slowest=self.device / self.slow,
                full=np.where(moving, pull * self.fast**3, 0.0),
                kink=np.where(moving, pull * self.slow**3, 0.0),
                # A device at its slowest clock takes no longer, however little time costs.
                alone=np.where(self.device > self.slow * self.budget, cube / self.budget**3, 0.0),
                per_air=np.where(self.air > 0, 1 / self.air, 0.0),
                per_run=np.where(self.run > 0, 1 / self.run, 0.0),
            )

    def _times(self, force: Floats, air: Floats, run: Floats) -> tuple[Floats, Floats, Floats]:
        """Seconds of device, uplink and server when a second of lateness costs λ and shares may exceed 1.

        ``air``, ``run``: A μ and c ν.
        """
        fixed = self._unpriced
        device = np.minimum(np.maximum(fixed.root / np.cbrt(force), fixed.quickest), fixed.slowest)
        return device, np.sqrt(air / (self.send_w + force)), np.sqrt(run / force)

    def _deadline_price(self, mu: Floats, nu: Floats) -> Floats:
        """λ by Newton's method on 1/T² = 1/(D − t)², T being the time taken.

        1/T² is concave in λ, but for the kink where the clock leaves its lower end, and nearly linear: from a λ that is
        too small and on the same side of the kink as the root Newton's steps rise to the root and never pass it.
        """
        fixed, air, run = self._unpriced, self.air * mu, self.run * nu
        # At `ceiling` all runs at full share and clock; at `low` one of the three takes the whole budget by itself.
        ceiling = np.maximum(mu * fixed.per_air - self.send_w, np.maximum(nu * fixed.per_run, fixed.full))
        ceiling = np.maximum(ceiling, 1e-300)
        square = self.budget**2
        low = np.maximum(np.maximum(air / square - self.send_w, run / square), fixed.alone)
        low = np.minimum(np.maximum(low, _SPAN * ceiling), ceiling)
        kink = np.minimum(np.maximum(fixed.kink, low), ceiling)
        device, uplink, server = self._times(kink, air, run)
        late = device + np.maximum(uplink, self.air) + np.maximum(server, self.run) > self.budget
        force = np.where(late, kink, low)
        for _ in range(_TRIES):
            device, uplink, server = self._times(force, air, run)
            taken = device + np.maximum(uplink, self.air) + np.maximum(server, self.run)
            # Shares below 1 and clocks within their range answer to λ; the others stay where they are.
            own = device * ((device > fixed.quickest) & (force >= fixed.kink)) / 3 + server * (server > self.run) / 2
            fall = own / force + uplink * (uplink > self.air) / (2 * (self.send_w + force))
            step = taken * ((taken / self.budget) ** 2 - 1) / (2 * fall)
            moved = np.minimum(np.maximum(force + step, force), ceiling)
            done = not (moved > force * (1 + _CLOSE)).any()
            force = moved
            if done:
                break
        return np.asarray(force)


@dataclasses.dataclass(frozen=True, eq=False)
class _Unpriced:
    """[n] what does not depend on prices. Seconds of the device: ``root`` at the best clock where λ = 1, ``quickest``,
    ``slowest``. λ: ``full``, ``kink`` where the best clock reaches its upper and lower end, ``alone`` where the device
    takes the whole budget by itself. ``per_air``, ``per_run``: 1/A, 1/c or 0.
    """  # fmt: skip

    root: Floats
    quickest: Floats
    slowest: Floats
    full: Floats
    kink: Floats
    alone: Floats
    per_air: Floats
    per_run: Floats


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
