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
        """Any instance."""
        return None

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
    kept: Ints | None = None
    search: Search | None = None

    def run(self) -> tuple[Stop, str]:
        dual = Dual(self.table)
        if len(dual.stuck):
            return Stop.INFEASIBLE, f"{name_users(dual.stuck)} cannot meet the deadline in any way"
        self.point = climb(dual, first_prices(dual), _FIRST_ROUNDS, heard=self._hear, clock=self.clock)
        self.point = dual.at(self.point.prices, steps=_SHARP)
        self._hear(self.point)
        self._keep(Rounding(dual, self.point).fit(self.point.chosen))
        self.kept = self._useful(dual)
        self.search = self._prepare(self.table.take(self.kept))
        stop = self.search.run(self.limits.nodes)
        if self.search.empty:
            return Stop.INFEASIBLE, "no choice of options fits deadlines and capacities together"
        return stop, "no further progress at working precision" if stop is Stop.STALLED else ""

    def answer(self, stop: Stop, message: str) -> Answer:
        """What there is, whenever the search ended."""
        bound = -math.inf if self.point is None else self.point.bound_j
        detail: dict[str, float] = {"nodes": 0.0}
        if self.search is not None:
            assert self.kept is not None
            bound = max(bound, self.search.bound_j)
            detail = {"nodes": float(self.search.nodes), "options": float(len(self.kept))}
            if self.search.best_j < self.best_j and self.search.best is not None:
                best = self.search.best
                self.best = dataclasses.replace(best, chosen=self.kept[best.chosen])
                self.best_j = self.search.best_j
        if stop is Stop.INFEASIBLE:
            bound = math.inf
        certificate = certificate_of(self.table, self.point, self.search, self.kept, bound)
        return Answer(self.best, stop, bound, self.best_j, tuple(self.clock.trace), message, detail, None, certificate)

    def _hear(self, point: Point) -> None:
        if self.point is None or point.bound_j > self.point.bound_j:
            self.point = point
        self.clock.report(self.best_j, self.point.bound_j)

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

    def _prepare(self, table: OptionTable) -> Search:
        assert self.point is not None and self.kept is not None
        offers: Offers = Shares(table) if table.allocation == "continuous" else Pieces(table)
        dual, prices = Dual(table), self.point.prices

        def fit(weight: Floats) -> Decision | None:
            return _fit(offers, weight, dual, prices)

        record = Record(prices, self.point.bound_j)
        root = Case(np.full(table.n_servers, OPEN), np.ones(len(offers.user), dtype=bool), record)
        best = self.best
        if best is not None:
            best = dataclasses.replace(best, chosen=np.searchsorted(self.kept, best.chosen))
        return Search(offers, root, _dear(table), self.limits.gap, best, self.best_j, fit, self.clock)


def _fit(offers: Offers, weight: Floats, dual: Dual, prices: Floats) -> Decision | None:
    """A plan of everybody's heaviest offer, or one near it."""
    order = np.lexsort((-weight, offers.user))
    heaviest = order[np.flatnonzero(np.diff(offers.user[order], prepend=-1))]
    decision = offers.decision(heaviest)
    return decision or Rounding(dual, dual.at(prices)).fit(offers.row[heaviest])


def _dear(table: OptionTable) -> float:
    """More than any plan costs, J: every option at its fastest clock, sending all the time."""
    user = table.user
    most = table.weight[user] * (
        table.device_j * table.clock_max[user] ** 2
        + table.tx_w * np.maximum(table.budget_s, 0.0) + table.fixed_j
    )  # fmt: skip
    dearest = np.zeros(table.n_users)
    np.maximum.at(dearest, user, most)
    return 1.01 * float(dearest.sum() + table.static_j.sum()) + 1e-9
