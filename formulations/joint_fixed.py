"""J-E with the options given and continuous shares: convex, stated in cvxpy. The referee of `solvers.allocation`."""

from __future__ import annotations

import dataclasses
from typing import Any, NoReturn

import numpy as np

from formulations.program import Decision
from formulations.registry import Relation, formulation
from instances.columns import Floats, Ints
from instances.errors import InputError
from instances.options import LOCAL, OptionTable

__all__ = ["FixedSolution", "JointFixed", "solve_fixed_cvxpy", "state_in_cvxpy"]


@dataclasses.dataclass(frozen=True, eq=False)
class FixedSolution:
    """What the convex solver found.

    ``status``: its own word for how it ended. ``decision``: the shares, or None without one. ``clock``: [n_users].
    ``objective_j``: the solver's figure, constants included; inf without a solution. ``dual``: [2, n_servers] prices of
    uplink and compute (J).
    """

    status: str
    decision: Decision | None
    clock: Floats
    objective_j: float
    dual: Floats


def state_in_cvxpy(table: OptionTable, chosen: Ints) -> tuple[Any, dict[str, Any]]:
    """The problem and its variables, as a newcomer would write them down.

    minimise    Σ w_i (e_i z_i² + p_i a'_i / β_i + q_i + ω_i T_i) + static energy of the servers in use
    subject to  l_i / z_i + a'_i / β_i + c_i / φ_i ≤ D_i − t_i        every user
                Σ β_i ≤ 1,  Σ φ_i ≤ 1                                 every server
                z_min ≤ z_i ≤ z_max

    with T = l/z + a'/β + c/φ + t.

    The times x = a'/β and y = c/φ are variables of their own, tied by x ≥ a'·inv_pos(β) and y ≥ c·inv_pos(φ), only
    where there is work: a share without work would have no reason to be positive. As solvers want figures near 1,
    times count in parts of the budget, shares in equal parts (β times the number of users there), and the objective
    in parts of what an equal split costs at the nominal clock (``scale_j``).
    """
    import cvxpy as cp

    rows, weight = table.take(np.asarray(chosen, dtype=np.int64)), table.weight
    n = table.n_users
    remote = rows.server != LOCAL
    sends, computes = np.flatnonzero(remote & (rows.uplink_s > 0)), np.flatnonzero(remote & (rows.server_s > 0))
    budget = np.where(rows.budget_s > 0, rows.budget_s, 1.0)
    crowd = np.bincount(rows.server[remote], minlength=table.n_servers)[rows.server] if table.n_servers else np.ones(n)
    energy, power, second = weight * rows.device_j, weight * rows.tx_w, table.floor_w
    scale_j = float(energy.sum() + ((power + second) * rows.uplink_s * crowd)[sends].sum())
    scale_j = scale_j + float(second @ rows.device_s + (second * rows.server_s * crowd)[computes].sum()) or 1.0
    beta, phi = cp.Variable(max(len(sends), 1)), cp.Variable(max(len(computes), 1))
    clock = cp.Variable(n)
    used: Any = cp.multiply(rows.device_s / budget, cp.inv_pos(clock))
    variable_j: Any = cp.sum(cp.multiply(energy / scale_j, cp.power(clock, 2)))
    # Only where seconds count: a term of 0 · 1/z would still be a cone.
    waits = np.flatnonzero(second * rows.device_s > 0)
    if len(waits):
        variable_j = variable_j + (second * rows.device_s)[waits] / scale_j @ cp.inv_pos(clock[waits])
    constraints: list[Any] = [clock >= table.clock_min, clock <= table.clock_max]
    if len(sends):
        air = cp.Variable(len(sends))
        constraints.append(air >= cp.multiply((rows.uplink_s * crowd / budget)[sends], cp.inv_pos(beta)))
        used = used + _spread(sends, n) @ air
        variable_j = variable_j + ((power + second) * budget)[sends] / scale_j @ air
    if len(computes):
        run = cp.Variable(len(computes))
        constraints.append(run >= cp.multiply((rows.server_s * crowd / budget)[computes], cp.inv_pos(phi)))
        used = used + _spread(computes, n) @ run
        variable_j = variable_j + (second * budget)[computes] / scale_j @ run
    constraints.append(used <= rows.budget_s / budget)
    capacity = {}
    for name, share, users in (("uplink", beta, sends), ("compute", phi, computes)):
        if len(users):
            at = rows.server[users]
            capacity[name] = _spread(at, table.n_servers) @ cp.multiply(1 / crowd[users], share) <= 1
            constraints.append(capacity[name])
        else:
            constraints.append(share == 0)
    problem = cp.Problem(cp.Minimize(variable_j), constraints)
    parts = {"uplink_share": (beta, sends), "compute_share": (phi, computes), "clock": clock, "capacity": capacity,
             "crowd": crowd, "scale_j": scale_j, "fixed_j": _constant_j(table, rows)}  # fmt: skip
    return problem, parts


def solve_fixed_cvxpy(
    table: OptionTable, chosen: Ints, *, solver: str = "CLARABEL", tolerance: float = 1e-9, **settings: Any
) -> FixedSolution:
    """Solve the statement with a conic solver.

    Args:
        tolerance: for Clarabel's gap and feasibility, relative and absolute.
        settings: passed on to the solver.
    """
    import cvxpy as cp

    problem, parts = state_in_cvxpy(table, chosen)
    if solver == "CLARABEL":
        keys = ("tol_gap_abs", "tol_gap_rel", "tol_feas", "tol_ktratio")
        settings = {**dict.fromkeys(keys, tolerance), **settings}
    try:
        problem.solve(solver=solver, **settings)
    except cp.error.SolverError as error:
        return FixedSolution(f"error: {error}", None, np.zeros(0), np.inf, np.zeros((2, table.n_servers)))
    # A value is only there to be read under these words; elsewhere cvxpy may show 0.
    if problem.status not in (cp.OPTIMAL, cp.OPTIMAL_INACCURATE):
        return FixedSolution(problem.status, None, np.zeros(0), np.inf, np.zeros((2, table.n_servers)))
    shares = {}
    for name in ("uplink_share", "compute_share"):
        variable, users = parts[name]
        shares[name] = np.zeros(table.n_users)
        shares[name][users] = variable.value[: len(users)] / parts["crowd"][users]
    dual = np.zeros((2, table.n_servers))
    for k, name in enumerate(("uplink", "compute")):
        if name in parts["capacity"]:
            dual[k] = parts["capacity"][name].dual_value * parts["scale_j"]
    return FixedSolution(
        status=problem.status,
        decision=Decision(np.asarray(chosen, dtype=np.int64), shares["uplink_share"], shares["compute_share"]),
        clock=np.asarray(parts["clock"].value),
        objective_j=float(problem.value) * parts["scale_j"] + parts["fixed_j"],
        dual=dual,
    )


def _spread(row: Ints, n_rows: int) -> Any:
    """[n_rows, len(row)] sparse 0/1 matrix that adds column k into row ``row[k]``."""
    import scipy.sparse as sp

    return sp.csr_matrix((np.ones(len(row)), (row, np.arange(len(row)))), shape=(n_rows, len(row)))


def _constant_j(table: OptionTable, rows: OptionTable) -> float:
    """Cost that no share changes: Σ w (q + ω t) and the static energy of the servers in use."""
    used = np.unique(rows.server[rows.server != LOCAL])
    return float(rows.own_j.sum() + table.static_j[used].sum())


@formulation
class JointFixed:
    """Options given, continuous shares: convex, by cvxpy."""

    name = "joint_fixed"
    title = "convex shares for given options"
    problem = "J-E, J-L, J-C"
    allocation = "continuous"
    relation: Relation = "exact"
    reference = "docs/theory.md, P1"
    array = False

    def build(self, table: OptionTable) -> NoReturn:
        """Not a linear program.

        Raises:
            InputError: always.
        """
        raise InputError("formulation joint_fixed", "has no array form", "it is convex, not linear",
                         "use solve_convex with one option a user")  # fmt: skip

    def to_pyomo(self, table: OptionTable) -> NoReturn:
        """Stated in cvxpy instead.

        Raises:
            InputError: always.
        """
        self.build(table)

    def solve_convex(self, table: OptionTable, chosen: Ints) -> FixedSolution:
        """Shares for ``chosen`` by cvxpy and Clarabel."""
        return solve_fixed_cvxpy(table, chosen)
