"""Branch and price as a method."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np

from formulations.program import Decision
from instances.certificate import Certificate, Node
from instances.columns import Bools, Ints
from instances.options import OptionTable
from solvers.answer import Answer, Clock, Limits, Stop, relative_gap
from solvers.branch.bound import lagrangian
from solvers.branch.cases import Record, root_of
from solvers.branch.filling import Filling
from solvers.branch.fitting import Fitting
from solvers.branch.offers import Offers, Shares
from solvers.branch.pieces import Pieces
from solvers.branch.proof import certificate_of
from solvers.branch.rates import Rates
from solvers.branch.search import Search
from solvers.corridor import line_of
from solvers.heuristics.incumbent import name_users
from solvers.no_plan import no_option, no_plan
from solvers.objective import decision_cost
from solvers.prices.ascent import climb, first_prices
from solvers.prices.dual import Dual, Point
from solvers.prices.maximise import ceiling_j, maximise
from solvers.prices.primal import Rounding
from solvers.registry import Kind, method

__all__ = ["Branch"]

_FIRST_ROUNDS = 6
_ROUNDS, _NEAR = 10, 1e-5
"""Evaluations, and how near to the best prices they should lead: the search settles them anyway."""
_SETTLED = 5000
"""Users up to which that pays."""
_DEAR = 1.01
_SHARP = 12
_SKETCH = 30
"""Nodes with continuous shares before whole pieces are looked at: their bound is weaker, but leaves few options."""
_TASTE, _POOR = 2, 0.01
"""Nodes after which, and gap above which, servers are filled in other ways (whole pieces)."""
_FEW, _LONG, _NEARLY = 100, 200, 1e-3
"""With no more users, pieces are searched first: nodes after which, and gap above which, servers are filled."""
_SHORT = 20
"""Instead of that, where servers lie along a line that can be settled as a whole."""
_MOST_CELLS = 3e8
"""Pieces (blocks × units) of all options together up to which they are listed."""


@method
class Branch:
    """Prices bound every case; cases split by servers on or off, then by what users choose.

    ``limits.nodes``: cases looked at. The certificate is the tree of cases with the prices of each; under `units` that
    of the search over whole pieces, of a short one with continuous shares, of patterns or of a row, whichever proves
    most. Where there is no plan it is the tree that ruled out every case, without costs (docs/theory.md, P43).
    """

    name = "branch"
    title = "branch and price: prices bound every case, the tree is the proof"
    kind: Kind = "exact"
    guarantee: str | None = "gap ≤ limits.gap"
    reference = "docs/theory.md, P5 and P15; Barnhart et al., Operations Research 1998"

    def supports(self, table: OptionTable) -> str | None:
        """Any instance."""
        return None

    def solve(self, table: OptionTable, *, limits: Limits, rng: np.random.Generator, clock: Clock) -> Answer:
        """Prices for all options, a first plan, then the search over what is left."""
        work = _Work(table, limits, clock, rng)
        try:
            stop, message = work.run()
        except KeyboardInterrupt:
            stop, message = Stop.INTERRUPTED, ""
        return work.answer(stop, message)


@dataclasses.dataclass(eq=False)
class _Work:
    """Best plan (rows of ``table``) and bound so far, and the search that goes on.

    ``certificate`` of earlier searches; ``heard``: makes the proof of ``heard_j``, of patterns or of a row.
    """

    table: OptionTable
    limits: Limits
    clock: Clock
    rng: np.random.Generator
    best: Decision | None = None
    best_j: float = math.inf
    point: Point | None = None
    bound_j: float = -math.inf
    kept: Ints = dataclasses.field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    sieves: list[Rates] = dataclasses.field(default_factory=list)
    nodes: int = 0
    search: Search | None = None
    certificate: Certificate | None = None
    heard_j: float = -math.inf
    heard: Callable[[], Node] | None = None

    def run(self) -> tuple[Stop, str]:
        dual = Dual(self.table)
        if len(dual.stuck):
            return Stop.INFEASIBLE, f"{name_users(dual.stuck)} cannot meet the deadline in any way"
        self.point = climb(dual, first_prices(dual), _FIRST_ROUNDS, heard=self._hear, clock=self.clock)
        if self.table.n_users <= _SETTLED:
            self.point = maximise(dual, self.point.prices, rounds=_ROUNDS, tolerance=_NEAR, clock=self.clock,
                                  heard=self._hear).point  # fmt: skip
        self.point = dual.at(self.point.prices, steps=_SHARP)
        self._hear(self.point)
        self._keep(Rounding(dual, self.point).fit(self.point.chosen))
        if self.clock.left_s <= 0:
            return Stop.TIME, ""
        self._begin(Shares, self._useful(dual), Record(Rates(self.point.prices), self.point.bound_j), [])
        stop = self._whole(dual) if self.table.allocation == "units" else self._go_on(None)
        assert self.search is not None
        if self.search.empty:
            return Stop.INFEASIBLE, "no choice of options fits deadlines and capacities together"
        return stop, "no further progress at working precision" if stop is Stop.STALLED else ""

    def _whole(self, dual: Dual) -> Stop:
        """Search over whole pieces; where that does not get on, servers are filled in other ways on the way."""
        few, row = self.table.n_users <= _FEW, line_of(self.table) is not None
        stop = self._first_nodes(few, row)
        if stop not in (Stop.NODES, Stop.STALLED) or self._nodes_left == 0:
            return stop
        self.take_over()
        if relative_gap(self.best_j, self.bound_j) <= (_NEARLY if few else _POOR):
            return self._go_on(None) if few and not row else self._by_pieces(None)
        self._fill(dual)
        if self._done:
            return Stop.FINISHED
        if self.clock.left_s <= 0:  # a search that is never looked at would prove less
            return Stop.TIME
        self._note(self._proof())
        self._begin_anew(dual)
        return self._by_pieces(None)

    def _note(self, certificate: Certificate | None) -> None:
        """Keep a certificate that proves more than those before it."""
        if certificate is not None and (self.certificate is None or certificate.bound_j > self.certificate.bound_j):
            self.certificate = certificate

    def _first_nodes(self, few: bool, row: bool) -> Stop:
        """A few cases with little effort, which may end it where capacity is ample.

        As long as no plan is known it is not: then a row finds one sooner.
        """
        if not row:
            return self._by_pieces(_LONG) if few else self._go_on(_TASTE)
        if self.best is None and not few:
            return Stop.NODES
        stop = self._go_on(1)
        self.take_over()
        return self._go_on(_SHORT) if few and self.best is not None and stop is Stop.NODES else stop

    def _by_pieces(self, most: int | None) -> Stop:
        """A sketch with continuous shares, then at most so many nodes with whole pieces."""
        stop = self._go_on(_SKETCH)
        if stop not in (Stop.NODES, Stop.STALLED) or self._nodes_left == 0:
            return stop
        if self._listable:
            self._note(self._proof())
            if not self._begin_again(Pieces):
                return Stop.TIME
        return self._go_on(most)

    @property
    def _done(self) -> bool:
        """Whether plan and bound, certified or not, are as near as was asked for."""
        return relative_gap(self.best_j, self.bound_j) <= self.limits.gap

    def _fill(self, dual: Dual) -> None:
        """A better plan and bound, before options are left out."""
        assert self.point is not None
        record = Record(Rates(self.point.prices), self.point.bound_j)
        Filling(
            self.table, dual, self.point, _DEAR * ceiling_j(dual) + 1e-9, self.limits, self.clock, self.rng,
            self._keep, self._prove,
        ).run(lambda pieces: root_of(pieces, record))  # fmt: skip

    def _prove(self, bound_j: float, proof: Callable[[], Node] | None) -> float:
        """Take a bound, if it is better; the best, J."""
        bound_j *= 1 - 1e-9
        if proof is not None and self.heard_j < bound_j < math.inf:
            self.heard_j, self.heard = bound_j, proof
        self.bound_j = max(self.bound_j, bound_j)
        self.clock.report(self.best_j, self.bound_j)
        return self.bound_j

    def _go_on(self, most: int | None) -> Stop:
        """Search, with ``most`` nodes, afresh whenever it has outgrown its options."""
        end = None if most is None else self.nodes + most
        while True:
            left = [n for n in (self._nodes_left, None if end is None else end - self.nodes) if n is not None]
            assert self.search is not None
            stop = self.search.run(min(left) if left else None)
            if stop is not Stop.ROUNDS:
                return stop
            if not self._begin_again(type(self.search.offers)):
                return Stop.TIME

    @property
    def _nodes_left(self) -> int | None:
        return None if self.limits.nodes is None else max(0, self.limits.nodes - self.nodes)

    @property
    def _listable(self) -> bool:
        """Whether the columns of the options that are left can be listed."""
        assert self.search is not None
        table = self.table.take(self.kept[np.unique(self.search.offers.row[self.search.useful])])
        at = table.server[~table.is_local]
        return bool((table.blocks[at] * table.units[at]).sum() <= _MOST_CELLS)

    def _begin(self, kind: Callable[[OptionTable], Offers], kept: Ints, record: Record, sieves: list[Rates]) -> bool:
        """Search the options that are left by some sieves, from the prices of a record on; False without the time."""
        table = self.table.take(kept)
        offers = Pieces.in_time(table, self.clock) if kind is Pieces else kind(table)
        if offers is None:
            return False
        dual, rates = Dual(table), record.rates
        root = root_of(offers, record)
        if isinstance(offers, Pieces):  # many, and few of them are of use
            priced = offers.price(rates, root.live, sharp=True)
            extra = lagrangian(table, root, rates, priced) + (priced.value - priced.least[offers.user])
            offers = offers.take(np.flatnonzero(extra <= self.best_j * (1 + 1e-9)))
            root = root_of(offers, record)
        best = self.best
        if best is not None:
            best = dataclasses.replace(best, chosen=np.searchsorted(kept, best.chosen))
        search = Search(
            offers, root, _DEAR * ceiling_j(dual) + 1e-9, self.limits.gap, best, self.best_j,
            Fitting(offers, dual, rates.prices, self.rng, self.clock), self.clock,
        )  # fmt: skip
        self.nodes += 0 if self.search is None else self.search.nodes
        self.kept, self.sieves, self.search = kept, [*sieves, rates], search  # together: an interrupt may come
        return True

    def _begin_again(self, kind: Callable[[OptionTable], Offers]) -> bool:
        """Search afresh from the best plan and the root's prices, with the options that these leave; see `_begin`."""
        old, kept = self.search, self.kept
        assert old is not None
        self.take_over()
        rows = old.offers.row[old.useful]
        if self.best is not None:
            rows = np.concatenate([rows, np.searchsorted(kept, self.best.chosen)])
        record = old.root.record  # without a sieve where the nodes ran out before its root was looked at
        again = record if record.sieve is None else Record(record.sieve, old.sieved_j)
        return self._begin(kind, kept[np.unique(rows)], Record(again.rates, again.bound_j), self.sieves)

    def _begin_anew(self, dual: Dual) -> None:
        """Search afresh from the prices for all options, with those that the best plan leaves."""
        assert self.point is not None
        self._begin(Shares, self._useful(dual), Record(Rates(self.point.prices), self.point.bound_j), [])

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
        nodes, options = (0, self.table) if self.search is None else (self.search.nodes, self.kept)
        detail = {"nodes": float(self.nodes + nodes), "options": float(len(options))}
        last = self._proof()
        heard = None if self.heard is None else Certificate(self.heard(), self.heard_j, whole=True)
        certificate = max(filter(None, (last, self.certificate, heard)), key=lambda proof: proof.bound_j, default=None)
        if stop is Stop.INFEASIBLE:  # without any prices some user has no option
            certificate = no_option(self.table.n_servers) if last is None else no_plan(last)
        return Answer(self.best, stop, bound, self.best_j, tuple(self.clock.trace), message, detail, None, certificate)

    def _proof(self) -> Certificate | None:
        return certificate_of(self.table, self.point, self.search, self.sieves, self.kept)

    def _hear(self, point: Point) -> None:
        if self.point is None or point.bound_j > self.point.bound_j:
            self.point = point
            self.bound_j = point.bound_j
        self.clock.report(self.best_j, self.bound_j)

    def _keep(self, decision: Decision | None) -> float:
        """Take a plan, if it is better; what the best costs, J."""
        cost = math.inf if decision is None else decision_cost(self.table, decision)
        if decision is not None and cost < self.best_j:
            self.best, self.best_j = decision, cost
            self.clock.found(self.table, decision)
            self.clock.report(cost)
        return self.best_j

    def _useful(self, dual: Dual) -> Ints:
        """Rows that some plan better than the best may use, by P5(d)."""
        assert self.point is not None
        value = dual.worth_j
        enough = self.best_j * (1 + 1e-9)
        extra = value - self.point.value_j[self.table.user]
        useful: Bools = np.isfinite(value) & (self.point.bound_j + extra <= enough)
        if self.best is not None:
            useful[self.best.chosen] = True
        return np.flatnonzero(useful)
