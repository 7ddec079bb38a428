"""Options at prices, seen closely: values with the best λ, first and second slopes in the prices."""

from __future__ import annotations

import numpy as np

from instances.columns import Floats
from solvers.prices.work import Work

__all__ = ["look_closely"]

_LATE = 1e-10
"""Part of an option's value that a wrong λ may cost before more steps are spent on it."""
_MORE = 20


def look_closely(work: Work, force: Floats, mu: Floats, nu: Floats, steps: int
                 ) -> tuple[Floats, Floats, Floats, Floats]:  # fmt: skip
    """λ [n], values without memory [n], slopes (μ, ν) [n, 2] and second slopes (μμ, μν, νν) [n, 3].

    Args:
        work: the options.
        force: [n] λ to start from.
        mu, nu: [n] prices of the options' servers.
        steps: of Newton's method for all; those whose λ is still far off get more.
    """
    with np.errstate(all="ignore"):
        force = work.improve(force, mu, nu, steps)
        value, beta, phi = work.value(force, mu, nu)
        device = np.clip(work.device / np.cbrt(force * work.bend), work.quickest, work.slowest)
        late = device + work.air / beta + work.run / phi - work.budget
        held = force <= work.floor  # there λ would rather be lower: being early costs nothing
        late = np.where(held, np.maximum(late, 0.0), late)
        off = np.flatnonzero(np.abs(late) * force > _LATE * np.abs(value))
        if len(off):
            part = work.take(off)
            force[off] = part.improve(force[off], mu[off], nu[off], _MORE)
            value[off], beta[off], phi[off] = part.value(force[off], mu[off], nu[off])
        bends = _bends(work, force, mu, nu, beta, phi)
    return force, value, np.stack([beta, phi], axis=1), bends


def _bends(work: Work, force: Floats, mu: Floats, nu: Floats, beta: Floats, phi: Floats) -> Floats:
    """By the implicit function theorem on ψ(λ) = 0 (docs/theory.md, P5): ∇²v = ∂²b + (∂ψ)(∂ψ)ᵀ/|ψ'|, never positive.

    Where λ is held at its floor it does not answer to prices, and only ∂²b is left.
    """
    pay = work.send_w + force
    device = work.device / np.cbrt(force * work.bend)
    inside = (device > work.quickest) & (device < work.slowest)
    by_mu = np.where(beta < 1, beta / (2 * pay), 0.0)
    by_nu = np.where(phi < 1, phi / (2 * force), 0.0)
    fall = np.where(inside, device / (3 * force), 0.0)
    fall += by_mu * work.air / beta**2 + by_nu * work.run / phi**2
    fall = np.where(force > work.floor, np.maximum(fall, 1e-300), np.inf)
    mumu = np.where(beta < 1, -beta / (2 * mu), 0.0) + by_mu**2 / fall
    nunu = np.where(phi < 1, -phi / (2 * nu), 0.0) + by_nu**2 / fall
    return np.stack([np.minimum(mumu, 0.0), by_mu * by_nu / fall, np.minimum(nunu, 0.0)], axis=1)
