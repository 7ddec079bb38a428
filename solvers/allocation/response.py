"""How each user answers to the prices of its server: the inner problem of the dual, vectorised over users.

At prices μ, ν a user's Lagrangian is, with λ ≥ 0 the price of its own time (J/s),

    v(λ) = min_z {w e z² + λ l/z} + 2√(μ a'(wp + λ)) + 2√(ν c λ) − λB,

concave in λ. Its slope is d + x + y − B, the lateness at the best response d = l/z, x = a'/β = √(μ a'/(wp + λ)) and
y = c/φ = √(ν c/λ). In s = 1/√λ the lateness increases: y is linear in s, x = s√(μa')/√(1 + wp·s²) is concave, and d
is constant at l/z_max up to a kink s₁, then (2we l²)^⅓ s^⅔ (concave), then constant at l/z_min (again a concave
bend). So on either side of the kink Newton's method lands left of the root from anywhere and climbs monotonically.

Where a second of latency costs κ (J-L), λ is κ plus the price of the deadline, so λ ≥ κ: the last term of v is
−(λ − κ)B, and κ takes the place of a root that lies below it (docs/theory.md, P10).
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from instances.columns import Floats, Ints
from solvers.allocation.demand import Demand

__all__ = ["FOREVER", "Cell", "Response", "cell_of", "respond", "value_of"]

FOREVER = 1e60
"""s of a user whose time costs nothing (λ = 0 in effect)."""
_MOST_STEPS = 60


@dataclasses.dataclass(frozen=True, eq=False)
class Cell:
    """Users of some servers, sorted by server, with energies divided by the scale of their server.

    Per user: ``seg`` (index of its server among the servers here), a', c, energy w·e, power w·p, budget B, shortest
    and longest device time ``low`` = l/z_max and ``high`` = l/z_min, ``bend`` = (2we l²)^⅓ with d = bend·s^⅔, the kink
    s₁, ``lazy_clock`` = z_min, ``floor`` κ and ``longest`` = 1/√κ (FOREVER without κ).
    ``start``: first user of each server (every server here has one).
    """

    seg: Ints
    start: Ints
    device_s: Floats
    air: Floats
    run: Floats
    energy: Floats
    power: Floats
    budget: Floats
    low: Floats
    high: Floats
    bend: Floats
    kink: Floats
    lazy_clock: Floats
    floor: Floats
    longest: Floats

    def keep_servers(self, keep: NDArray[np.bool_]) -> Cell:
        """The same for some of the servers only."""
        rows = keep[self.seg]
        new = np.cumsum(keep) - 1
        seg = new[self.seg[rows]]
        names = [f.name for f in dataclasses.fields(self) if f.name not in ("seg", "start")]
        start = np.searchsorted(seg, np.arange(int(keep.sum())))
        return Cell(seg, start.astype(np.int64), **{name: getattr(self, name)[rows] for name in names})

    def total(self, values: Floats) -> Floats:
        """[n_servers] sums by server (pairwise, so that rounding stays small for many users)."""
        return np.add.reduceat(values, self.start)


def cell_of(demand: Demand, rows: Ints, seg: Ints, scale: Floats) -> Cell:
    """Cell of ``rows`` (sorted by ``seg``), energies divided by ``scale[seg]`` (J)."""
    length = demand.device_s[rows]
    energy, power = demand.device_j[rows] / scale[seg], demand.send_w[rows] / scale[seg]
    floor = demand.floor_w[rows] / scale[seg]
    low, high = length / demand.clock_max[rows], length / demand.clock_min[rows]
    bend = np.cbrt(2 * energy * length**2)
    # Without device energy to save, or without device work, d is l/z_max whatever time costs.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        kink = np.where(bend > 0, np.minimum((low / bend) ** 1.5, FOREVER), FOREVER)
        longest = np.minimum(1 / np.sqrt(floor), FOREVER)
    return Cell(
        seg=seg,
        start=np.searchsorted(seg, np.arange(len(scale))).astype(np.int64),
        device_s=length,
        air=demand.uplink_s[rows],
        run=demand.server_s[rows],
        energy=energy,
        power=power,
        budget=demand.budget_s[rows],
        low=low,
        high=high,
        bend=bend,
        kink=kink,
        lazy_clock=demand.clock_min[rows],
        floor=floor,
        longest=longest,
    )


@dataclasses.dataclass(frozen=True, eq=False)
class Response:
    """Best response of every user: s = 1/√λ, times d, x, y (s), and how fast lateness grows with s (x alone; all)."""

    s: Floats
    device: Floats
    air: Floats
    run: Floats
    air_slope: Floats
    slope: Floats


def respond(cell: Cell, uplink_price: Floats, compute_price: Floats, guess: Floats | None) -> Response:
    """Best response to positive prices [n_servers]; ``guess`` of s [n_users] (any) speeds it up."""
    root_air = np.sqrt(cell.air * uplink_price[cell.seg])
    root_run = np.sqrt(cell.run * compute_price[cell.seg])
    both = root_air + root_run
    # Which side of the kink the root lies on: the sign of the lateness there. Past the longest s there is none.
    at_kink = cell.low + cell.kink * root_run + _air_time(cell.kink, root_air, cell.power)
    fast = (at_kink >= cell.budget) | (cell.kink > cell.longest)
    flat = np.where(fast, cell.low, cell.high)
    # x ≤ s√(μa'), y = s√(νc) and d ≤ flat: no root lies below this.
    least = np.maximum((cell.budget - flat) / both, np.where(fast, 0.0, cell.kink))
    most = np.minimum(np.where(fast, cell.kink, FOREVER), cell.longest)
    least = np.minimum(least, most)
    s = least if guess is None else np.clip(guess, least, most)
    for _ in range(_MOST_STEPS):
        lateness, slope = _lateness(cell, s, root_air, root_run, fast)[:2]
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            step = np.where(slope > 0, s - lateness / slope, FOREVER)
        step = np.clip(step, least, most)
        change = np.abs(step - s) > 1e-9 * s
        s = step
        if not change.any():
            break
    _, slope, device, air, run, air_slope = _lateness(cell, s, root_air, root_run, fast)
    return Response(s, device, air, run, air_slope, slope)


def _air_time(s: Floats, root_air: Floats, power: Floats) -> Floats:
    return s * root_air / np.sqrt(1 + power * s * s)


def _lateness(
    cell: Cell, s: Floats, root_air: Floats, root_run: Floats, fast: NDArray[np.bool_]
) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats]:
    """d + x + y − B and its slope in s; then d, x, y and the slope of x."""
    stretch = 1 + cell.power * s * s
    air = s * root_air / np.sqrt(stretch)
    air_slope = air / (s * stretch)
    run = s * root_run
    free = cell.bend * np.cbrt(s) ** 2
    device = np.where(fast, cell.low, np.clip(free, cell.low, cell.high))
    # At the kink itself the slope is the one to its right, so that no step overshoots.
    bends = ~fast & (free < cell.high)
    slope = air_slope + root_run + np.where(bends, free / (1.5 * s), 0.0)
    return device + air + run - cell.budget, slope, device, air, run, air_slope


def value_of(cell: Cell, response: Response, uplink_price: Floats, compute_price: Floats) -> tuple[Floats, Floats]:
    """[n_servers] Σ v − μ − ν at the λ of ``response`` and the sum of the sizes of its terms (for the rounding).

    A lower bound on all but the constants of the cost for any positive prices and any λ ≥ κ.
    """
    worth = np.maximum(1 / response.s**2, cell.floor)
    with np.errstate(divide="ignore", invalid="ignore"):
        clock = np.where(cell.device_s > 0, cell.device_s / response.device, cell.lazy_clock)
    energy = cell.energy * clock**2
    shared = 2 * np.sqrt(uplink_price[cell.seg] * cell.air * (cell.power + worth))
    shared += 2 * np.sqrt(compute_price[cell.seg] * cell.run * worth)
    time = (worth - cell.floor) * cell.budget - worth * response.device
    value = cell.total(energy + shared - time) - uplink_price - compute_price
    return value, cell.total(energy + shared + worth * (cell.budget + response.device)) + uplink_price + compute_price
