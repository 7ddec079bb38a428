"""Branch and price: cases by bound, plunging towards plans, with options that cannot help dropped on the way."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable

import numpy as np

from formulations.program import Decision
from instances.columns import Bools, Floats, Ints
from solvers.answer import Clock, Stop
from solvers.branch.bound import Bounded, bound_case
from solvers.branch.cases import OFF, ON, Case
from solvers.branch.choose import Experience, choose_server, choose_user
from solvers.branch.master import Master
from solvers.branch.offers import Offers
from solvers.objective import decision_cost

__all__ = ["Search"]

_ROUNDS, _TRIAL_ROUNDS, _LAST_ROUNDS = 60, 3, 200
_FEW = 0.5
_PLUNGE = 0.25
"""Part of the gap that a plunge may climb before another case is taken up."""
MARGIN = 1e-9
"""Relative room that is left for rounding where options are dropped and where a bound is claimed."""


class Search:
    """Best plan and bound over the cases of one table.

    Args:
        offers: what users can choose from.
        root: the first case, with prices to start from.
        dear_j: more than any plan costs.
        gap: relative gap at which to stop.
        best, best_j: the best plan known, of this table.
        fit: makes a plan, or None, of weights of offers [offers], knowing the best plan's cost and the bound.
        clock: hears of progress; its limit ends the search.
    """

    def __init__(
        self, offers: Offers, root: Case, dear_j: float, gap: float, best: Decision | None, best_j: float,
        fit: Callable[[Floats, float, float], Decision | None], clock: Clock,
    ) -> None:  # fmt: skip
        self.offers, self.table, self.clock, self.gap = offers, offers.table, clock, gap
        self.best, self.best_j, self._fit = best, best_j, fit
        self._dear = dear_j
        self._master = Master(offers, dear_j, clock)
        self._experience = Experience.of(self.table.n_servers)
        self._count = itertools.count()
        self._open: list[tuple[float, int, Case]] = []
        self._current: Case | None = None
        self._left = math.inf  # least bound of cases that are closed without having been ruled out
        self.root, self.nodes = root, 0
        self.sieved_j = -math.inf
        self._extra: Floats | None = None  # [offers] J above the least of its user, at the root's sieve
        self._push(root)

    @property
    def enough(self) -> float:
        """A case with this bound need not be looked at: it holds no plan that is better by more than the gap."""
        if math.isinf(self.best_j):
            return self._dear
        return self.best_j - max(self.gap - 2 * MARGIN, 0.0) * abs(self.best_j)

    @property
    def bound_j(self) -> float:
        """What is proven for the root, with room for rounding."""
        least = min(self._left, self.enough, *(case.bound_j for _, _, case in self._open[:1]))
        if self._current is not None:
            least = min(least, self._current.bound_j)
        return least - MARGIN * abs(least)

    @property
    def useful(self) -> Bools:
        """[offers] what a plan worth having may use, by the prices at which the root was sieved."""
        if self._extra is None:
            return np.ones(len(self.offers.user), dtype=bool)
        enough = self.enough + 2 * MARGIN * abs(self.enough)
        return np.asarray(self.sieved_j + self._extra <= enough)

    @property
    def outgrown(self) -> bool:
        """Whether most options are of no use any more since a better plan was found: time to start afresh."""
        if self._extra is None:
            return False
        return len(np.unique(self.offers.row[self.useful])) < _FEW * len(self.table)

    @property
    def empty(self) -> bool:
        """Whether every case was ruled out although no plan is known: there is none."""
        ruled_out = not self._open or self._open[0][0] >= self.enough
        return self.best is None and ruled_out and self._current is None and math.isinf(self._left)

    def run(self, nodes: int | None) -> Stop:
        """Search until the gap is closed or a limit is met; ROUNDS: until it is `outgrown`.

        An interrupt leaves everything in order, and a search that a limit ended can be gone on with.
        """
        if self._current is not None:  # where a limit ended the search before
            self._push(self._current)
            self._current = None
        while self._open and self._open[0][0] < self.enough:
            self._current = heapq.heappop(self._open)[2]
            while self._current is not None:
                self.clock.report(self.best_j, self.bound_j)
                if nodes is not None and self.nodes >= nodes:
                    return Stop.NODES
                if self.clock.left_s <= 0:
                    return Stop.TIME
                self._current = self._settle(self._current)
                if self.clock.left_s > 0 and self.outgrown:
                    return Stop.ROUNDS
        self.clock.report(self.best_j, self.bound_j)
        return Stop.FINISHED if math.isinf(self._left) or self._left >= self.enough else Stop.STALLED

    def _push(self, case: Case) -> None:
        heapq.heappush(self._open, (case.bound_j, next(self._count), case))

    def _settle(self, case: Case) -> Case | None:
        """Bound a case and rule it out or split it; returns a part to go on with, if it is worth a plunge.

        Without the time to bound it, it is the case itself that is to be gone on with.
        """
        self.nodes += 1
        bounded = self._bound(case, _ROUNDS)
        if case.bound_j >= self.enough:
            return None
        if self.clock.left_s <= 0:
            return case
        if self._offer(bounded):  # then its optimum, found exactly enough, is the end of the case
            bounded = self._bound(case, _LAST_ROUNDS, tolerance=0.1 * self.gap)
            self._offer(bounded)
        if case.bound_j >= self.enough:
            return None
        if self.clock.left_s <= 0:
            return case
        case.live, case.record.sieve = self._useful(case, bounded), bounded.rates
        parts = self._split(case, bounded)
        if parts is None:
            self._left = min(self._left, case.bound_j)
            return None
        for part in parts[1:]:
            self._push(part)
        lowest = min(case.bound_j, *(entry[0] for entry in self._open[:1]))
        if math.isinf(self.best_j) or case.bound_j <= lowest + _PLUNGE * (self.enough - lowest):
            return parts[0]
        self._push(parts[0])
        return None

    def _bound(self, case: Case, rounds: int, tolerance: float = MARGIN) -> Bounded:
        bounded = bound_case(self._master, case, self.enough, rounds, tolerance)
        if bounded.bound_j > case.bound_j:
            case.record.bound_j, case.record.rates = bounded.bound_j, bounded.rates
        return bounded

    def _offer(self, bounded: Bounded) -> bool:
        """Try for a plan; whether the master's optimum is one itself."""
        if bounded.relaxed is None:
            return False
        weight = bounded.relaxed.weight
        used = weight > 1e-6
        whole = bool(np.bincount(self.offers.user[used], minlength=self.table.n_users).max(initial=0) == 1)
        on = bounded.relaxed.on
        whole &= bool(np.minimum(on, 1 - on).max(initial=0.0) <= 1e-6) and bounded.relaxed.lacking <= 1e-6
        decision = self._fit(weight, self.best_j, self.bound_j)
        cost = math.inf if decision is None else decision_cost(self.table, decision)
        if decision is not None and cost < self.best_j:
            self.best, self.best_j = decision, cost
            self.clock.found(self.table, decision)
            self.clock.report(cost)
        return whole

    def _useful(self, case: Case, bounded: Bounded) -> Bools:
        """Live offers without those that no plan worth having uses (docs/theory.md, P5d)."""
        value = bounded.priced.value - bounded.priced.least[self.offers.user]
        if case is self.root:
            self._extra, self.sieved_j = value, bounded.bound_j
        enough = self.enough
        return np.asarray(case.live & (bounded.bound_j + value <= enough + 2 * MARGIN * abs(enough)))

    def _split(self, case: Case, bounded: Bounded) -> tuple[Case, Case] | None:
        """Both parts of a case, the more promising first."""
        if bounded.relaxed is None:
            return None

        def attempt(server: int, way: int) -> float | None:
            if self.clock.left_s <= 0:
                return None
            found = self._bound(self._switched(case, server, way), _TRIAL_ROUNDS).bound_j
            return min(found, self.enough)

        server = choose_server(case, bounded, self._experience, self.table.static_j, attempt)
        if server is not None:
            parts = self._switched(case, server, OFF), self._switched(case, server, ON)
            case.record.server, case.record.parts = server, (parts[0].record, parts[1].record)
            return parts if bounded.relaxed.on[server] < 0.5 else (parts[1], parts[0])
        found = choose_user(self.offers, bounded.relaxed.weight, case.live)
        if found is None:
            return None
        user, among = found.user, found.among
        other = case.live & (self.offers.user == user) & ~among
        parts = case.part(case.state, case.live & ~other), case.part(case.state, case.live & ~among)
        record = case.record
        record.user, record.among, record.pieces = user, np.unique(self.offers.row[among]), found.pieces
        record.parts = parts[0].record, parts[1].record
        heavier = bounded.relaxed.weight[among].sum() >= 0.5
        return parts if heavier else (parts[1], parts[0])

    def _switched(self, case: Case, server: int, way: int) -> Case:
        state: Ints = case.state.copy()
        state[server] = way
        return case.part(state, case.live & (self.offers.server != server) if way == OFF else case.live)
