"""What options certainly cost at prices: a lower bound of v_o for any λ, and a λ that makes it a good one.

For every λ ≥ 0 (J/s), with w the weight, β, φ ≤ 1 and z within its range (docs/theory.md, P5 and P13),

    w q + π r + min_z {w e z² + λ l/z} + min_β {(w p + λ) a'/β + μ β} + min_φ {λ c/φ + ν φ} − λ B  ≤  v(μ, ν, π).

λ comes from a search in ordinary arithmetic. Whatever it finds, the value is computed with directed rounding.
"""

from __future__ import annotations

import numpy as np

from instances.certify_options import LARGEST, Options
from instances.columns import Bools, Floats
from instances.outward import (
    add_down,
    below,
    div_down,
    div_up,
    mul_down,
    mul_up,
    sqrt_down,
    sub_down,
    sub_up,
)

__all__ = ["clock_term", "find_force", "share_term", "value_down"]

_SETTLED = 1e-6
"""Change of ln λ at which the search ends: the value is flat there, so it is off by the square of that."""


def value_down(o: Options, mu: Floats, nu: Floats, pi: Floats, force: Floats) -> Floats:
    """[n] at most v_o at the prices [n] of each option's server, by the given λ [n] ≥ 0, J.

    Never below the cost at full shares, which prices ≥ 0 cannot undercut.
    """
    lateness = below(mul_down(force, o.device))
    with np.errstate(all="ignore"):
        clock = np.clip(np.cbrt(lateness / (2 * o.clock_w)), o.slow, o.fast)
    clock = np.where(np.isfinite(clock), clock, o.slow)
    push = mul_up(force, o.budget)
    sending = below(mul_down(below(add_down(o.send_w, force)), o.air))
    total = add_down(
        o.fixed,
        below(mul_down(pi, o.memory)),
        clock_term(o.clock_w, lateness, o.slow, o.fast, clock),
        share_term(sending, mu),
        share_term(below(mul_down(force, o.run)), nu),
    )
    # A value that is no number (of huge figures that cancel) says nothing: the cost at full shares remains.
    with np.errstate(invalid="ignore"):
        return np.asarray(np.fmax(sub_down(total, push), o.least))


def clock_term(energy: Floats, lateness: Floats, slow: Floats, fast: Floats, clock: Floats) -> Floats:
    """At most min {g(z) = energy z² + lateness/z : slow ≤ z ≤ fast}, by the tangent at any ``clock`` in that range.

    g is convex, so g(z) ≥ g(clock) + g'(clock)(z − clock), which is least at an end of the range. At the minimum, or
    at the end where g has its least value, nothing is lost but rounding. Figures up to 1e100 do not overflow here.
    """
    square_low, square_high = below(mul_down(clock, clock)), mul_up(clock, clock)
    value = add_down(mul_down(energy, square_low), div_down(lateness, clock))
    twice = 2 * energy  # exact
    with np.errstate(divide="ignore", invalid="ignore"):
        rise = sub_up(mul_up(twice, clock), div_down(lateness, square_high))
        fall = sub_down(mul_down(twice, clock), div_up(lateness, square_low))
    rise, fall = np.maximum(rise, 0.0), np.minimum(fall, 0.0)
    to_slow, to_fast = sub_down(slow, clock), sub_up(fast, clock)
    lost = np.minimum(
        np.where(to_slow < 0, mul_down(rise, to_slow), 0.0), np.where(to_fast > 0, mul_down(fall, to_fast), 0.0)
    )
    return np.asarray(np.maximum(add_down(value, lost), 0.0))


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
    return np.where(np.isfinite(force), np.minimum(force, LARGEST), 0.0)


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
