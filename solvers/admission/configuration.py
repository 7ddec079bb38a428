"""The configuration LP of separable assignment, rounded with 1 − 1/e and without chance."""

from __future__ import annotations

import dataclasses

import numpy as np
import scipy.sparse as sp

from instances.columns import Floats, Ints
from instances.options import OptionTable
from solvers.admission.columns import why_not_admission
from solvers.admission.configurations import MIP_GAP, MIP_NODES, Configuration, Priced, price_exactly, price_quickly
from solvers.admission.frame import Admitted, run
from solvers.admission.greedy import by_density, densest_first
from solvers.admission.packing import Packing, fill
from solvers.answer import Answer, Clock, Limits, Stop
from solvers.highs.growing import GrowingLp
from solvers.registry import Kind, method

__all__ = ["AdmissionConfiguration", "Configured", "configure", "round_configurations"]

ROUNDS = 500
CLOSE = 1e-3
"""Relative difference between the LP over the configurations known and its bound at which no more are sought."""
HAIR = 1e-6
"""Relative gain below which a configuration does not count as better."""


class Master:
    """The LP over the configurations known: at most one a server, at most one server a user."""

    def __init__(self, packing: Packing) -> None:
        self.packing = packing
        self.configurations: list[Configuration] = []
        n_rows = packing.n_servers + packing.n_users
        self._lp = GrowingLp(np.full(n_rows, -np.inf), np.ones(n_rows))
        self._known: set[Configuration] = set()

    def add(self, configuration: Configuration) -> bool:
        """Add a configuration; whether it is new."""
        if configuration in self._known or not configuration.columns:
            return False
        self._known.add(configuration)
        self.configurations.append(configuration)
        users = self.packing.user[list(configuration.columns)]
        rows = np.concatenate([[configuration.server], self.packing.n_servers + users])
        matrix = sp.csc_matrix((np.ones(len(rows)), (rows, np.zeros_like(rows))), shape=(self.n_rows, 1))
        self._lp.add(np.array([-self.packing.weight[users].sum()]), matrix, np.array([np.inf]))
        return True

    @property
    def n_rows(self) -> int:
        """Servers and users."""
        return self.packing.n_servers + self.packing.n_users

    def solve(self) -> tuple[Floats, Floats, Floats] | None:
        """(y of each configuration, price of each server, price of each user); None where HiGHS fails."""
        found = self._lp.solve()
        if found is None:
            return None
        price = np.maximum(-found.row_duals, 0.0)
        return _kept(self, found.values), price[: self.packing.n_servers], price[self.packing.n_servers :]


def _kept(master: Master, y: Floats) -> Floats:
    """y ≥ 0, scaled down until every row holds."""
    y, total = np.maximum(y, 0.0), np.zeros(master.n_rows)
    for part, configuration in zip(y.tolist(), master.configurations, strict=True):
        total[configuration.server] += part
        total[master.packing.n_servers + master.packing.user[list(configuration.columns)]] += part
    return np.asarray(y / max(1.0, float(total.max(initial=0.0))))


def round_configurations(packing: Packing, configurations: list[Configuration], y: Floats) -> Ints:
    """[n_users] one configuration a server, by conditional expectations; a user in several keeps the first.

    At least Σ_i w_i (1 − Π_s (1 − y_is)) with y_is the sum of y over configurations of s with user i.
    """
    inside = np.zeros((packing.n_servers, packing.n_users))
    for part, c in zip(y.tolist(), configurations, strict=True):
        inside[c.server, packing.user[list(c.columns)]] += part
    inside = np.minimum(inside, 1.0)
    taken = packing.nobody
    for server in range(packing.n_servers):
        # chance that the servers still to come miss a user, 0 for those that have a column already
        missed = np.prod(1 - inside[server + 1 :], axis=0) * (taken < 0)
        saved = packing.weight * missed
        choices = [c for part, c in zip(y.tolist(), configurations, strict=True) if c.server == server and part > 0]
        best = max(choices, key=lambda c: float(saved[packing.user[list(c.columns)]].sum()), default=None)
        for k in best.columns if best is not None else ():
            if taken[packing.user[k]] < 0:
                taken[packing.user[k]] = k
    return taken


@method
class AdmissionConfiguration:
    """An LP over sets of users that fit on a server together, found by solving one knapsack a server; server after
    server keeps the set that leaves the expected weight highest. What still fits is added."""

    name = "admission_configuration"
    title = "configuration LP, rounded with 1 − 1/e"
    kind: Kind = "approximation"
    guarantee = "admits ≥ 1 − (1−1/m)^m > 1 − 1/e of the most; m servers"
    reference = "docs/theory.md P25e; Fleischer, Goemans, Mirrokni and Sviridenko, Math. Oper. Res. 36(3), 2011"

    def supports(self, table: OptionTable) -> str | None:
        """J-A only."""
        return why_not_admission(table)

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        """Column generation, then one pass over the servers."""
        return run(table, clock, lambda admitted: _search(admitted, limits))


@dataclasses.dataclass(frozen=True, eq=False)
class Configured:
    """What the configuration LP gives.

    Args:
        taken: [n_users] its rounding.
        value: of the LP over the configurations known. most: no packing is worth more; inf where nothing is known.
        rounds: of column generation. configurations: known. stop: why it ended.
    """

    taken: Ints
    value: float
    most: float
    rounds: int
    configurations: int
    stop: Stop

    def ratio(self, packing: Packing) -> float | None:
        """(1 − (1 − 1/m)^m) value/most, over the stretch; None without a bound (docs/theory.md P25e)."""
        m = packing.n_servers
        return (
            (1 - (1 - 1 / m) ** m) * min(self.value / self.most, 1.0) / packing.stretch if self.most < np.inf else None
        )


def configure(packing: Packing, known: Ints, limits: Limits, clock: Clock) -> Configured:
    """Column generation from a choice that is ``known`` [n_users] and not empty, until LP and bound are close; then the
    rounding."""
    master, most, rounds = Master(packing), np.inf, 0
    for configuration in _of_choice(packing, known):
        master.add(configuration)
    allowed, stop = ROUNDS if limits.rounds is None else limits.rounds, Stop.FINISHED
    while (solved := master.solve()) is not None:
        y, at_server, of_user = solved
        value = _value(master, y)
        if most <= value * (1 + CLOSE):
            break
        if rounds >= allowed or clock.left_s <= 0:
            stop = Stop.ROUNDS if rounds >= allowed else Stop.TIME
            break
        rounds += 1
        priced = _price(packing, at_server, of_user, limits, clock)
        most = min(most, float(of_user.sum()) + sum(p.most for p in priced))
        if not any([master.add(p.configuration) for p in priced]):
            break
    else:
        return Configured(known, 0.0, most, rounds, len(master.configurations), Stop.ERROR)
    taken = round_configurations(packing, master.configurations, y)
    return Configured(taken, value, most, rounds, len(master.configurations), stop)


def _search(admitted: Admitted, limits: Limits) -> None:
    packing = admitted.packing
    admitted.offer(densest_first(packing))
    if not packing.weight.any():
        admitted.bound(0.0)
        admitted.ratio = 1.0
        return
    found = configure(packing, admitted.taken, limits, admitted.clock)
    admitted.detail = {"rounds": float(found.rounds), "configurations": float(found.configurations)}
    admitted.offer(fill(packing, found.taken, by_density(packing)))
    admitted.ratio, admitted.stop = found.ratio(packing), found.stop
    if found.most < np.inf:
        admitted.bound(found.most)


def _of_choice(packing: Packing, taken: Ints) -> list[Configuration]:
    """The sets of users that a choice puts on each server."""
    columns = np.sort(taken[taken >= 0])
    at = packing.server[columns]
    return [Configuration(int(s), tuple(columns[at == s].tolist())) for s in np.unique(at)]


def _value(master: Master, y: Floats) -> float:
    weights = [float(master.packing.weight[master.packing.user[list(c.columns)]].sum()) for c in master.configurations]
    return float(np.array(weights) @ y)


def _price(packing: Packing, at_server: Floats, of_user: Floats, limits: Limits, clock: Clock) -> list[Priced]:
    """A good configuration of each server at the master's prices; the best ones where quick ones do not improve."""
    profit = packing.weight - of_user
    order = np.argsort(packing.server, kind="stable")
    edges = np.searchsorted(packing.server[order], np.arange(packing.n_servers + 1))
    mine = {s: order[edges[s] : edges[s + 1]] for s in range(packing.n_servers) if edges[s] < edges[s + 1]}
    hair = HAIR * float(packing.weight.sum()) / packing.n_servers
    quick = {s: price_quickly(packing, columns, profit) for s, columns in mine.items()}
    if any(p.profit > at_server[s] + hair for s, p in quick.items()):
        return list(quick.values())
    left = None if limits.time_s is None else clock.left_s
    inner = dataclasses.replace(limits, gap=MIP_GAP, time_s=left, nodes=limits.nodes or MIP_NODES)
    return [price_exactly(packing, columns, profit, inner) for columns in mine.values()]
