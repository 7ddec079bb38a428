"""Relaxation of J-E: the linear programs of the exact models, and the perspective relaxation as a cone program."""

from __future__ import annotations

from typing import Any

import numpy as np

from formulations.joint_tangent import TangentModel, build_model, state_model
from formulations.joint_units import UnitsModel, build_program, state_in_pyomo
from formulations.parts.capacity import stock_taken
from formulations.parts.switch_on import least_on
from formulations.parts.unit_columns import list_columns
from formulations.registry import Relation, formulation
from instances.columns import Floats
from instances.options import LOCAL, OptionTable

__all__ = ["JointRelaxed", "state_in_cvxpy"]


@formulation
class JointRelaxed:
    """Users may mix options. Units: LP of the columns. Continuous: LP of the tangents, refined to the perspective."""

    name = "joint_relaxed"
    title = "linear or perspective relaxation"
    problem = "J-E, J-A, J-L, J-C, J-Q"
    allocation = "any"
    relation: Relation = "relaxation"
    reference = "perspective cuts: Frangioni, Gentile, Math. Program. 106, 2006, doi:10.1007/s10107-005-0594-3"
    array = True

    def build(self, table: OptionTable) -> UnitsModel | TangentModel:
        """The exact model of the table's allocation rule without integrality."""
        if table.allocation == "units":
            columns = list_columns(table)
            return UnitsModel(table, columns, build_program(table, columns, integer=False))
        return build_model(table, integer=False)

    def to_pyomo(self, table: OptionTable) -> Any:
        """The readable statement of the array form."""
        if table.allocation == "units":
            return state_in_pyomo(table, list_columns(table), integer=False)
        return state_model(table, integer=False)

    def to_cvxpy(self, table: OptionTable) -> Any:
        """The perspective relaxation for continuous shares; see `state_in_cvxpy`."""
        return state_in_cvxpy(table)


def state_in_cvxpy(table: OptionTable) -> Any:
    """Perspective relaxation as a cvxpy Problem over all options (continuous shares), in cost units of 1 J.

    With x the part of a user that an option gets, β and φ the shares, and times as parts of D − t:
    air β ≥ A x², run φ ≥ c x² (rotated cones); device ≥ (l/z_max) x; air + run + device ≤ x;
    κ^⅓ device^⅔ ≥ l x, κ ≥ z_min² x (power cone), so that w e κ is the clock's energy w e z² x.
    Σ x = 1 a user; Σ β ≤ y, Σ φ ≤ y, Σ part x ≤ y (memory, energy) and Σ_{o of i} x ≤ y a server; 0 ≤ β, φ ≤ x.
    """
    import cvxpy as cp
    from scipy.sparse import csr_matrix

    n, everything = len(table), np.arange(len(table))
    budget, weight, remote = table.budget_s, table.weight[table.user], (table.server != LOCAL).astype(float)
    local_or = table.server == LOCAL
    air_need, run_need, device_need = (
        v / budget for v in (table.uplink_s * remote, table.server_s * remote, table.device_s)
    )
    # Cones without content would only trouble the solver.
    busy = np.flatnonzero((device_need > 0) & (table.device_j > 0))
    slow, fast = table.clock_min[table.user], table.clock_max[table.user]
    x, beta, phi, air, run, device, kappa = (cp.Variable(n, nonneg=True) for _ in range(7))
    on = cp.Variable(max(table.n_servers, 1), nonneg=True)
    at = csr_matrix(
        (np.ones(int(remote.sum())), (table.server[~local_or], everything[~local_or])),
        shape=(max(table.n_servers, 1), n),
    )
    of_user = csr_matrix((np.ones(n), (table.user, everything)), shape=(table.n_users, n))
    pairs, row = np.unique(table.user[~local_or] * max(table.n_servers, 1) + table.server[~local_or],
                           return_inverse=True)  # fmt: skip
    of_pair = csr_matrix((np.ones(len(row)), (row.reshape(-1), everything[~local_or])), shape=(len(pairs), n))
    parts = stock_taken(table, everything)
    constraints = [
        of_user @ x == 1,
        beta <= cp.multiply(remote, x),
        phi <= cp.multiply(remote, x),
        device >= cp.multiply(device_need / fast, x),
        air + run + device <= x,
        kappa >= cp.multiply(slow**2, x),
        on <= 1,
    ]
    if len(busy):
        wanted = cp.multiply(device_need[busy] ** (2 / 3), x[busy])
        constraints.append(cp.PowCone3D(kappa[busy], device[busy], wanted, 1 / 3))
    if table.n_servers:
        constraints += [
            *_rotated(air, beta, air_need, x),
            *_rotated(run, phi, run_need, x),
            at @ beta <= on,
            at @ phi <= on,
            *(at.multiply(part[None, :]).tocsr() @ x <= on for part in parts.T),
            of_pair @ x <= on[pairs % table.n_servers],
            on >= least_on(table),
        ]
    static = table.static_j if table.n_servers else np.zeros(1)
    second = table.floor_w[table.user] * budget
    energy = (
        (weight * table.device_j) @ kappa
        + (weight * table.tx_w * budget * remote) @ air
        + second @ (device + air + run)
        + table.own_j @ x
        + static @ on
    )
    return cp.Problem(cp.Minimize(energy), constraints)


def _rotated(time: Any, share: Any, need: Floats, x: Any) -> list[Any]:
    """time · share ≥ need x² where there is a need."""
    import cvxpy as cp

    k = np.flatnonzero(need > 0)
    if not len(k):
        return []
    sides = cp.vstack([2 * cp.multiply(np.sqrt(need[k]), x[k]), time[k] - share[k]])
    return [cp.SOC(time[k] + share[k], sides, axis=0)]
