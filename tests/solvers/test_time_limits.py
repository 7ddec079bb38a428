"""Time that runs out anywhere in a method: bounds, plans and certificates hold, and what was found is kept."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from instances.certify import certify
from instances.instance import Instance
from solvers import METHODS, Limits, Stop, exact
from solvers.answer import Answer
from solvers.branch import filling
from solvers.branch import method as of_method
from tests.solvers.counted import HAIR, Counted, made, spread_out

MOST_LATE = 10
"""Questions in a row at the end: one for every step that is told so."""


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


def test_the_search_before_filling_stays_when_filling_takes_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its tree proves more than a new search that is never looked at."""
    by_patterns(monkeypatch)
    monkeypatch.setattr(of_method, "_TASTE", 12)
    instance, table, optimum = made("campus")
    clock, proven = Counted(), []

    def fill(work: Any, dual: Any) -> None:
        proven.append(work._proof().bound_j)
        clock.questions = clock.asked

    monkeypatch.setattr(of_method._Work, "_fill", fill)
    answer = METHODS["branch"].solve(table, limits=Limits(nodes=50), rng=np.random.default_rng(0), clock=clock)
    right(answer, instance, optimum)
    assert answer.stop is Stop.TIME and answer.certificate is not None
    assert [answer.certificate.bound_j] == proven


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
