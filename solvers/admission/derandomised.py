"""The rounding without chance: every user takes what keeps a pessimistic estimate of the outcome highest."""

from __future__ import annotations

import math

import numpy as np

from instances.columns import Floats, Ints
from instances.options import OptionTable
from solvers.admission.chernoff import derandomised_ratio
from solvers.admission.columns import why_not_admission
from solvers.admission.frame import Admitted, run
from solvers.admission.greedy import by_density
from solvers.admission.packing import Packing, drop_excess, fill
from solvers.admission.relaxation import relax
from solvers.answer import Answer, Clock, Limits, Stop
from solvers.registry import Kind, method

__all__ = ["AdmissionDerandomised", "Estimator", "settle"]

TRIED = (0.02, 0.1, 0.3)
"""ε tried beside that of the guarantee."""


class Estimator:
    """Φ = E[value] − W Σ_r E[exp(θ_r (load_r − 1))] while users are settled one after the other (docs/theory.md P25c).

    Args:
        packing: of what.
        chance: [columns] of each column, for users that are not settled.
        scale: ε; θ_r = −ln(1 − ε)/α_r.
    """

    def __init__(self, packing: Packing, chance: Floats, scale: float) -> None:
        self.packing, self._all = packing, float(packing.weight.sum())
        alpha = packing.row_demand
        rate = -math.log1p(-scale) / np.where(alpha > 0, alpha, np.inf)
        self._grown = np.minimum(rate[packing.server] * packing.demand, 700.0)  # [columns, resources] θ a
        self._expected = chance * packing.weight[packing.user]
        self.gain = float(self._expected.sum())
        # log of each user's factor E[exp(θ a)] in each row that it can reach: sparse, as (user, server) pairs
        pair = packing.user * packing.n_servers + packing.server
        self._pairs, self._place = np.unique(pair, return_inverse=True)
        self._place = self._place.reshape(-1)
        factor = np.ones((len(self._pairs), alpha.shape[1]))
        np.add.at(factor, self._place, chance[:, None] * np.expm1(self._grown))
        self._factor = np.log(factor)
        self.log_row = -rate * (alpha > 0)
        np.add.at(self.log_row, self._pairs % packing.n_servers, self._factor)
        self.log_row[alpha <= 0] = -np.inf

    @property
    def value(self) -> float:
        """Φ."""
        return self.gain - self._all * float(np.exp(np.minimum(self.log_row, 700.0)).sum())

    def settle(self, user: int, columns: Ints) -> int:
        """Give the user the one of its columns, or none (−1), that leaves Φ highest."""
        packing = self.packing
        if not len(columns):
            return -1
        servers = np.unique(packing.server[columns])
        places = np.unique(self._place[columns])
        self.log_row[servers] -= self._factor[places]  # pairs of a user are sorted by server, as servers are
        self.gain -= float(self._expected[columns].sum())
        base = self.log_row[packing.server[columns]]
        more = np.exp(np.minimum(base + self._grown[columns], 700.0)) - np.exp(np.minimum(base, 700.0))
        change = packing.weight[user] - self._all * more.sum(axis=1)
        best = int(np.argmax(change))
        if change[best] < 0:
            return -1
        k = int(columns[best])
        self.log_row[packing.server[k]] += self._grown[k]
        self.gain += float(packing.weight[user])
        return k


def settle(packing: Packing, chance: Floats, scale: float) -> Ints:
    """[n_users] columns by the method of conditional expectations; all rows hold if Φ is positive at the start."""
    estimator, taken, start = Estimator(packing, chance, scale), packing.nobody, packing.start
    for user in range(packing.n_users):
        taken[user] = estimator.settle(user, np.arange(start[user], start[user + 1]))
    return taken


@method
class AdmissionDerandomised:
    """The relaxation's optimum times 1 − ε gives every column a chance; user after user is settled so that the expected
    weight less a penalty for overfull rows does not fall. What still fits is added;
    the best of four ε."""

    name = "admission_derandomised"
    title = "rounding of the admission LP by pessimistic estimators"
    kind: Kind = "approximation"
    guarantee = "admits ≥ 1 − ε − (W/LP) Σ_r exp((ε+ln(1−ε))/α_r) of the most, if that is positive"
    reference = "docs/theory.md P25c; Raghavan, J. Comput. Syst. Sci. 1988; after Xu et al., IEEE TPDS 2021"

    def supports(self, table: OptionTable) -> str | None:
        """J-A only."""
        return why_not_admission(table)

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        """One LP, one pass over the users."""
        return run(table, clock, lambda admitted: _search(admitted, limits))


def _search(admitted: Admitted, limits: Limits) -> None:
    packing = admitted.packing
    relaxation = relax(packing, limits)
    if relaxation is None:
        admitted.stop = Stop.TIME if limits.time_s is not None else Stop.ERROR
        return
    admitted.bound(relaxation.bound)
    ratio, scale = derandomised_ratio(packing, relaxation)
    for tried in (scale, *TRIED):
        settled = settle(packing, (1 - tried) * relaxation.x, tried)
        admitted.offer(fill(packing, drop_excess(packing, settled), by_density(packing)))
        if admitted.out_of_time:
            break
    admitted.ratio = ratio
