"""Parts of the row, settled one by one, then joined two by two until one is left: bounds on the way, then the optimum.

The least excess of a part (users who reach beyond it may be left to others) bounds what its servers add to the bound
of payments. Two parts joined have at least the excess of both; so what a server of one may take is at most the excess
looked for, less that of all others: few sets. The excess looked for grows until a pass gets through (iterative
deepening: Korf, Artificial Intelligence 1985; parts that bound one another: Russian doll search, Verfaillie et al.,
AAAI 1996).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from formulations.parts.unit_columns import UnitColumns
from instances.certificate import Part, Payments
from instances.columns import Bools, Floats, Ints
from instances.options import LOCAL, OptionTable
from solvers.answer import Clock
from solvers.corridor.choices import Choice, LateError, TooWideError
from solvers.corridor.line import Line
from solvers.corridor.passes import Row, walk
from solvers.patterns.stands import stands_of

__all__ = ["Corridor"]

_WIDTH = 2.5
"""Excess of sets that are looked for at first, in mean payments of a user."""
_STEP, _LONGER = 0.05, 1.6
"""Excess that is looked for beyond what is known, in mean payments; by how much more when that was too little."""
_STATES, _MOST_USERS = 100_000, 26
_FEW = ((10_000, 2_000, None), (10_000, 20_000, 200))
"""When looking for a good plan: states that go on, sets of a server at most, and sets for each state."""
_LONG = 300
"""Servers from which on the second of these takes too long."""
_THREADS = 2
_FORESIGHT = 8
"""Servers of a part on average from which on plans are made of parts."""
_ROLLED, _WIDENED = (5_000, 200), 20
"""For these: states that go on, sets for each; how often more excess is allowed."""
_ROUNDING = 1e-12


@dataclasses.dataclass(eq=False)
class _Part:
    """Places ``start`` to ``stop``.

    ``before`` [places + 1]: least excess of the first ones; ``behind``: of those from each on; ``sets``: of the
    optimum, once the part is settled; ``stuck``: whether settling it, or a part of it, was too much.
    """

    start: int
    stop: int
    before: Floats
    behind: Floats
    sets: list[int] | None = None
    stuck: bool = False

    @property
    def worth(self) -> float:
        return float(self.before[-1])

    def raise_to(self, worth: float) -> None:
        self.before[-1] = self.behind[0] = worth

    def joined(self, other: _Part) -> _Part:
        return _Part(
            self.start, other.stop, np.append(self.before, self.worth + other.before[1:]),
            np.append(self.behind[:-1] + other.worth, other.behind), stuck=self.stuck or other.stuck,
        )  # fmt: skip


class Corridor:
    """Servers in a row over some columns.

    ``bound_j``: below the cost of every choice of columns. ``held`` [n_users]: column of each user in the optimum, once
    it is found, else None.

    Args:
        table: all options. columns: what users can choose from, those without a server too.
        line: the row. paid_j: [n_users] what users pay, J; any, good ones make it quick.
        dear_j: more than any plan costs. clock: its limit ends everything.

    Raises:
        TooWideError: too many users reach a server.
    """

    def __init__(
        self, table: OptionTable, columns: UnitColumns, line: Line, paid_j: Floats, dear_j: float, clock: Clock
    ) -> None:
        self._columns, self._clock, self._line, self._dear_j = columns, clock, line, dear_j
        local = np.flatnonzero(columns.server == LOCAL)
        self._local = np.full(table.n_users, -1, dtype=np.int64)
        self._local[columns.user[local]] = local
        alone = np.full(table.n_users, np.inf)
        alone[columns.user[local]] = columns.cost_j[local]
        paid = np.minimum(np.maximum(paid_j, 0.0), alone)
        pieces = np.stack([table.blocks, table.units])
        self._paid, self._excess = paid, dict[tuple[int, int], float]()
        self._stands = stands_of(pieces, columns.server, columns.user, columns.blocks, columns.units)
        mean = float(paid.mean()) if table.n_users else 0.0
        regret = _regret(columns, line, paid)
        worth = columns.cost_j - paid[columns.user]
        static = table.static_j[line.server].tolist()
        # NumPy releases the lock in long steps. What has not begun when one fails, or at Ctrl-C, is not begun.
        pool = ThreadPoolExecutor(_THREADS)
        try:
            choices = list(pool.map(lambda k: self._choice(k, worth, static[k], regret, _WIDTH * mean),
                                    range(len(static))))  # fmt: skip
        finally:
            pool.shutdown(cancel_futures=True)
        self._row = Row(line, choices, alone - paid, regret)
        self._base = [*paid.tolist(), *(c.least_j for c in choices), *(alone - paid)[line.last < 0].tolist()]
        self._step = _STEP * mean + _ROUNDING
        self._parts = [_Part(k, k + 1, np.zeros(2), np.zeros(2)) for k in range(len(choices))]
        self.held: Ints | None = None

    def _choice(self, place: int, worth: Floats, static_j: float, regret: Floats, width: float) -> Choice:
        stand = self._stands[int(self._line.server[place])]
        users = np.unique(stand.user)
        fresh = self._line.first[users] == place
        mine = worth[stand.column]
        return Choice(stand, mine, static_j, regret[users, place], fresh, width, _MOST_USERS, self._clock)

    @property
    def bound_j(self) -> float:
        """From the parts as they are."""
        terms = [*self._base, *(part.worth for part in self._parts)]
        return math.fsum(terms) - _ROUNDING * math.fsum(abs(term) for term in terms)

    def proof(self) -> Payments:
        """What proves `bound_j`: the parts that were joined, each after its halves."""
        parts = tuple(Part(start, stop, worth) for (start, stop), worth in self._excess.items())
        none = np.zeros((2, len(self._line.server)))
        return Payments(self._paid, none, tuple(self._line.server.tolist()), parts)

    def plan(self) -> Ints | None:
        """[n_users] a column of each user: good, not best; None when no such plan is found.

        Only the states of least excess go on, each with its sets of least excess (beam search: Ow and Morton,
        International Journal of Production Research 1988).
        """
        places = range(len(self._line.server))
        for states, known, each in _FEW[: 1 if len(places) > _LONG else None]:
            most = np.full(len(places), np.inf)
            try:
                passed = walk(self._row, places, self._best(known), most, states, each, self._clock)
            except LateError:
                break
            if passed.sets is not None:
                return self._decoded(passed.sets)
        return None

    def run(self, enough: Callable[[], bool], offer: Callable[[Ints], bool] | None = None) -> bool:
        """Join parts until one is left and settled; whether it was.

        Args:
            enough: asked after each pass, ends it.
            offer: takes plans [n_users] on the way, if any are wanted, and says when one is enough.
        """
        if len(self._parts) == 1:
            self._settle(self._parts[0], enough)
        while len(self._parts) > 1:
            for k in range(len(self._parts) // 2):
                self._parts[k : k + 2] = [self._parts[k].joined(self._parts[k + 1])]
                if self._settle(self._parts[k], enough) or self._clock.left_s <= 0:
                    return False
            if offer is not None and 1 < len(self._parts) <= len(self._line.server) // _FORESIGHT:
                held = self.rolled()
                if held is not None and offer(held):
                    return False
        if self._parts and self._parts[0].sets is None:
            return False
        self.held = self._decoded(self._parts[0].sets or [] if self._parts else [])
        return True

    def rolled(self) -> Ints | None:
        """[n_users] a column of each user; None when no such plan is found.

        Parts are decided from first to last, each with the next one in view (rolling horizon).
        """
        sets: list[int] = []
        served = np.zeros(len(self._local), dtype=bool)
        for k, part in enumerate(self._parts):
            view = part.joined(self._parts[k + 1]) if k + 1 < len(self._parts) else part
            found = self._through(view, served)
            if found is None:
                return None
            for place, members in enumerate(found[: part.stop - part.start], part.start):
                users = self._row.choices[place].users
                served[users[(members >> np.arange(len(users)) & 1) != 0]] = True
                sets.append(members)
        return self._decoded(sets)

    def _through(self, view: _Part, served: Bools) -> list[int] | None:
        """Good sets of some places after what was decided before them; None when none are found."""
        step, places, ahead = self._step, range(view.start, view.stop), view.behind[1:]
        active = self._row.line.active[view.start]
        before = sum(1 << bit for bit in np.flatnonzero(served[active]).tolist())
        for _ in range(_WIDENED):
            most = view.worth + step
            offers = self._offers(view, most - view.before[:-1] - ahead)
            try:
                passed = walk(self._row, places, offers, most - ahead, _ROLLED[0], _ROLLED[1], self._clock, before)
            except (LateError, TooWideError):
                return None
            if passed.sets is not None:
                return passed.sets
            step *= _LONGER
        return None

    def _settle(self, part: _Part, enough: Callable[[], bool]) -> bool:
        """Raise the excess of a part to its least, and note the set of every place; gives up where that is too much.

        Returns whether what is known after a pass is enough.
        """
        step, places = self._step, range(part.start, part.stop)
        self._excess[part.start, part.stop] = part.worth
        while not part.stuck and self._clock.left_s > 0:
            most = part.worth + step
            ahead = part.behind[1:]
            width = most - part.before[:-1] - ahead
            try:
                passed = walk(self._row, places, self._offers(part, width), most - ahead, _STATES, None, self._clock)
            except LateError:
                break
            except TooWideError:
                part.stuck = True
                break
            if passed.sets is not None:
                # Without some states the best one that is left proves nothing.
                part.sets, part.stuck = (passed.sets, False) if passed.complete else (None, True)
                if passed.complete:
                    self._raise(part, float(passed.after[-1]))
                break
            part.stuck = not passed.complete or self.bound_j > self._dear_j
            if not part.stuck:
                self._raise(part, most)
                if enough():
                    return True
            step *= _LONGER
        return enough()

    def _raise(self, part: _Part, worth: float) -> None:
        part.raise_to(worth)
        self._excess[part.start, part.stop] = worth

    def _offers(self, part: _Part, width: Floats) -> Callable[[int], tuple[Ints, Ints, Floats]]:
        return lambda k: self._row.choices[part.start + k].sets(float(width[k]))

    def _best(self, count: int) -> Callable[[int], tuple[Ints, Ints, Floats]]:
        return lambda place: self._row.choices[place].best(count)

    def _decoded(self, sets: list[int]) -> Ints:
        held = self._local.copy()
        for place, members in enumerate(sets):
            choice, server = self._row.choices[place], int(self._line.server[place])
            columns = self._stands[server].column[choice.columns(members)]
            held[self._columns.user[columns]] = columns
        return held


def _regret(columns: UnitColumns, line: Line, paid: Floats) -> Floats:
    """[n_users, places] what a user pays more than its cheapest column beyond a place, at least 0."""
    place = np.empty(len(line.server), dtype=np.int64)
    place[line.server] = np.arange(len(line.server))
    remote = np.flatnonzero(columns.server != LOCAL)
    least = np.full((len(paid), len(place) + 1), np.inf)
    np.minimum.at(least, (columns.user[remote], place[columns.server[remote]]), columns.cost_j[remote])
    later = np.minimum.accumulate(least[:, ::-1], axis=1)[:, ::-1][:, 1:]
    return np.asarray(np.maximum(paid[:, None] - later, 0.0))
