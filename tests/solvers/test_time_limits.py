"""Time that runs out anywhere: every long step ends there, what is said until then holds, and the rest can go on.

Time is counted in questions to the clock, not in seconds: after so many nothing is left.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from formulations.parts.unit_columns import list_columns
from instances.certify import certify
from instances.expand import expand
from instances.generate import generate
from instances.instance import Instance
from instances.options import OptionTable
from solvers import METHODS, Limits, Stop, exact, solve
from solvers.answer import Answer, Clock
from solvers.branch import filling
from solvers.branch import method as of_method
from solvers.branch.bound import bound_case
from solvers.branch.cases import Record, root_of
from solvers.branch.fitting import Fitting
from solvers.branch.master import Master
from solvers.branch.offers import Offers, Shares
from solvers.branch.pieces import Pieces
from solvers.branch.rates import Rates
from solvers.branch.search import Search
from solvers.corridor import Corridor, line_of
from solvers.corridor.choices import Choice, LateError
from solvers.corridor.passes import walk
from solvers.patterns import Generation
from solvers.patterns.stands import stands_of
from solvers.prices.ascent import first_prices
from solvers.prices.dual import Dual
from solvers.prices.interior import Interior
from solvers.prices.maximise import ceiling_j, maximise

HAIR = 1e-9
AMPLE = 10**9
MOST_LATE = 10
"""Questions in a row at the end: one for every step that is told so."""
KINDS = {"campus": ("campus", 12, 3, 1.2), "road": ("roadside", 12, 4, 1.5), "light": ("roadside", 12, 5, 0.3)}


class Counted(Clock):
    """Has time for so many questions."""

    def __init__(self, questions: int = AMPLE) -> None:
        super().__init__(Limits())
        self.questions, self.asked = questions, 0

    @property
    def left_s(self) -> float:
        self.asked += 1
        return 1e6 if self.asked <= self.questions else 0.0

    @property
    def late(self) -> int:
        """Questions asked after the time was up."""
        return max(0, self.asked - self.questions)


@cache
def made(kind: str) -> tuple[Instance, OptionTable, float]:
    """An instance, its options, and the optimum by the program over columns; light: servers had better be off."""
    generator, users, servers, load = KINDS[kind]
    instance = generate(generator, users=users, servers=servers, seed=1, allocation="units", blocks=8, units=4,
                        load=load)  # fmt: skip
    return instance, expand(instance), solve(instance, "joint_units", limits=Limits(gap=HAIR)).objective_j


def spread_out(total: int, count: int) -> list[int]:
    """Numbers of questions from none to all, more of the few."""
    return sorted({0, 1, 2, *(int(x) for x in np.geomspace(3, max(4, total - 1), count))})


def right(answer: Answer, instance: Instance, optimum: float) -> None:
    """Bound and plan on their sides of the optimum; the certificate proves what it says."""
    assert answer.bound_j <= optimum * (1 + HAIR)
    assert answer.objective_j >= optimum * (1 - 1e-7)
    if answer.certificate is not None:
        assert certify(instance, answer.certificate).bound_j >= answer.certificate.bound_j * (1 - 1e-9)
        assert answer.certificate.bound_j <= optimum * (1 + HAIR)


def as_a_row(patch: pytest.MonkeyPatch) -> None:
    """Filled along the row, as for many users."""
    patch.setattr("solvers.branch.method._FEW", 0)


def by_patterns(patch: pytest.MonkeyPatch) -> None:
    """Filled server by server, from few columns, so that there is more to do for bound and plan."""
    as_a_row(patch)
    patch.setattr(filling, "_MOST_COLUMNS", {True: 150, False: 150})
    for module in (filling, of_method):
        patch.setattr(module, "line_of", lambda table: None)


def by_columns(patch: pytest.MonkeyPatch) -> None:
    """Filled by a program over columns."""
    by_patterns(patch)
    patch.setattr(filling, "_SMALL", 0.0)


CASES = [
    ("branch", "campus", lambda patch: None), ("branch", "light", lambda patch: None), ("branch", "road", as_a_row),
    ("branch", "campus", by_patterns), ("branch", "campus", by_columns), ("corridor", "road", as_a_row),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kind", "how"), CASES)
def test_a_method_ends_wherever_its_time_does(
    name: str, kind: str, how: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bounds, plans and certificates hold at every end; all that was told is kept, and more time proves no less."""
    how(monkeypatch)
    monkeypatch.setattr(filling, "_PACKINGS", 2)
    instance, table, optimum = made(kind)
    limits, stops, bounds = Limits(gap=1e-4, nodes=8), set(), []

    def run(clock: Counted) -> Answer:
        return METHODS[name].solve(table, limits=limits, rng=np.random.default_rng(0), clock=clock)

    whole = Counted()
    right(run(whole), instance, optimum)
    for questions in spread_out(whole.asked, 20):
        clock = Counted(questions)
        answer = run(clock)
        right(answer, instance, optimum)
        assert clock.late <= MOST_LATE
        assert answer.objective_j <= clock.best_j and answer.bound_j >= clock.bound_j * (1 - HAIR)
        stops.add(answer.stop)
        bounds.append(answer.bound_j)
    assert Stop.TIME in stops and len(set(bounds)) > 2
    assert all(a <= b * (1 + 1e-6) for a, b in itertools.pairwise(bounds))


@pytest.mark.parametrize("questions", [0, 1, 2, 3, 6, 9])
@pytest.mark.parametrize("kind", [Shares, Pieces])
def test_the_bound_of_a_case_ends_and_holds(kind: type[Offers], questions: int) -> None:
    """Rounds end, and the linear program with them; the prices so far give the bound."""
    _, table, optimum = made("campus")
    offers, clock = kind(table), Counted(questions)
    case = root_of(offers, Record(Rates(np.full((2 + len(table.stocks), table.n_servers), 0.1)), -math.inf))
    bounded = bound_case(Master(offers, ceiling_j(Dual(table)), clock), case, math.inf, 60, 1e-9)
    assert -math.inf < bounded.bound_j <= optimum * (1 + HAIR)
    assert not bounded.settled and clock.late <= 1


def test_columns_are_listed_in_time_or_not_at_all() -> None:
    table = made("campus")[1]
    whole = Counted()
    listed, plain = Pieces.in_time(table, whole), list_columns(table)
    assert listed is not None
    for name in ("option", "blocks", "units", "cost_j", "user", "server"):
        assert (getattr(listed.listed, name) == getattr(plain, name)).all()
    for questions in (0, 1, whole.asked - 1):
        clock = Counted(questions)
        assert Pieces.in_time(table, clock) is None and clock.late == 1


def test_patterns_end_with_a_bound_or_none() -> None:
    """A round that does not get through all servers tells no bound, and keeps its patterns."""
    _, table, optimum = made("campus")
    columns, paid = list_columns(table), np.full(table.n_users, 0.2)
    found = []
    for questions in range(0, 60, 3):
        clock = Counted(questions)
        generation = Generation(table, columns, paid, clock)
        generation.exact(30, 1e-6)
        assert generation.bound_j <= optimum * (1 + HAIR) and clock.late <= 2
        found.append(generation.bound_j)
    assert math.isinf(found[0]) and math.isfinite(found[-1])
    assert all(a <= b for a, b in itertools.pairwise(found))
    short = Generation(table, columns, paid, Counted(2))
    before = len(short.master)
    value, new = short.look(np.full(table.n_users, 10.0))
    assert value == -math.inf and new == 2 and len(short.master) == before + 2


def test_a_row_ends_with_the_bound_of_its_last_pass() -> None:
    """Between servers, within passes and between parts: bounds hold, and only a pass that ended raises them."""
    _, table, optimum = made("road")
    line, columns, paid = line_of(table), list_columns(table), np.full(table.n_users, 0.1)
    assert line is not None
    whole, ends, early = Counted(), set(), 0
    corridor = Corridor(table, columns, line, paid, math.inf, whole)
    begun = whole.asked
    assert corridor.run(lambda: False) and corridor.bound_j == pytest.approx(optimum, rel=1e-7)
    for questions in spread_out(whole.asked, 12):
        clock = Counted(questions)
        try:
            corridor = Corridor(table, columns, line, paid, math.inf, clock)
        except LateError:
            assert questions < begun and clock.late == 1
            early += 1
            continue
        done = corridor.run(lambda: False)
        ends.add(done)
        assert corridor.bound_j <= optimum * (1 + HAIR) and clock.late <= 4
        assert not done and corridor.held is None
    assert early > 0 and ends == {False}


def test_a_quick_plan_is_none_without_time() -> None:
    table = made("road")[1]
    line, columns, paid, clock = line_of(table), list_columns(table), np.full(table.n_users, 3.0), Counted()
    assert line is not None
    corridor = Corridor(table, columns, line, paid, math.inf, clock)
    assert corridor.plan() is not None
    clock.questions = clock.asked
    assert corridor.plan() is None and clock.late == 1
    with pytest.raises(LateError):
        walk(corridor._row, range(4), corridor._best(50), np.full(4, np.inf), 50, None, clock)


def test_sets_that_were_not_found_in_time_are_found_later() -> None:
    """A look that ended early has not looked: asked again with time, it tells all sets."""
    table = made("road")[1]
    columns = list_columns(table)
    stand = stands_of(np.stack([table.blocks, table.units]), columns.server, columns.user, columns.blocks,
                      columns.units)[1]  # fmt: skip
    n = len(np.unique(stand.user))
    worth = columns.cost_j[stand.column] - 0.1

    def choice(clock: Clock) -> Choice:
        return Choice(stand, worth, 0.05, np.full(n, np.inf), np.zeros(n, dtype=bool), 0.0, 24, clock)

    truth, clock = choice(Counted()).sets(10.0), Counted()
    mine = choice(clock)
    few = len(mine.sets(0.0)[0])
    clock.questions = clock.asked + 2
    with pytest.raises(LateError):
        mine.sets(10.0)
    clock.questions = AMPLE
    found = mine.sets(10.0)
    assert len(found[0]) > few
    assert all((a == b).all() for a, b in zip(found, truth, strict=True))


def test_prices_end_at_the_best_so_far() -> None:
    """Each step of the interior-point method is the last one that there is time for."""
    _, table, optimum = made("campus")
    dual, whole = Dual(table), Counted()
    best = maximise(dual, first_prices(dual), clock=whole).point.bound_j
    for questions in range(1, whole.asked, 2):
        clock, dual = Counted(questions), Dual(table)
        found = maximise(dual, first_prices(dual), clock=clock)
        assert not found.settled and clock.late <= 2
        assert found.point.bound_j <= min(optimum, best) * (1 + 1e-7)
    dual = Dual(table)
    dual.at(first_prices(dual), steps=12)
    steps = [Interior(dual, np.arange(len(dual.work))).solve(first_prices(dual), tolerance=1e-9, clock=Counted(k)).steps
             for k in range(5)]  # fmt: skip
    assert steps == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("kind", ["campus", "light"])
def test_a_search_that_ran_out_of_time_goes_on_to_the_optimum(kind: str) -> None:
    """A case that was not settled in time is not lost, and not taken for settled."""
    _, table, optimum = made(kind)
    offers, dual, clock = Pieces(table), Dual(table), Counted(0)
    rates = Rates(np.zeros((2 + len(table.stocks), table.n_servers)))
    root = root_of(offers, Record(rates, -math.inf))
    fit = Fitting(offers, dual, rates.prices[:3], np.random.default_rng(0), Counted())
    search = Search(offers, root, 1.01 * ceiling_j(dual), 1e-6, None, math.inf, fit, clock)
    stops = []
    for more in (*range(1, 30), AMPLE):
        clock.questions = clock.asked + more
        stops.append(search.run(None))
        while stops[-1] is Stop.ROUNDS and more == AMPLE:
            stops.append(search.run(None))
        assert search.bound_j <= optimum * (1 + HAIR) and clock.late <= 4
    assert stops[0] is Stop.TIME and stops[-1] is Stop.FINISHED
    assert search.best_j == pytest.approx(optimum, rel=2e-6)


def test_the_program_over_columns_ends_wherever_its_time_does() -> None:
    """Before, while and after it is built: what was found before stays."""
    instance, table, optimum = made("campus")
    limits, whole = Limits(gap=1e-3, nodes=8), Counted()
    METHODS["exact"].solve(table, limits=limits, rng=np.random.default_rng(0), clock=whole)
    costs = []
    for questions in spread_out(whole.asked, 5):
        answer = METHODS["exact"].solve(table, limits=limits, rng=np.random.default_rng(0), clock=Counted(questions))
        right(answer, instance, optimum)
        costs.append(answer.objective_j)
    assert math.isfinite(costs[-1])


@pytest.mark.parametrize("stage", ["prune", "get_formulation"])
def test_no_program_is_built_without_time(stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither pruned nor built nor handed to HiGHS once the time is up; the first plan stays."""
    _, table, optimum = made("campus")
    clock, step = Counted(), getattr(exact, stage)

    def slow(*given: Any) -> Any:
        clock.questions = clock.asked
        return step(*given)

    monkeypatch.setattr(exact, stage, slow)
    monkeypatch.setattr(exact, "_from_quick_start", lambda *given: pytest.fail("there is no time for it"))
    answer = METHODS["exact"].solve(table, limits=Limits(), rng=np.random.default_rng(0), clock=clock)
    assert answer.stop is Stop.TIME and answer.bound_j == -math.inf
    assert optimum * (1 - 1e-7) <= answer.objective_j < math.inf
