"""Chance-constrained J-E with the options given: a second-order cone programme in cvxpy (docs/theory.md, P31)."""

from __future__ import annotations

from typing import Any

import numpy as np

from instances.columns import Floats, Ints
from instances.systems.robust_options import RobustOptions

__all__ = ["allocate_robust"]

MARGIN = 1e-7
"""Part of every deadline and capacity kept back for the solver's tolerance."""


def allocate_robust(options: RobustOptions, chosen: Ints) -> tuple[Floats, Floats, Floats] | None:
    """[users] uplink shares, compute shares and clocks of least energy; None where none keep the deadlines.

    minimise    Σ w (e z² + p a'/β)
    subject to  l u + x + c v + k ‖(σ_d u, σ_s v)‖ ≤ D − t,   u ≥ 1/z,  x ≥ a'/β,  v ≥ 1/φ,   Σβ ≤ 1, Σφ ≤ 1 a server
    """
    import cvxpy as cp

    table, rows = options.table, np.asarray(chosen, dtype=np.int64)
    n, server = table.n_users, table.server[rows]
    budget = table.budget_s[rows] * (1 - MARGIN)
    if (budget <= 0).any():
        return None
    own, air, run = table.device_s[rows], table.uplink_s[rows], table.server_s[rows]
    device_sd, server_sd = options.device_sd_s[rows], options.server_sd_s[rows]
    crowd = np.array([max((server == s).sum(), 1) for s in server])
    clock, slow = cp.Variable(n), cp.Variable(n)
    beta, phi = cp.Variable(n), cp.Variable(n)  # in equal parts: 1 is a crowd-th of the server
    sent_s, part = cp.Variable(n, nonneg=True), cp.Variable(n, nonneg=True)
    weight = table.weight
    cost = cp.multiply(weight * table.device_j[rows], cp.power(clock, 2))
    power = weight * table.tx_w[rows] * budget
    scale = float((weight * table.device_j[rows]).sum() + power.sum()) or 1.0
    limits: list[Any] = [clock >= table.clock_min, clock <= table.clock_max, slow >= cp.inv_pos(clock)]
    for i in range(n):
        if server[i] >= 0 and air[i] > 0:
            limits.append(sent_s[i] >= air[i] * crowd[i] / budget[i] * cp.inv_pos(beta[i]))
        else:
            limits += [beta[i] == 0, sent_s[i] == 0]
        if server[i] >= 0 and run[i] > 0:
            limits.append(part[i] >= crowd[i] * cp.inv_pos(phi[i]))
        else:
            limits += [phi[i] == 0, part[i] == 0]
        spread = options.factor / budget[i] * cp.norm(
            cp.hstack([device_sd[i] * slow[i], server_sd[i] * part[i]])
        )  # fmt: skip
        limits.append(own[i] / budget[i] * slow[i] + sent_s[i] + run[i] / budget[i] * part[i] + spread <= 1)
    for s in np.unique(server[server >= 0]):
        at = np.flatnonzero(server == s)
        limits += [cp.sum(share[at]) <= len(at) * (1 - MARGIN) for share in (beta, phi)]
    problem = cp.Problem(cp.Minimize((cp.sum(cost) + power @ sent_s) / scale), limits)
    try:
        problem.solve(solver="CLARABEL")
    except cp.error.SolverError:
        return None
    if problem.status not in (cp.OPTIMAL, cp.OPTIMAL_INACCURATE):
        return None
    shares = [np.where(server >= 0, np.clip(share.value / crowd, 0.0, 1.0), 0.0) for share in (beta, phi)]
    return shares[0], shares[1], np.clip(clock.value, table.clock_min, table.clock_max)
