"""Best prices of every server: Newton's method on the two-price dual, all servers at once.

The dual of a server is D(μ, ν) = Σ_i v_i(μ, ν) − μ − ν, concave, with gradient (Σβ − 1, Σφ − 1). Shares behave
like μ^−½ and ν^−½, so the steps are taken in log prices on ln Σβ = 0 and ln Σφ = 0, where that is linear. Demands are
weak gross substitutes (a dearer uplink never lowers what is asked of compute), so minus the Jacobian is an M-matrix.
Prices never fall below a floor of 10⁻¹³ of the cost: nothing is lost (the gap it leaves is at most the floor itself)
and no degenerate case is left, since λ stays positive for every user that computes remotely.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from instances.columns import Floats
from solvers.allocation.response import Cell, Response, respond, value_of

__all__ = ["FLOOR", "Prices", "find_prices"]

FLOOR = 1e-13
"""Least price, in parts of a lower bound on the server's cost."""
_CEILING = 1e13
_MOST_STEPS = 80
_MOST_HALVINGS = 30
_LONGEST = 6.0  # a log price moves by at most this much in one step
_CLOSE = 1e-12
_ROUNDING = 24 * np.finfo(float).eps


@dataclasses.dataclass(frozen=True, eq=False)
class Prices:
    """Prices [n_servers] (in units of the scale), the dual value there, and the shares [n_users] that answer them."""

    uplink: Floats
    compute: Floats
    value: Floats
    uplink_share: Floats
    compute_share: Floats


@dataclasses.dataclass(eq=False)
class _State:
    """All that is known at one point of log prices ``at`` [n_servers, 2]."""

    at: Floats
    value: Floats
    size: Floats
    sums: Floats  # [n_servers, 2] Σβ, Σφ
    jacobian: Floats  # [n_servers, 2] ∂lnΣβ/∂lnμ, ∂lnΣφ/∂lnν
    cross: Floats  # [n_servers, 2] ∂lnΣβ/∂lnν, ∂lnΣφ/∂lnμ
    response: Response
    beta: Floats
    phi: Floats


def find_prices(cell: Cell, first: Floats, guess: Floats) -> Prices:
    """Prices that maximise the dual of every server, from ``first`` [n_servers, 2] on; ``guess`` of s [n_users].

    Servers that are done drop out, so the cost is that of the users not yet settled.
    """
    n_servers, n = len(first), len(cell.seg)
    out = Prices(np.zeros(n_servers), np.zeros(n_servers), np.zeros(n_servers), np.zeros(n), np.zeros(n))
    servers, users = np.arange(n_servers), np.arange(n)
    state = _evaluate(cell, np.clip(np.log(first), np.log(FLOOR), np.log(_CEILING)), guess)
    for _ in range(_MOST_STEPS):
        done = _is_done(state)
        state, moved = _step(cell, state, done)
        settled = done | ~moved
        _store(out, state, servers, users)
        if settled.all():
            break
        if settled.sum() > 0.4 * len(servers):
            keep = ~settled
            rows = keep[cell.seg]
            cell, state = cell.keep_servers(keep), _keep(state, keep, rows)
            servers, users = servers[keep], users[rows]
    return out


def _store(out: Prices, state: _State, servers: NDArray[np.int64], users: NDArray[np.int64]) -> None:
    out.uplink[servers], out.compute[servers] = np.exp(state.at).T
    out.value[servers] = state.value - _ROUNDING * state.size
    out.uplink_share[users], out.compute_share[users] = state.beta, state.phi


def _keep(state: _State, keep: NDArray[np.bool_], rows: NDArray[np.bool_]) -> _State:
    response = Response(*(getattr(state.response, f.name)[rows] for f in dataclasses.fields(Response)))
    return _State(
        state.at[keep], state.value[keep], state.size[keep], state.sums[keep], state.jacobian[keep],
        state.cross[keep], response, state.beta[rows], state.phi[rows],
    )  # fmt: skip


def _evaluate(cell: Cell, at: Floats, guess: Floats | None) -> _State:
    mu, nu = np.exp(at[:, 0]), np.exp(at[:, 1])
    got = respond(cell, mu, nu, guess)
    beta = np.divide(cell.air, got.air, out=np.zeros(len(cell.air)), where=cell.air > 0)
    phi = np.divide(cell.run, got.run, out=np.zeros(len(cell.run)), where=cell.run > 0)
    value, size = value_of(cell, got, mu, nu)
    gain = _per_slope(cell, got)
    run_slope = got.run / got.s
    sums = np.stack([cell.total(beta), cell.total(phi)], axis=1)
    safe = np.where(sums > 0, sums, 1.0)
    own = np.stack(
        [cell.total(-0.5 * beta * (1 - got.air_slope * gain)), cell.total(-0.5 * phi * (1 - run_slope * gain))], axis=1
    )
    ratio = np.divide(got.air_slope, got.air, out=np.zeros(len(beta)), where=got.air > 0)
    cross = np.stack(
        [cell.total(0.5 * beta * ratio * got.run * gain), cell.total(0.5 * phi / got.s * got.air * gain)], axis=1
    )
    return _State(at, value, size, sums, own / safe, cross / safe, got, beta, phi)


def _per_slope(cell: Cell, got: Response) -> Floats:
    """[n_users] how s answers a lateness: 1/slope; 0 for users whose time costs the least it can, as they stay so."""
    tied = (got.s < cell.longest) & (got.slope > 0)
    return np.divide(1.0, got.slope, out=np.zeros(len(got.s)), where=tied)


def _excess(state: _State) -> Floats:
    """[n_servers, 2] Σβ − 1 and Σφ − 1, 0 where the price is at its floor and should be lower."""
    low = state.at <= np.log(FLOOR) + 1e-12
    return np.where(low & (state.sums <= 1), 0.0, state.sums - 1)


def _is_done(state: _State) -> NDArray[np.bool_]:
    """The shares fit to rounding and the gap that is left is far below what matters."""
    excess = _excess(state)
    gap = (np.exp(state.at) * np.abs(excess)).sum(axis=1)
    return np.asarray((excess.max(axis=1) <= _CLOSE) & (gap <= _CLOSE * np.maximum(state.value, 1.0)))


def _direction(state: _State) -> Floats:
    """Newton step on the log sums in log prices, for the prices that are free to move."""
    # A resource that nobody uses falls straight towards the floor.
    target = np.where(state.sums > 0, np.log(np.where(state.sums > 0, state.sums, 1.0)), -_LONGEST)
    low = state.at <= np.log(FLOOR) + 1e-12
    fixed = low & (state.sums <= 1)
    idle = state.sums <= 0
    own = np.where(fixed | idle, 1.0, -state.jacobian) + 1e-14
    cross = np.where(fixed, 0.0, state.cross)
    target = np.where(fixed, 0.0, target)
    blocked = fixed[:, ::-1]
    cross = np.where(blocked, 0.0, cross)
    determinant = own[:, 0] * own[:, 1] - cross[:, 0] * cross[:, 1]
    determinant = np.maximum(determinant, 1e-13 * own[:, 0] * own[:, 1])
    step = np.stack(
        [own[:, 1] * target[:, 0] + cross[:, 0] * target[:, 1], own[:, 0] * target[:, 1] + cross[:, 1] * target[:, 0]],
        axis=1,
    ) / determinant[:, None]  # fmt: skip
    return _shorten(step, own, cross, target)


def _shorten(step: Floats, own: Floats, cross: Floats, target: Floats) -> Floats:
    """Steps within the trust region: the longer one is cut, and the other solved anew given what is left of it.

    A price that should vanish asks for an endless step; the other must not be dragged along by the part cut off.
    """
    cut = np.clip(step, -_LONGEST, _LONGEST)
    other = np.clip((target + cross * cut[:, ::-1]) / own, -_LONGEST, _LONGEST)
    first_longer = np.abs(step[:, 0]) > np.abs(step[:, 1])
    longer = np.stack([first_longer, ~first_longer], axis=1)
    too_long = np.abs(step).max(axis=1, keepdims=True) > _LONGEST
    return np.where(too_long & ~longer, other, cut)


def _step(cell: Cell, state: _State, done: NDArray[np.bool_]) -> tuple[_State, NDArray[np.bool_]]:
    """One Newton step with a line search on the dual value; which servers moved (those done do not)."""
    step = _direction(state)
    rise = np.exp(state.at) * (state.sums - 1)
    # Against the grain of the dual only far from the solution; moving each price on its own always climbs.
    alone = np.clip(2 * np.log(np.maximum(state.sums, 1e-300)), -_LONGEST, _LONGEST)
    step = np.where(((rise * step).sum(axis=1) > 0)[:, None], step, alone)
    step[done] = 0.0
    worst, noise = np.abs(_excess(state)).max(axis=1), _ROUNDING * state.size
    length, waiting, best = np.ones(len(step)), ~done, state
    for halving in range(_MOST_HALVINGS):
        at = np.clip(state.at + length[:, None] * step, np.log(FLOOR), np.log(_CEILING))
        at = np.where(waiting[:, None], at, best.at)
        trial = _evaluate(cell, at, _predict(cell, best, at))
        gain = trial.value - state.value
        wanted = 1e-4 * (rise * (at - state.at)).sum(axis=1)
        good = (gain >= np.maximum(wanted, noise)) | ((gain >= -noise) & (np.abs(_excess(trial)).max(axis=1) < worst))
        best = trial
        waiting = waiting & ~good
        # Where even the promised gain is lost in rounding, more halving shows nothing.
        tried = waiting & ((1e4 * wanted > noise) | (halving < 3))
        if not tried.any():
            break
        length = np.where(waiting, 0.5 * length, length)
    if waiting.any():
        # No point on the way is better: the best that floating point gives. Stay where we were.
        best = _evaluate(cell, np.where(waiting[:, None], state.at, best.at), best.response.s)
    return best, ~done & ~waiting


def _predict(cell: Cell, state: _State, at: Floats) -> Floats:
    """[n_users] s after the move to ``at``, to first order in the logs."""
    moved = (at - state.at)[cell.seg]
    got = state.response
    with np.errstate(over="ignore"):
        change = -0.5 * (got.air * moved[:, 0] + got.run * moved[:, 1]) * _per_slope(cell, got) / got.s
        return np.asarray(got.s * np.exp(np.clip(change, -30.0, 30.0)))
