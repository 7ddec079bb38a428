"""Fixed options, 10,000 users: the price method against cvxpy + Clarabel, in one run."""

from __future__ import annotations

import statistics
from typing import Any

import numpy as np

from benchmarks.measure import seconds, store
from formulations.joint_fixed import FixedSolution, solve_fixed_cvxpy
from instances import physics
from instances.columns import Floats
from instances.options import OptionTable
from solvers.allocation import Allocation, allocate

USERS, SEED, REPEATS = 10_000, 7, 5
TOLERANCE = 1e-9


def crowd(n_servers: int) -> OptionTable:
    """One remote option a user; deadlines are 1.1 to 3 × what an equal share needs at the fastest clock."""
    rng = np.random.default_rng([SEED, n_servers])
    n, zero = USERS, np.zeros(USERS)
    server = np.arange(n) * n_servers // n
    # Half a second on the device, fractions of a millisecond on a whole uplink or server, W and J of phones.
    device_s = rng.lognormal(-1, 0.7, n)
    air, run = (rng.lognormal(0, 0.7, n) * 0.05 * n_servers / n for _ in range(2))
    need = (air + run) * n / n_servers
    return OptionTable(
        user=np.arange(n), server=server, cut=np.zeros(n, dtype=np.int64), device_s=device_s,
        device_j=device_s * rng.uniform(1, 3, n), uplink_mhz_s=air, tx_w=rng.uniform(0.2, 1.5, n), server_s=run,
        fixed_s=zero, fixed_j=zero, server_mb=zero, deadline_s=rng.uniform(1.1, 3, n) * need + device_s,
        weight=np.ones(n), clock_min=rng.uniform(0.3, 0.6, n), clock_max=np.ones(n),
        bandwidth_mhz=np.ones(n_servers), blocks=np.full(n_servers, 100), units=np.full(n_servers, 100),
        memory_mb=np.full(n_servers, 1e9), static_j=np.zeros(n_servers), allocation="continuous",
    )  # fmt: skip


def evaluate(table: OptionTable, shares: tuple[Floats, Floats]) -> dict[str, float]:
    """Energy of shares by the closed form, after scaling those of an overfull server down; and what they violate."""
    parts = []
    excess = 0.0
    for share in shares:
        load = np.bincount(table.server, share, table.n_servers)
        excess = max(excess, float(load.max() - 1))
        parts.append(share / load[table.server])
    air, run = physics.over_share(table.uplink_s, parts[0]), physics.over_share(table.server_s, parts[1])
    clock = physics.clock_for(table.device_s, table.budget_s - air - run, table.clock_min)
    late = (air + run - table.slack_s) / table.budget_s
    clock = np.minimum(clock, table.clock_max)
    energy = table.weight @ physics.energy_j(table.device_j, clock, table.tx_w, table.uplink_s, parts[0], table.fixed_j)
    return {"objective_j": float(energy), "over_capacity": max(excess, 0.0), "late": max(float(late.max()), 0.0)}


def compare(n_servers: int) -> dict[str, Any]:
    """Both methods on one table."""
    table, chosen = crowd(n_servers), np.arange(USERS)
    ours: list[Allocation] = []
    theirs: list[FixedSolution] = []
    allocate(table, chosen)
    times = seconds(lambda: ours.append(allocate(table, chosen)), REPEATS)
    referee = seconds(lambda: theirs.append(solve_fixed_cvxpy(table, chosen, tolerance=TOLERANCE)), REPEATS)
    got, other = ours[-1], theirs[-1]
    if other.decision is None:
        raise RuntimeError(f"Clarabel: {other.status}")
    again = evaluate(table, (other.decision.uplink_share, other.decision.compute_share))
    here = evaluate(table, (got.uplink_share, got.compute_share))
    return {
        "users": USERS,
        "servers": n_servers,
        "ours_s": [round(t, 5) for t in times],
        "ours_median_s": round(statistics.median(times), 5),
        "cvxpy_s": [round(t, 3) for t in referee],
        "cvxpy_median_s": round(statistics.median(referee), 3),
        "cvxpy_status": other.status,
        "clarabel_tolerance": TOLERANCE,
        "times_faster": round(statistics.median(referee) / statistics.median(times), 1),
        "objective_j": got.objective_j,
        "duality_gap": got.gap,
        "ours_by_closed_form": here,
        "cvxpy_objective_j": other.objective_j,
        "cvxpy_by_closed_form": again,
        "relative_difference": (again["objective_j"] - here["objective_j"]) / here["objective_j"],
    }


def main() -> None:
    """Measure, print and store."""
    # The first cvxpy problem of a process pays for imports and caches.
    solve_fixed_cvxpy(crowd(1), np.arange(USERS))
    store("allocation", {"median_of": REPEATS, "runs": [compare(1), compare(100)]})


if __name__ == "__main__":
    main()
