"""What an allocation is: shares, clocks, prices and a bound, for one choice of options."""

from __future__ import annotations

import dataclasses

import numpy as np

from instances import physics
from instances.columns import Bools, Floats
from instances.options import OptionTable
from solvers.allocation.demand import Demand, variable_cost

__all__ = ["Allocation", "finish_allocation"]


@dataclasses.dataclass(frozen=True, eq=False)
class Allocation:
    """Shares for given options.

    Per user [n_users]: ``uplink_share`` β, ``compute_share`` φ, ``clock`` z, ``met`` whether the deadline holds.
    Per server [n_servers]: ``uplink_price`` μ and ``compute_price`` ν (J for the whole resource: the objective falls
    by μ·ε when the uplink grows by the part ε), ``feasible``, ``server_j`` (its users' weighted cost plus its
    static energy; inf when infeasible, 0 when unused), ``server_bound_j`` (a lower bound on it).
    ``objective_j``: everything, local users too; inf when any deadline fails. ``bound_j``: lower bound on the
    objective of any shares for these options; inf when an infeasible server or user proves that there are none.
    Memory of devices and servers is not looked at: options fix it.
    """

    uplink_share: Floats
    compute_share: Floats
    clock: Floats
    met: Bools
    uplink_price: Floats
    compute_price: Floats
    feasible: Bools
    server_j: Floats
    server_bound_j: Floats
    objective_j: float
    bound_j: float

    @property
    def gap(self) -> float:
        """Relative gap (objective − bound)/|objective|; 0 when both are 0, inf when infeasible."""
        if not np.isfinite(self.objective_j):
            return float("inf")
        difference = self.objective_j - self.bound_j
        return difference / abs(self.objective_j) if difference > 0 and self.objective_j else 0.0


def finish_allocation(
    table: OptionTable,
    demand: Demand,
    shares: tuple[Floats, Floats],
    prices: tuple[Floats, Floats],
    feasible: Bools,
    lower_j: Floats,
) -> Allocation:
    """Allocation from shares: clocks, energies and sums follow.

    Args:
        shares: β and φ, [n_users].
        prices: μ and ν, [n_servers].
        feasible: [n_servers] whether the shares meet the deadlines there.
        lower_j: [n_servers] bound on what shares and clocks decide of the cost of the users that need shares (not on
        constants or static energy).
    """
    n_servers, remote = table.n_servers, demand.server >= 0
    air = physics.over_share(demand.uplink_s * remote, shares[0])
    run = physics.over_share(demand.server_s * remote, shares[1])
    clock = physics.clock_for(demand.device_s, demand.budget_s - air - run, demand.clock_min)
    clock = np.minimum(clock, demand.clock_max)
    served = demand.needs_shares
    met = np.where(served, feasible[demand.server] if n_servers else True, demand.slack_s >= 0)
    energy = variable_cost(demand.device_j, demand.device_s, clock, air, run, (demand.send_w, demand.floor_w))
    energy = np.where(met, energy + demand.constant_j, np.inf)
    at = demand.server[remote]
    used = np.bincount(at, minlength=n_servers).astype(np.int64) > 0
    # Users without work on a server have one best clock whatever the shares: their energy is its own bound.
    floor = np.where(served, demand.constant_j, energy)[remote]
    static = np.where(used, table.static_j, 0.0)
    server_j = np.asarray(np.bincount(at, energy[remote], n_servers) + static, dtype=float)
    server_bound_j = np.asarray(np.bincount(at, floor, n_servers) + static + lower_j, dtype=float)
    local = float(energy[~remote].sum())
    return Allocation(
        shares[0], shares[1], clock, np.asarray(met, dtype=bool), prices[0], prices[1], np.isfinite(server_j),
        server_j, server_bound_j, float(server_j.sum()) + local, float(server_bound_j.sum()) + local,
    )  # fmt: skip
