"""What options certainly cost at prices: a lower bound of v_o for any λ, and a λ that makes it a good one.

For every λ ≥ κ (J/s; κ = 0 but under J-L), with w the weight, β, φ ≤ 1 and z within its range (docs/theory.md, P5, P10
and P13),

    w q + κ t + π r + σ ε + min_z {w e z² + λ l/z} + min_β {(w p + λ) a'/β + μ β} + min_φ {λ c/φ + ν φ} − (λ−κ) B  ≤  v.

λ comes from a search in ordinary arithmetic. Whatever it finds, the value is computed with directed rounding.
"""

from __future__ import annotations

import numpy as np

from instances.certify_least import clock_term
from instances.certify_options import LARGEST, LOCAL, Options
from instances.columns import Bools, Floats
from instances.outward import add_down, below, mul_down, mul_up, sqrt_down, sub_down, sub_up

__all__ = ["find_force", "share_term", "value_down"]

_SETTLED = 1e-6
"""Change of ln λ at which the search ends: the value is flat there, so it is off by the square of that."""


def value_down(o: Options, prices: Floats, force: Floats) -> Floats:
    """[n] at most v_o at the prices [4, n] of each option's server, by the given λ [n] ≥ 0, J.

    A λ below κ is raised to it. Never below the cost at full shares, which prices ≥ 0 cannot undercut. Local options
    are worth that cost and nothing else: remote ones are left out on account of it (docs/theory.md, P16b), so a
    better bound of it, from here, would be that of another problem than the one that they were left out of.
    """
    mu, nu, pi, sigma = prices
    force = np.maximum(force, o.floor)
    lateness = below(mul_down(force, o.device))
    with np.errstate(all="ignore"):
        clock = np.clip(np.cbrt(lateness / (2 * o.clock_w)), o.slow, o.fast)
    clock = np.where(np.isfinite(clock), clock, o.slow)
    push = mul_up(sub_up(force, o.floor), o.budget)
    sending = below(mul_down(below(add_down(o.send_w, force)), o.air))
    total = add_down(
        o.fixed,
        below(mul_down(pi, o.memory)),
        below(mul_down(sigma, o.energy)),
        clock_term(o.clock_w, lateness, o.slow, o.fast, clock),
        share_term(sending, mu),
        share_term(below(mul_down(force, o.run)), nu),
    )
    # A value that is no number (of huge figures that cancel) says nothing: the cost at full shares remains.
    with np.errstate(invalid="ignore"):
        return np.where(o.server == LOCAL, o.least, np.fmax(sub_down(total, push), o.least))


def share_term(work: Floats, price: Floats) -> Floats:
    """At most min {work/β + price β : 0 < β ≤ 1}: work + price where work ≥ price, else 2 √(work price)."""
    return np.where(work >= price, below(work + price), 2 * sqrt_down(below(mul_down(work, price))))


def find_force(o: Options, mu: Floats, nu: Floats, start: Floats | None = None, rounds: int = 14) -> Floats:
    """[n] λ that nearly maximises the bound, J/s: where device, uplink and server take the whole budget.

    On x = ln λ, ln(time taken) falls almost linearly, so Newton's steps are used while they stay within a bracket whose
    ends are known in closed form; else its middle is taken.
    """
    with np.errstate(all="ignore"):
        low, high = _bracket(o, mu, nu)
        x = 0.5 * (low + high)
        if start is not None:
            warm = np.log(start)
            x = np.where((warm > low) & (warm < high), warm, x)
        for _ in range(rounds):
            late, step = _newton(o, mu, nu, x)
            low, high = np.where(late, x, low), np.where(late, high, x)
            moved = x + step
            moved = np.where((moved >= low) & (moved <= high), moved, 0.5 * (low + high))
            change, x = np.abs(moved - x), moved
            if not (change > _SETTLED).any():
                break
        force = np.exp(x)
    return np.maximum(np.where(np.isfinite(force), np.minimum(force, LARGEST), 0.0), o.floor)


def _bracket(o: Options, mu: Floats, nu: Floats) -> tuple[Floats, Floats]:
    """ln λ at which one of the three takes the whole budget, and at which each takes its part of the slack only."""
    fastest, slowest = o.device / o.fast, o.device / o.slow
    third = np.maximum(o.budget - fastest - o.air - o.run, 0.0) / 3

    def force(device: Floats, air: Floats, run: Floats) -> Floats:
        clocked = np.where(slowest > device, 2 * o.clock_w * o.device**2 / device**3, 0.0)
        return np.fmax(np.fmax(clocked, mu * o.air / air**2 - o.send_w), nu * o.run / run**2)

    # A second's price so low that even the whole budget costs next to nothing.
    nothing = 1e-13 * o.least / o.budget + 1e-200
    low = np.log(np.fmax(force(o.budget, o.budget, o.budget), nothing))
    high = np.log(np.fmax(force(fastest + third, o.air + third, o.run + third), nothing))
    low = np.where(np.isfinite(low), low, -200.0)
    return low, np.where(np.isfinite(high), np.maximum(high, low), low + 60.0)


def _newton(o: Options, mu: Floats, nu: Floats, x: Floats) -> tuple[Bools, Floats]:
    """Whether the time taken at λ = eˣ exceeds the budget, and Newton's step in x for ln(time taken/budget)."""
    force = np.exp(x)
    pay = o.send_w + force
    device = o.device / np.clip(np.cbrt(force * o.device / (2 * o.clock_w)), o.slow, o.fast)
    air, run = np.sqrt(mu * o.air / pay), np.sqrt(nu * o.run / force)
    moving = (device < o.device / o.slow) & (device > o.device / o.fast)
    fall = np.where(moving, device / 3, 0.0) + np.where(air > o.air, 0.5 * air * force / pay, 0.0)
    fall += np.where(run > o.run, 0.5 * run, 0.0)
    taken = np.where(o.device > 0, device, 0.0) + np.maximum(air, o.air) + np.maximum(run, o.run)
    return np.asarray(taken > o.budget), np.asarray(np.log(taken / o.budget) * taken / fall)
