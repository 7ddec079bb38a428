"""Branch and price as a method."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from formulations.program import Decision
from instances.columns import Bools, Floats, Ints
from instances.options import OptionTable
from solvers.answer import Answer, Clock, Limits, Stop
from solvers.branch.cases import OPEN, Case, Record
from solvers.branch.offers import Offers, Shares
from solvers.branch.pieces import Pieces
from solvers.branch.proof import certificate_of
from solvers.branch.search import Search
from solvers.heuristics.incumbent import name_users
from solvers.objective import decision_cost
from solvers.prices.ascent import climb, first_prices
from solvers.prices.dual import Dual, Point
from solvers.prices.primal import Rounding
from solvers.registry import Kind, method

__all__ = ["Branch"]

_FIRST_ROUNDS = 15
_SHARP = 12


@method
class Branch:
    """Prices bound every case; cases split by servers on or off, then by what users choose.

    ``limits.nodes``: cases looked at. Under `continuous` allocation the certificate is the tree of cases with the
    prices of each.
    """

    name = "branch"
    title = "branch and price: prices bound every case, the tree is the proof"
    kind: Kind = "exact"
    guarantee: str | None = "gap ≤ limits.gap"
    reference = "docs/theory.md, P5 and P13; Barnhart et al., Operations Research 1998"

    def supports(self, table: OptionTable) -> str | None:
        """Instances without energy budgets of servers: energy has no price here."""
        return "servers have energy budgets, which have no price here" if "energy" in table.stocks else None

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        """Prices for all options, a first plan, then the search over what is left."""
        work = _Work(table, limits, clock)
        try:
            stop, message = work.run()
        except KeyboardInterrupt:
            stop, message = Stop.INTERRUPTED, ""
        return work.answer(stop, message)


@dataclasses.dataclass(eq=False)
class _Work:
    """Best plan (rows of ``table``) and bound so far, and the search that goes on."""

    table: OptionTable
    limits: Limits
    clock: Clock
    best: Decision | None = None
    best_j: float = math.inf
    point: Point | None = None
    bound_j: float = -math.inf
    kept: Ints = dataclasses.field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    sieves: list[Floats] = dataclasses.field(default_factory=list)
    nodes: int = 0
    search: Search | None = None

    def run(self) -> tuple[Stop, str]:
        dual = Dual(self.table)
        if len(dual.stuck):
            return Stop.INFEASIBLE, f"{name_users(dual.stuck)} cannot meet the deadline in any way"
        self.point = climb(dual, first_prices(dual), _FIRST_ROUNDS, heard=self._hear, clock=self.clock)
        self.point = dual.at(self.point.prices, steps=_SHARP)
        self._hear(self.point)
        self._keep(Rounding(dual, self.point).fit(self.point.chosen))
        search = self._begin(self._useful(dual), Record(self.point.prices, self.point.bound_j))
        while (stop := search.run(self._nodes_left)) is Stop.ROUNDS:
            search = self._begin_again(search)
        if search.empty:
            return Stop.INFEASIBLE, "no choice of options fits deadlines and capacities together"
        return stop, "no further progress at working precision" if stop is Stop.STALLED else ""

    @property
    def _nodes_left(self) -> int | None:
        return None if self.limits.nodes is None else max(0, self.limits.nodes - self.nodes)

    def _begin(self, kept: Ints, record: Record) -> Search:
        """Search the options that are left, from the prices of a record on."""
        table = self.table.take(kept)
        offers: Offers = Shares(table) if table.allocation == "continuous" else Pieces(table)
        dual, prices = Dual(table), record.prices
        self.kept = kept
        self.sieves.append(prices)
        root = Case(np.full(table.n_servers, OPEN), np.ones(len(offers.user), dtype=bool),
                    Record(prices, record.bound_j))  # fmt: skip
        best = self.best
        if best is not None:
            best = dataclasses.replace(best, chosen=np.searchsorted(kept, best.chosen))
        self.search = Search(
            offers, root, _dear(table), self.limits.gap, best, self.best_j,
            lambda weight: _fit(offers, weight, dual, prices), self.clock,
        )  # fmt: skip
        return self.search

    def _begin_again(self, old: Search) -> Search:
        """A search that has outgrown its options is left with its best plan and the root's prices."""
        kept = self.kept
        self.take_over()
        rows = old.offers.row[old.useful]
        if self.best is not None:
            rows = np.concatenate([rows, np.searchsorted(kept, self.best.chosen)])
        sieve = old.root.record.sieve
        assert sieve is not None  # it has outgrown what the sieve of its root left
        self.nodes += old.nodes
        return self._begin(kept[np.unique(rows)], Record(sieve, old.sieved_j))

    def take_over(self) -> None:
        """Take the best plan and bound of the search."""
        if self.search is None:
            return
        self.bound_j = max(self.bound_j, self.search.bound_j)
        if self.search.best is not None and self.search.best_j < self.best_j:
            best = self.search.best
            self.best = dataclasses.replace(best, chosen=self.kept[best.chosen])
            self.best_j = self.search.best_j

    def answer(self, stop: Stop, message: str) -> Answer:
        """What there is, whenever the search ended."""
        self.take_over()
        bound = math.inf if stop is Stop.INFEASIBLE else self.bound_j
        detail = {"nodes": float(self.nodes), "options": float(len(self.table))}
        if self.search is not None:
            detail = {"nodes": float(self.nodes + self.search.nodes), "options": float(len(self.kept))}
        certificate = certificate_of(self.table, self.point, self.search, self.sieves, self.kept)
        return Answer(self.best, stop, bound, self.best_j, tuple(self.clock.trace), message, detail, None, certificate)

    def _hear(self, point: Point) -> None:
        if self.point is None or point.bound_j > self.point.bound_j:
            self.point = point
            self.bound_j = point.bound_j
        self.clock.report(self.best_j, self.bound_j)

    def _keep(self, decision: Decision | None) -> None:
        cost = math.inf if decision is None else decision_cost(self.table, decision)
        if cost < self.best_j:
            self.best, self.best_j = decision, cost
            self.clock.report(cost)

    def _useful(self, dual: Dual) -> Ints:
        """Rows that some plan better than the best may use, by P5(d)."""
        assert self.point is not None
        value = np.full(len(self.table), np.inf)
        value[dual.work.row] = dual.value
        local = np.flatnonzero(dual.local_row >= 0)
        value[dual.local_row[local]] = dual.local_j[local]
        enough = self.best_j * (1 + 1e-9)
        extra = value - self.point.value_j[self.table.user]
        useful: Bools = np.isfinite(value) & (self.point.bound_j + extra <= enough)
        if self.best is not None:
            useful[self.best.chosen] = True
        return np.flatnonzero(useful)


def _fit(offers: Offers, weight: Floats, dual: Dual, prices: Floats) -> Decision | None:
    """A plan of everybody's heaviest offer, or one near it."""
    order = np.lexsort((-weight, offers.user))
    heaviest = order[np.flatnonzero(np.diff(offers.user[order], prepend=-1))]
    decision = offers.decision(heaviest)
    return decision or Rounding(dual, dual.at(prices)).fit(offers.row[heaviest])


def _dear(table: OptionTable) -> float:
    """More than any plan costs, J: every option at its fastest clock, sending all the time, done at the deadline."""
    user = table.user
    most = table.weight[user] * (
        table.device_j * table.clock_max[user] ** 2
        + table.tx_w * np.maximum(table.budget_s, 0.0) + table.fixed_j + table.second_w[user] * table.deadline_s[user]
    )  # fmt: skip
    dearest = np.zeros(table.n_users)
    np.maximum.at(dearest, user, most)
    return 1.01 * float(dearest.sum() + table.static_j.sum()) + 1e-9
