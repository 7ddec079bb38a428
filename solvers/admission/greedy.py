"""The users with most weight for what they take first; or the best one of each server."""

from __future__ import annotations

import numpy as np

from instances.columns import Ints
from instances.options import OptionTable
from solvers.admission.columns import why_not_admission
from solvers.admission.frame import Admitted, run
from solvers.admission.packing import Packing, fill
from solvers.answer import Answer, Clock, Limits
from solvers.registry import Kind, method

__all__ = ["AdmissionGreedy", "by_density", "densest_first", "greedy_ratio", "one_a_server"]


def by_density(packing: Packing) -> Ints:
    """[columns] in the order of weight per part taken, Σ over resources; largest first."""
    dense = packing.weight[packing.user] / np.maximum(packing.demand.sum(axis=1), 1e-300)
    return np.argsort(-dense, kind="stable")


def densest_first(packing: Packing) -> Ints:
    """[n_users] columns taken in the order of density, each if it fits and its user has none."""
    return fill(packing, packing.nobody, by_density(packing))


def one_a_server(packing: Packing) -> Ints:
    """[n_users] the heaviest choice of at most one user a server (an assignment)."""
    from scipy.optimize import linear_sum_assignment  # slow to load, and few commands need it

    weight = np.zeros((packing.n_users, packing.n_servers))
    weight[packing.user, packing.server] = packing.weight[packing.user]
    users, servers = linear_sum_assignment(weight, maximize=True)
    taken, start = packing.nobody, packing.start
    for i, s in zip(users.tolist(), servers.tolist(), strict=True):
        if weight[i, s] > 0:
            mine = np.arange(start[i], start[i + 1])
            mine = mine[packing.server[mine] == s]
            taken[i] = mine[np.argmin(packing.demand[mine].sum(axis=1))]
    return taken


def greedy_ratio(packing: Packing) -> float | None:
    """(1 − α)/(1 − α + d) or 1/(1 + 2d), whichever is more, with d − 1 + stretch for d (docs/theory.md P25d)."""
    if not len(packing):
        return 1.0
    alpha, rows = packing.largest_part, packing.most_rows - 1 + packing.stretch
    return max((1 - alpha) / (1 - alpha + rows), 1 / (1 + 2 * rows))


@method
class AdmissionGreedy:
    """Columns in the order of weight per part taken, each if it fits; beside it the heaviest choice of one user a
    server, filled up in the same order. The better of both."""

    name = "admission_greedy"
    title = "admission by weight per part taken"
    kind: Kind = "approximation"
    guarantee = "admits ≥ max((1−α)/(1−α+d), 1/(1+2d)) of the most; α largest part, d rows a server"
    reference = "docs/theory.md P25d; after Xu et al., IEEE TPDS 32(4), 2021, doi:10.1109/TPDS.2020.3032443"

    def supports(self, table: OptionTable) -> str | None:
        """J-A only."""
        return why_not_admission(table)

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        """Two passes; limits are not needed."""
        return run(table, clock, _search)


def _search(admitted: Admitted) -> None:
    packing = admitted.packing
    admitted.offer(densest_first(packing))
    admitted.offer(fill(packing, one_a_server(packing), by_density(packing)))
    admitted.ratio = greedy_ratio(packing)
