"""What options cost at given shares, with the best clock: lower bounds, as of everything in the certifier."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from instances.columns import Floats, Ints
from instances.outward import add_down, add_up, below, div_down, div_up, mul_down, mul_up, sub_down, sub_up, up

if TYPE_CHECKING:
    from instances.certify_options import Options

__all__ = ["Drain", "clock_term", "cost_down", "with_least"]

FORGIVEN_TIME = 3e-9
"""Part of a deadline that shares, clock and latency may together gain from what the checker lets pass."""


@dataclasses.dataclass(frozen=True, eq=False)
class Drain:
    """[n] at most what devices spend at the nominal clock (``computing`` J) and while sending (``send_w`` W); at least
    what their budgets leave for both (``room`` J)."""

    computing: Floats
    send_w: Floats
    room: Floats

    def take(self, rows: Ints) -> Drain:
        """Those of some options."""
        return Drain(self.computing[rows], self.send_w[rows], self.room[rows])

    def with_free(self, count: int) -> Drain:
        """The same, and ``count`` more that spend nothing."""
        none = np.zeros(count)
        columns = ((self.computing, none), (self.send_w, none), (self.room, np.full(count, np.inf)))
        return Drain(*(np.concatenate(pair) for pair in columns))


def with_least(o: Options) -> Options:
    """With the cost at full shares; what can hardly meet its deadline even there gets the time that is forgiven."""
    return dataclasses.replace(o, budget=_forgiven(o, o.air, o.run), least=cost_down(o, o.air, o.run))


def _forgiven(o: Options, air: Floats, run: Floats) -> Floats:
    """The budget, with the time that the checker forgives where it is hardly met."""
    spare = o.budget - air - run - o.device / o.fast
    forgiven = up(o.deadline * FORGIVEN_TIME)
    return np.where(spare < forgiven, add_up(o.budget, forgiven), o.budget)


def cost_down(o: Options, air: Floats, run: Floats) -> Floats:
    """[…, n] at most the cost of options that send for ``air`` and run at the server for ``run``, s; inf: not allowed.

    Args:
        o: [n] options.
        air, run: […, n] lower bounds.
    """
    with np.errstate(all="ignore"):
        left = sub_up(sub_up(_forgiven(o, air, run), air), run)
        needed = np.where(o.device > 0, np.where(left > 0, below(o.device / left), np.inf), 0.0)
        late = ~(left >= 0) | (needed > o.fast)
        low = np.minimum(np.maximum(o.slow, needed), o.fast)
        lateness = below(mul_down(o.floor, o.device))
        wanted = np.cbrt(lateness / (2 * o.clock_w))  # inf where energy costs nothing and time does: the fastest
        clock = np.clip(np.where(np.isnan(wanted), low, wanted), low, o.fast)
        pay = below(add_down(o.send_w, o.floor))
        cost = add_down(clock_term(o.clock_w, lateness, low, o.fast, clock), below(mul_down(pay, air)),
                        below(mul_down(o.floor, run)), o.fixed)  # fmt: skip
        if o.drain is not None:
            square = below(mul_down(low, low))
            late |= below(add_down(mul_down(o.drain.computing, square), mul_down(o.drain.send_w, air))) > o.drain.room
    return np.where(late, np.inf, below(cost))


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
