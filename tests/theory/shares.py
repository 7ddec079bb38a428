"""The best shares of options on one server, by a general solver, and the load of P2."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import minimize

from instances.options import OptionTable


def load_matrix(table: OptionTable, rows: np.ndarray) -> np.ndarray:
    """[2, 2] K of P2 for options on one server."""
    half = np.sqrt(np.array([table.uplink_s[rows], table.server_s[rows]]))
    return (half / table.slack_s[rows]) @ half.T


def eigen_shares(table: OptionTable, rows: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Load ρ and the shares of P2(b)."""
    values, vectors = np.linalg.eigh(load_matrix(table, rows))
    x, y = np.abs(vectors[:, -1])
    up, run = np.sqrt(table.uplink_s[rows]), np.sqrt(table.server_s[rows])
    both = (x * up + y * run) / table.slack_s[rows]
    return float(values[-1]), up * both / x, run * both / y


def best_shares(table: OptionTable, rows: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Best allocation of options on one server by a general solver (SLSQP), started at the shares of P2."""
    load, beta, phi = eigen_shares(table, rows)
    if load >= 1:
        return math.inf, beta, phi
    n, user = len(rows), table.user[rows]
    a, c, p, w = table.uplink_s[rows], table.server_s[rows], table.tx_w[rows], table.weight[user]
    work, e, budget = table.device_s[rows], table.device_j[rows], table.budget_s[rows]

    def energy(v: np.ndarray) -> float:
        return float(w @ (e * v[2 * n :] ** 2 + p * a / v[:n]))

    def energy_slope(v: np.ndarray) -> np.ndarray:
        return np.concatenate([-w * p * a / v[:n] ** 2, np.zeros(n), 2 * w * e * v[2 * n :]])

    def room(v: np.ndarray) -> np.ndarray:
        return budget - work / v[2 * n :] - a / v[:n] - c / v[n : 2 * n]

    def room_slope(v: np.ndarray) -> np.ndarray:
        return np.hstack([np.diag(a / v[:n] ** 2), np.diag(c / v[n : 2 * n] ** 2), np.diag(work / v[2 * n :] ** 2)])

    sums = np.kron(np.array([[1.0, 0, 0], [0, 1, 0]]), np.ones(n))
    found = minimize(
        energy,
        np.concatenate([beta / load, phi / load, table.clock_max[user]]),
        jac=energy_slope,
        method="SLSQP",
        bounds=[*[(1e-3, 1.0)] * (2 * n), *zip(table.clock_min[user], table.clock_max[user], strict=True)],
        constraints=[
            {"type": "ineq", "fun": room, "jac": room_slope},
            {"type": "ineq", "fun": lambda v: 1 - sums @ v, "jac": lambda v: -sums},
        ],
        options={"ftol": 1e-12, "maxiter": 300},
    )
    assert found.success or found.status == 8, found.message  # 8: no step improves at working precision
    assert room(found.x).min() > -1e-8 and (sums @ found.x).max() < 1 + 1e-8
    return found.fun + float(w @ table.fixed_j[rows]), found.x[:n], found.x[n : 2 * n]
