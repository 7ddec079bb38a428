"""The linear relaxation of a packing, and the upper bound that any prices of its rows give."""

from __future__ import annotations

import dataclasses

import numpy as np

from formulations.parts.rows import keep_in_range, make_rows, stack_rows
from formulations.program import Program
from instances.columns import Floats
from solvers.admission.packing import Packing
from solvers.answer import Limits
from solvers.highs import Status, solve_program

__all__ = ["Relaxation", "dual_value", "packing_program", "relax"]


@dataclasses.dataclass(frozen=True, eq=False)
class Relaxation:
    """``x`` [columns] that keeps every row, its ``value``, and ``bound`` ≥ the value of every packing."""

    x: Floats
    value: float
    bound: float


def dual_value(packing: Packing, price: Floats) -> float:
    """Σ prices + Σ_i max(0, max_k w_i − Σ_r a_kr p_r): at least the value of every packing, at any prices ≥ 0.

    Args:
        packing: of what.
        price: [n_servers, resources] of a whole row.
    """
    price = np.where(packing.row_demand > 0, np.maximum(price, 0.0), 0.0)
    left = packing.weight[packing.user] - (packing.demand * price[packing.server]).sum(axis=1)
    best = np.zeros(packing.n_users)
    np.maximum.at(best, packing.user, left)
    return float(price.sum() + best.sum())


def packing_program(packing: Packing, *, integer: bool = False) -> Program:
    """min −Σ w x: one column a user at most, no row more than full."""
    n, n_rows = len(packing), packing.n_servers * packing.demand.shape[1]
    once = make_rows(packing.user, np.arange(n), 1.0, -np.inf, 1.0, (packing.n_users, n))
    k, r = np.nonzero(packing.demand)
    row = packing.server[k] * packing.demand.shape[1] + r
    full = keep_in_range(make_rows(row, k, packing.demand[k, r], -np.inf, 1.0, (n_rows, n)))
    ones = np.ones(n)
    return Program(-packing.weight[packing.user], 0 * ones, ones, np.full(n, integer), stack_rows([once, full]))


def relax(packing: Packing, limits: Limits) -> Relaxation | None:
    """The optimum of the relaxation; None where HiGHS does not find it within the limits.

    Whatever HiGHS' tolerances, ``x`` keeps the rows (it is scaled down until it does) and ``bound`` is `dual_value`.
    """
    if not len(packing):
        return Relaxation(np.zeros(0), 0.0, 0.0)
    program = packing_program(packing)
    outcome = solve_program(program, limits)
    if outcome.status is not Status.OPTIMAL or outcome.values is None or outcome.row_duals is None:
        return None
    x = np.maximum(outcome.values, 0.0)
    x = np.where(packing.weight[packing.user] > 0, x, 0.0)
    x /= max(1.0, _fullest(packing, x))
    scale = program.rows.upper[packing.n_users :]
    price = (-outcome.row_duals[packing.n_users :] * scale).reshape(packing.n_servers, -1)
    return Relaxation(x, float(packing.weight[packing.user] @ x), dual_value(packing, price))


def _fullest(packing: Packing, x: Floats) -> float:
    """The largest of all rows' and users' sums."""
    rows = np.zeros((packing.n_servers, packing.demand.shape[1]))
    np.add.at(rows, packing.server, packing.demand * x[:, None])
    users = np.bincount(packing.user, x, packing.n_users)
    return float(max(rows.max(initial=0.0), users.max(initial=0.0)))
