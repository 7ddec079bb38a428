"""The best prices of a crowd to the last digit: an interior-point method on the dual function.

The dual function is a sum over groups of the least of some concave functions of the prices p ≥ 0. A group is a user
with its options, or a server that is off (worth 0) or on (worth f − μ − ν − π). So its maximum is the convex program

    max Σ_g u_g   s.t.  u_g + s_o = v_o(p), s_o ≥ 0 for every row o of group g,   p ≥ 0,

and the multipliers x_o of its rows (Σ x = 1 a group) are the weights of the columns in the LP relaxation. Newton's
method on the perturbed optimality conditions, with a predictor and a corrector (Mehrotra, SIAM J. Optim. 1992), needs
some ten to twenty steps. Eliminating x, s and u leaves one linear equation a price.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import scipy.linalg

from instances.columns import Floats, Ints
from solvers.answer import Clock, Limits
from solvers.prices.dual import Dual
from solvers.prices.groups import Rows, View

__all__ = ["Interior", "Solved"]

_BOLD = 25
"""Steps before the careful kind takes over: bold ones nearly always need fewer, but can go round in circles."""
_TRIALS = 25
_DOWN, _UP = 0.9, 3.0
"""Longest relative move of a price in one step."""
_BOUNDARY = 0.995
_CENTRE = 1e-4
_SHORT = 0.3
_THIN = 1e-3
_LEAST, _FLOOR = 1e-12, 1e-4
_CLOSEST, _WIDEST = 1e-4, 3.0
_RATIO, _SAFER = 1.5, 5.0
_COLD, _WARM = 4, 2
_LEVELS, _STARTS = 6, 12
_NOTHING = 1e-18
"""Part of all that is summed below which what is left of the gap is far within its rounding."""


@dataclasses.dataclass(frozen=True, eq=False)
class Solved:
    """Where the method ended.

    ``prices`` [kinds, n_servers]; ``value_j``: the dual function there, over the rows given; ``gap_j``: how far that
    may be from its maximum over them (to first order in what is not balanced); ``rows`` of the table with their
    ``weight`` in the LP relaxation [n]; ``steps`` taken; ``settled``: whether it ended because the gap is small.
    """

    prices: Floats
    value_j: float
    gap_j: float
    rows: Ints
    weight: Floats
    steps: int
    settled: bool


@dataclasses.dataclass(eq=False)
class _State:
    """Prices p, levels u, slacks s, multipliers x of the rows and t of p ≥ 0, and the view from there."""

    p: Floats
    u: Floats
    s: Floats
    x: Floats
    t: Floats
    view: View
    length: float = 1.0


class Interior:
    """The method, on the convex program over some options.

    Args:
        dual: the dual function.
        kept: [n] places in ``dual.work``, in order; every user has a row there or can run locally.
    """

    def __init__(self, dual: Dual, kept: Ints) -> None:
        self.rows = Rows(dual, kept)
        self._size = 0.0  # J: of what is summed, so that its rounding is known

    def solve(self, prices: Floats, *, tolerance: float, enough: float = math.inf, steps: int = 100,
              clock: Clock | None = None) -> Solved:  # fmt: skip
        """Best prices over the rows.

        Args:
            prices: [kinds, n_servers] to start from.
            tolerance: relative gap at which to stop.
            enough: value above which to stop, J.
            steps: at most.
            clock: its limit ends it, at the best prices so far.
        """
        clock = clock or Clock(Limits())
        state = best = self._start(prices, _RATIO)
        taken = 0
        for careful in (False, True):
            while taken < (steps if careful else min(_BOLD, steps)):
                if self._is_done(state, tolerance) or state.view.value_j > enough:
                    return self._solved(state, taken, self._is_done(state, tolerance))
                if clock.left_s <= 0:
                    return self._solved(best, taken, False)
                ahead = self._step(state, careful)
                if ahead is None:
                    break
                state, taken = ahead, taken + 1
                if state.view.value_j > best.view.value_j:
                    best = state
            if not careful and taken < steps:
                state = self._start(self.rows.spread_out(best.p), _SAFER)
        return self._solved(best, taken, False)

    def _solved(self, state: _State, taken: int, settled: bool) -> Solved:
        options, (gap, _) = self.rows.options, self._gap(state)
        weight = state.x[: len(options)]
        return Solved(self.rows.spread_out(state.p), state.view.value_j, gap, options, weight, taken, settled)

    def _is_done(self, state: _State, tolerance: float) -> bool:
        gap, miss = self._gap(state)
        return gap <= tolerance * abs(state.view.value_j) and miss <= tolerance

    def _gap(self, state: _State) -> tuple[float, float]:
        """J between the value and that of the weights, and how far the weights are from balance (relative)."""
        view = state.view
        gap = _dot(state.x, view.values) + _dot(state.t, state.p) - view.value_j
        unbalanced = np.abs((self.rows.pull(state.x, view) + state.t) * state.p).sum()
        unbalanced /= max(abs(view.value_j), _NOTHING * self._size)
        return gap, float(max(unbalanced, np.abs(self.rows.sum(state.x) - 1).max(initial=0.0)))

    def _start(self, prices: Floats, ratio: float) -> _State:
        """x s = τ, Σ x = 1, t p = τ at some prices, with the least τ whose gap is ``ratio`` times the imbalance.

        With a smaller τ rows are taken to be decided that are not: the steps that follow are short, and go astray.
        """
        # From next to nothing a price takes many steps to grow.
        p = np.maximum(prices, _FLOOR * prices.sum(axis=0)).ravel()[self.rows.free]
        p = np.maximum(p, _LEAST)
        view = self.rows.view(p, _COLD)
        # Where nothing costs anything the prices are what there is to measure by.
        self._size = max(float(np.abs(self.rows.least(view.values)).sum()), float(p.sum()))
        part = _CLOSEST
        for _ in range(_STARTS):
            state = self._centred(p, view, part * self._size / (len(self.rows.group) + len(p)))
            wanted = ratio * self._gap(state)[1]
            if part >= min(wanted, _WIDEST):
                break
            part = max(3 * part, wanted)
        return state

    def _centred(self, p: Floats, view: View, tau: float) -> _State:
        """x s = τ, Σ x = 1, t p = τ at some prices."""
        least = self.rows.least(view.values)
        u = least - tau * self.rows.sum(np.ones(len(self.rows.group)))
        # Newton's method for Σ τ/(v − u) = 1, in the form whose steps stay on the safe side.
        for _ in range(_LEVELS):
            part = tau / (view.values - u[self.rows.group])
            total = self.rows.sum(part)
            u = np.minimum(u + (1 - total) * total / self.rows.sum(part**2 / tau), least - tau)
        s = view.values - u[self.rows.group]
        return _State(p, u, s, tau / s, tau / p, view)

    def _step(self, now: _State, careful: bool) -> _State | None:
        """The next state; None when no progress is possible in floating point.

        A bold step trusts the slopes. A careful one keeps s = v − u and goes only as far as the barrier function
        Σ u + τ (Σ ln s + Σ ln p) rises: that function is concave in p and u, so a short step of the plain kind does.
        """
        count = len(now.x) + len(now.p)
        left = _dot(now.x, now.s) + _dot(now.t, now.p)
        if left <= _NOTHING * self._size:  # as where the maximum is 0, and no gap is small beside it
            return None
        tau = left / count
        w = now.x / now.s
        total = self.rows.sum(w)
        try:
            factor = scipy.linalg.cho_factor(self.rows.matrix(now.view, now.x, w, now.t / now.p), check_finite=False)
        except (scipy.linalg.LinAlgError, ValueError):
            return None
        miss = now.view.values - now.u[self.rows.group] - now.s

        def direct(want_x: Floats, want_t: Floats) -> _Move:
            """Newton's move for x s + x ds + s dx = want_x, likewise for t p, and the linear conditions."""
            fixed = (want_x - now.x * miss) / now.s
            level = (self.rows.sum(fixed) - 1) / total
            right = self.rows.pull(fixed - w * level[self.rows.group], now.view) + want_t / now.p
            dp = scipy.linalg.cho_solve(factor, right, check_finite=False)
            gain = self.rows.along(dp, now.view)
            du = self.rows.sum(w * gain) / total - level
            ds = gain - du[self.rows.group] + miss
            return _Move(now, dp, du, ds, (want_x - now.x * ds) / now.s - now.x, (want_t - now.t * dp) / now.p - now.t)

        first = direct(np.zeros_like(now.x), np.zeros_like(now.t))
        centre = tau * min(max((first.product() / count / tau) ** 3, _CENTRE), 1.0)
        second = direct(centre - first.dx * first.ds, centre - first.dt * first.dp)
        if not careful:
            return self._arrive(second, second.one)
        if now.length < _SHORT:
            centre = max(centre, 0.5 * tau)
            second = direct(centre - first.dx * first.ds, centre - first.dt * first.dp)
        plain = direct(np.full_like(now.x, centre), np.full_like(now.t, centre))
        before = _barrier(now, centre) - 1e-13 * abs(now.view.value_j)
        for move, length in ((second, 1.0), *((plain, 0.7 * 0.4**k) for k in range(_TRIALS))):
            ahead = self._arrive(move, length * move.one)
            if ahead is None:
                return None
            ahead.s = ahead.view.values - ahead.u[self.rows.group]
            if (ahead.s > _THIN * now.s).all() and _barrier(ahead, centre) >= before:
                return ahead
        return None

    def _arrive(self, move: _Move, length: float) -> _State | None:
        """The state after a part of a move; None when that is no state or no move."""
        now, two = move.start, move.two
        p = now.p + length * move.dp
        view = self.rows.view(p, _WARM)
        if not np.isfinite(view.value_j) or max(length, two) < 1e-8:
            return None
        u, s = now.u + length * move.du, now.s + length * move.ds
        return _State(p, u, s, now.x + two * move.dx, now.t + two * move.dt, view, length)


@dataclasses.dataclass(eq=False)
class _Move:
    """A direction from a state, and how far one can go: ``one`` for p, u, s and ``two`` for x, t."""

    start: _State
    dp: Floats
    du: Floats
    ds: Floats
    dx: Floats
    dt: Floats

    def __post_init__(self) -> None:
        now = self.start
        relative = self.dp / now.p
        calm = min(_DOWN / max(float(-relative.min()), _DOWN), _UP / max(float(relative.max()), _UP))
        self.one = min(calm, _reach(now.s, self.ds))
        self.two = min(_reach(now.x, self.dx), _reach(now.t, self.dt))

    def product(self) -> float:
        """Σ x s + Σ t p after the move."""
        now = self.start
        rows = _dot(now.x + self.two * self.dx, now.s + self.one * self.ds)
        return rows + _dot(now.t + self.two * self.dt, now.p + self.one * self.dp)


def _dot(a: Floats, b: Floats) -> float:
    """Σ a b without the threads of a linear-algebra library, which cost more than they save here."""
    return float((a * b).sum())


def _reach(value: Floats, change: Floats) -> float:
    """Longest length up to 1 that keeps positive numbers positive."""
    down = change < 0
    return min(1.0, _BOUNDARY * float((value[down] / -change[down]).min(initial=np.inf)))


def _barrier(state: _State, tau: float) -> float:
    return float(state.u.sum() + tau * (np.log(state.s).sum() + np.log(state.p).sum()))
