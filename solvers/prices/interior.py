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
import scipy.sparse

from instances.columns import Floats, Ints
from solvers.prices.curvature import look_closely
from solvers.prices.dual import Dual
from solvers.prices.memory import memory_counts

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
_RIDGE = 1e-13
_CLOSEST, _WIDEST = 1e-4, 3.0
_RATIO, _SAFER = 1.5, 5.0
_COLD, _WARM = 4, 2
_LEVELS = 6


@dataclasses.dataclass(frozen=True, eq=False)
class Solved:
    """Where the method ended.

    ``prices`` [3, n_servers]; ``value_j``: the dual function there, over the rows given; ``gap_j``: how far that may be
    from its maximum over them (to first order in what is not balanced); ``rows`` of the table with their ``weight`` in
    the LP relaxation [n]; ``steps`` taken; ``settled``: whether it ended because the gap is small.
    """

    prices: Floats
    value_j: float
    gap_j: float
    rows: Ints
    weight: Floats
    steps: int
    settled: bool


@dataclasses.dataclass(frozen=True, eq=False)
class _View:
    """What the rows are worth at some prices: ``values`` [n], ``slopes`` [n_sloped, 3], ``bends`` [n_work, 3]."""

    values: Floats
    slopes: Floats
    bends: Floats
    value_j: float


@dataclasses.dataclass(eq=False)
class _State:
    """Prices p, levels u, slacks s, multipliers x of the rows and t of p ≥ 0, and the view from there."""

    p: Floats
    u: Floats
    s: Floats
    x: Floats
    t: Floats
    view: _View
    length: float = 1.0


class Interior:
    """The convex program over some rows.

    Args:
        dual: the dual function.
        kept: [n] places in ``dual.work``, in order; every user has a row there or can run locally.
    """

    def __init__(self, dual: Dual, kept: Ints) -> None:
        table, n = dual.table, dual.table.n_servers
        self.dual, self.kept, self.work = dual, kept, dual.work.take(kept)
        self.force = np.where(np.isfinite(dual.force[kept]), dual.force[kept], 1.0)
        self.room_mb = self.work.memory_mb / dual.memory[self.work.server]
        local, servers = np.flatnonzero(np.isfinite(dual.local_j)), np.arange(n)
        self.n_groups = table.n_users + n
        # Rows: options, then local ones, then servers that are off, then servers that are on.
        self.group = np.concatenate([self.work.user, local, table.n_users + servers, table.n_users + servers])
        self.local_j, self.local_row = dual.local_j[local], dual.local_row[local]
        self.sloped = np.concatenate([np.arange(len(kept)), len(kept) + len(local) + n + servers])
        self.server = np.concatenate([self.work.server, servers])
        pairs, self.pair = np.unique(self.group[self.sloped] * n + self.server, return_inverse=True)
        self._group_of_pair, server = np.divmod(pairs, max(n, 1))
        start = 3 * np.searchsorted(self._group_of_pair, np.arange(self.n_groups + 1))
        self._place = (server[:, None] + n * np.arange(3)).ravel(), start
        # Prices that may move: memory is free where its row is implied.
        self.free = np.flatnonzero(np.concatenate([np.ones(2 * n, dtype=bool), memory_counts(dual, self.work)]))

    def solve(self, prices: Floats, *, tolerance: float, enough: float = math.inf, steps: int = 100
              ) -> Solved:  # fmt: skip
        """Best prices over the rows.

        Args:
            prices: [3, n_servers] to start from.
            tolerance: relative gap at which to stop.
            enough: value above which to stop, J.
            steps: at most.
        """
        state = best = self._start(prices, _RATIO)
        taken = 0
        for careful in (False, True):
            while taken < (steps if careful else min(_BOLD, steps)):
                if self._is_done(state, tolerance) or state.view.value_j > enough:
                    return self._solved(state, taken, self._is_done(state, tolerance))
                ahead = self._step(state, careful)
                if ahead is None:
                    break
                state, taken = ahead, taken + 1
                if state.view.value_j > best.view.value_j:
                    best = state
            if not careful and taken < steps:
                state = self._start(self._spread_out(best.p), _SAFER)
        return self._solved(best, taken, False)

    def _solved(self, state: _State, taken: int, settled: bool) -> Solved:
        rows = np.concatenate([self.work.row, self.local_row])
        gap, _ = self._gap(state)
        return Solved(self._spread_out(state.p), state.view.value_j, gap, rows, state.x[: len(rows)], taken, settled)

    def _is_done(self, state: _State, tolerance: float) -> bool:
        gap, miss = self._gap(state)
        return gap <= tolerance * abs(state.view.value_j) and miss <= tolerance

    def _gap(self, state: _State) -> tuple[float, float]:
        """J between the value and that of the weights, and how far the weights are from balance (relative)."""
        view = state.view
        gap = _dot(state.x, view.values) + _dot(state.t, state.p) - view.value_j
        unbalanced = np.abs((self._pull(state.x, view) + state.t) * state.p).sum() / max(abs(view.value_j), 1e-300)
        return gap, float(max(unbalanced, np.abs(self._sum(state.x) - 1).max(initial=0.0)))

    def _start(self, prices: Floats, ratio: float) -> _State:
        """x s = τ, Σ x = 1, t p = τ at some prices, with the least τ whose gap is ``ratio`` times the imbalance.

        With a smaller τ rows are taken to be decided that are not: the steps that follow are short, and go astray.
        """
        # From next to nothing a price takes many steps to grow.
        p = np.maximum(prices, _FLOOR * prices.sum(axis=0)).ravel()[self.free]
        p = np.maximum(p, _LEAST)
        view = self._view(p, _COLD)
        size = float(np.abs(self._least(view.values)).sum()) + 1e-300
        part = _CLOSEST
        while True:
            state = self._centred(p, view, part * size / (len(self.group) + len(p)))
            wanted = ratio * self._gap(state)[1]
            if part >= min(wanted, _WIDEST):
                return state
            part = max(3 * part, wanted)

    def _centred(self, p: Floats, view: _View, tau: float) -> _State:
        least = self._least(view.values)
        u = least - tau * self._sum(np.ones(len(self.group)))
        # Newton's method for Σ τ/(v − u) = 1, in the form whose steps stay on the safe side.
        for _ in range(_LEVELS):
            part = tau / (view.values - u[self.group])
            total = self._sum(part)
            u = np.minimum(u + (1 - total) * total / self._sum(part**2 / tau), least - tau)
        s = view.values - u[self.group]
        return _State(p, u, s, tau / s, tau / p, view)

    def _view(self, p: Floats, steps: int) -> _View:
        prices, table, room = self._spread_out(p), self.dual.table, self.dual.room
        mu, nu, pi = prices[:, self.work.server]
        self.force, value, slopes, bends = look_closely(self.work, self.force, mu, nu, steps)
        on = room * (table.static_j - prices.sum(axis=0))
        values = np.concatenate([value + pi * self.room_mb, self.local_j, np.zeros(table.n_servers), on])
        slopes = np.column_stack([slopes, self.room_mb])
        slopes = np.concatenate([slopes, np.full((table.n_servers, 3), -room)])
        return _View(values, slopes, bends, float(self._least(values).sum()))

    def _step(self, now: _State, careful: bool) -> _State | None:
        """The next state; None when no progress is possible in floating point.

        A bold step trusts the slopes. A careful one keeps s = v − u and goes only as far as the barrier function
        Σ u + τ (Σ ln s + Σ ln p) rises: that function is concave, so a short step always does.
        """
        w = now.x / now.s
        total = self._sum(w)
        try:
            factor = scipy.linalg.cho_factor(self._matrix(now, w, total), check_finite=False)
        except (scipy.linalg.LinAlgError, ValueError):
            return None
        miss = now.view.values - now.u[self.group] - now.s

        def direct(want_x: Floats, want_t: Floats) -> _Move:
            """Newton's move for x s + x ds + s dx = want_x, likewise for t p, and the linear conditions."""
            fixed = (want_x - now.x * miss) / now.s
            level = (self._sum(fixed) - 1) / total
            right = self._pull(fixed - w * level[self.group], now.view) + want_t / now.p
            dp = scipy.linalg.cho_solve(factor, right, check_finite=False)
            gain = self._along(dp, now.view)
            du = self._sum(w * gain) / total - level
            ds = gain - du[self.group] + miss
            return _Move(now, dp, du, ds, (want_x - now.x * ds) / now.s - now.x, (want_t - now.t * dp) / now.p - now.t)

        count = len(now.x) + len(now.p)
        tau = (_dot(now.x, now.s) + _dot(now.t, now.p)) / count
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
            ahead.s = ahead.view.values - ahead.u[self.group]
            if (ahead.s > _THIN * now.s).all() and _barrier(ahead, centre) >= before:
                return ahead
        return None

    def _arrive(self, move: _Move, length: float) -> _State | None:
        now, two = move.start, move.two
        p = now.p + length * move.dp
        view = self._view(p, _WARM)
        if not np.isfinite(view.value_j) or max(length, two) < 1e-8:
            return None
        u, s = now.u + length * move.du, now.s + length * move.ds
        return _State(p, u, s, now.x + two * move.dx, now.t + two * move.dt, view, length)

    def _matrix(self, now: _State, w: Floats, total: Floats) -> Floats:
        """[free, free] of the equations left for the prices: Σ w (g − ḡ)(g − ḡ)ᵀ − Σ x ∇²v + diag(t/p) ≻ 0."""
        n, slopes, bends = self.dual.table.n_servers, now.view.slopes, now.view.bends
        weight, kept = w[self.sloped], len(self.kept)
        matrix, at = np.zeros((3, n, 3, n)), np.arange(n)
        for a in range(3):
            for b in range(a, 3):
                block = np.bincount(self.server, weight * slopes[:, a] * slopes[:, b], n)
                if b < 2:
                    block -= np.bincount(self.work.server, now.x[:kept] * bends[:, a + b], n)
                matrix[a, at, b, at] = matrix[b, at, a, at] = block
        part = [np.bincount(self.pair, weight * slopes[:, k], len(self._group_of_pair)) for k in range(3)]
        part = np.stack(part, axis=1) / np.sqrt(total[self._group_of_pair])[:, None]
        mean = scipy.sparse.csr_array((part.ravel(), *self._place), shape=(self.n_groups, 3 * n))
        left = matrix.reshape(3 * n, 3 * n) - (mean.T @ mean).toarray()
        left = left[np.ix_(self.free, self.free)]
        diagonal = np.einsum("ii->i", left)
        diagonal += now.t / now.p + _RIDGE * np.abs(diagonal)
        return np.asarray(left)

    def _spread_out(self, p: Floats) -> Floats:
        """[3, n_servers] with 0 where prices may not move."""
        full = np.zeros(3 * self.dual.table.n_servers)
        full[self.free] = p
        return full.reshape(3, -1)

    def _sum(self, amount: Floats) -> Floats:
        """[n_groups] sums over rows."""
        return np.bincount(self.group, amount, self.n_groups)

    def _least(self, values: Floats) -> Floats:
        """[n_groups] least value."""
        least = np.full(self.n_groups, np.inf)
        np.minimum.at(least, self.group, values)
        return least

    def _pull(self, weight: Floats, view: _View) -> Floats:
        """[free] Σ weight · slope."""
        n, amount = self.dual.table.n_servers, weight[self.sloped]
        sums = [np.bincount(self.server, amount * view.slopes[:, k], n) for k in range(3)]
        return np.concatenate(sums)[self.free]

    def _along(self, dp: Floats, view: _View) -> Floats:
        """[rows] slope · dp."""
        gain = np.zeros(len(self.group))
        gain[self.sloped] = np.einsum("nk,kn->n", view.slopes, self._spread_out(dp)[:, self.server])
        return gain


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
