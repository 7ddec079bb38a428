"""Time that runs out in a long step: it ends there, what it says holds, and what was not done can be done later."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from formulations.parts.unit_columns import list_columns
from instances.options import OptionTable
from solvers import Stop
from solvers.answer import Clock
from solvers.branch import search as of_search
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
from tests.solvers.counted import AMPLE, HAIR, Counted, made, spread_out


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
    assert short.master.solve() is None


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
            assert questions < begun and clock.late <= 4  # two servers at a time
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


def search_of(table: OptionTable, clock: Clock) -> Search:
    """Over whole pieces, from no prices at all."""
    offers, dual = Pieces(table), Dual(table)
    rates = Rates(np.zeros((2 + len(table.stocks), table.n_servers)))
    root = root_of(offers, Record(rates, -math.inf))
    fit = Fitting(offers, dual, rates.prices[:3], np.random.default_rng(0), Counted())
    return Search(offers, root, 1.01 * ceiling_j(dual), 1e-6, None, math.inf, fit, clock)


@pytest.mark.parametrize("kind", ["campus", "light"])
def test_a_search_that_ran_out_of_time_goes_on_to_the_optimum(kind: str) -> None:
    """A case that was not settled in time is not lost, and not taken for settled."""
    _, table, optimum = made(kind)
    clock = Counted(0)
    search, stops = search_of(table, clock), []
    for more in (*range(1, 30), AMPLE):
        clock.questions = clock.asked + more
        stops.append(search.run(None))
        while stops[-1] is Stop.ROUNDS and more == AMPLE:
            stops.append(search.run(None))
        assert search.bound_j <= optimum * (1 + HAIR) and clock.late <= 4
    assert stops[0] is Stop.TIME and stops[-1] is Stop.FINISHED
    assert search.best_j == pytest.approx(optimum, rel=2e-6)


def test_servers_that_there_is_no_time_to_try_teach_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A split is made all the same, of parts that prove no less."""
    _, table, optimum = made("campus")
    choose, clock, tried = of_search.choose_server, Counted(), []

    def late(case: Any, bounded: Any, experience: Any, static_j: Any, attempt: Any) -> int | None:
        if not tried:
            clock.questions = clock.asked
        before = experience.times.sum()
        found = choose(case, bounded, experience, static_j, attempt)
        if found is not None:
            tried.append(int(experience.times.sum() - before))
        return found

    monkeypatch.setattr(of_search, "choose_server", late)
    search = search_of(table, clock)
    stops = []
    while not stops or stops[-1] is not Stop.FINISHED:
        clock.questions = AMPLE
        stops.append(search.run(None))
        assert search.bound_j <= optimum * (1 + HAIR)
    assert stops[0] is Stop.TIME and tried[0] == 0
    assert search.best_j == pytest.approx(optimum, rel=2e-6)
