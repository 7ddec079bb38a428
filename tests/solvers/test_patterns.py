"""Patterns: best sets by enumeration, bounds below the optimum, plans where repair finds poor ones or none."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from benchmarks.peers.family import Place, build
from formulations.joint_units import build_program
from formulations.parts.unit_columns import UnitColumns, list_columns
from instances.columns import Floats
from instances.expand import expand
from instances.options import LOCAL, OptionTable
from solvers import METHODS, Limits, solve
from solvers.answer import Clock
from solvers.highs import solve_program
from solvers.patterns import Descent, Generation, Windows
from solvers.patterns.stands import Stand, stands_of
from tests.builders import tiny_instance


def clock() -> Clock:
    return Clock(Limits())


def generation_of(table: OptionTable, paid_j: Floats) -> Generation:
    return Generation(table, list_columns(table), paid_j, clock())


def relaxed(table: OptionTable, columns: UnitColumns) -> float:
    """Value of the linear program over the columns, with its rows for links."""
    return solve_program(build_program(table, columns, integer=False), Limits()).objective


def crowded(users: int = 20) -> OptionTable:
    return expand(build(Place("roadside", users, "overloaded", True, "units", 1)))


def random_stand(rng: np.random.Generator) -> Stand:
    k = int(rng.integers(1, 13))
    user = np.sort(rng.integers(0, 4, k))
    pieces = int(rng.integers(1, 8)), int(rng.integers(1, 6))
    blocks, units = rng.integers(0, pieces[0] + 1, k), rng.integers(0, pieces[1] + 1, k)
    [stand] = stands_of(np.array(pieces)[:, None], np.zeros(k, dtype=np.int64), user, blocks, units)
    return stand


def best_by_enumeration(stand: Stand, value: Floats, pieces: tuple[int, int]) -> float:
    """Least value of all sets that fit, one column a user at most."""
    per_user = [[None, *np.flatnonzero(stand.user == i).tolist()] for i in np.unique(stand.user)]
    least = 0.0
    for picks in itertools.product(*per_user):
        rows = np.array([p for p in picks if p is not None], dtype=np.int64)
        if stand.blocks[rows].sum() <= pieces[0] and stand.units[rows].sum() <= pieces[1]:
            least = min(least, float(value[stand.column[rows]].sum()))
    return least


def test_p36_sets_are_best_and_fit() -> None:
    """`pack` agrees with enumeration; `guess` is a set that fits, never better."""
    taken = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        stand = random_stand(rng)
        value = rng.normal(-0.5, 1.0, len(stand.column)) * 10.0 ** rng.integers(-3, 3)
        best = best_by_enumeration(stand, value, stand.pieces)
        for packed, exact in ((stand.pack(value), True), (stand.guess(value), False)):
            rows = np.flatnonzero(np.isin(stand.column, packed.columns))
            assert stand.blocks[rows].sum() <= stand.pieces[0] and stand.units[rows].sum() <= stand.pieces[1]
            assert len(np.unique(stand.user[rows])) == len(rows)
            assert packed.least == pytest.approx(value[packed.columns].sum())
            assert packed.least >= best - 1e-9 * abs(best)
            if exact:
                assert packed.least == pytest.approx(best)
                taken += len(rows)
    assert taken > 300


@pytest.mark.parametrize("problem", ["J-E", "J-L"])
def test_p36_any_payments_bound_the_optimum(problem: str) -> None:
    """Whatever users are said to pay, no plan costs less than the bound."""
    tried = 0
    for seed in range(40):
        instance = tiny_instance(seed, users=4, servers=2, layers=2, problem=problem)
        table, rng = expand(instance), np.random.default_rng(seed)
        optimum = METHODS["brute_force"].solve(table, limits=Limits(), rng=rng, clock=clock()).objective_j
        if not math.isfinite(optimum):
            continue
        for size in (0.0, 0.1, 1.0, 10.0):
            paid = size * optimum / table.n_users * rng.exponential(size=table.n_users)
            bound, _ = generation_of(table, paid).look(paid, None, Stand.pack)
            assert bound <= optimum * (1 + 1e-9)
            tried += 1
    assert tried > 60


def test_p36_the_bound_is_no_less_than_that_of_columns() -> None:
    """At its best it is at least the value of the linear program over columns, and more where servers are full."""
    table = crowded()
    generation = generation_of(table, np.zeros(table.n_users))
    generation.exact(200, 1e-6)
    of_columns = relaxed(table, generation.columns)
    mixture = generation.master.solve()
    assert mixture is not None
    assert generation.bound_j <= mixture.value_j * (1 + 1e-9)
    assert generation.bound_j > of_columns * (1 + 1e-4)


def test_dive_and_windows_hold_what_they_say() -> None:
    """Everybody has a column, no server more than it has, and the cost only falls."""
    table = crowded()
    generation = generation_of(table, np.ones(table.n_users))
    mixture = generation.exact(30, 1e-3)
    assert mixture is not None
    search = Descent(generation, generation.dive(mixture))
    search.run(100, clock())
    windows = Windows(generation, search.held, np.random.default_rng(0))
    before = windows.cost_j
    for _ in range(4):
        windows.step()
        assert windows.cost_j <= before
        before = windows.cost_j
    held, columns = windows.held, generation.columns
    assert (columns.user[held] == np.arange(table.n_users)).all()
    at = columns.server[held]
    for amount, room in ((columns.blocks, table.blocks), (columns.units, table.units)):
        used = np.bincount(at[at != LOCAL], amount[held][at != LOCAL], table.n_servers)
        assert (used <= room).all()
    assert generation.bound_j <= before


def test_descent_finds_places_for_all() -> None:
    """From nobody served: ejections and growing penalties find a plan where there is little room."""
    table = crowded(40)
    generation = generation_of(table, np.ones(table.n_users))
    search = Descent(generation, np.full(table.n_users, -1))
    search.run(2000, clock())
    assert search.best is not None
    assert search.best_j == pytest.approx(generation.cost(search.best))


@pytest.mark.parametrize(("place", "gap"), [
    (Place("roadside", 20, "overloaded", True, "units", 1), 0.02),
    (Place("factory", 60, "overloaded", False, "units", 1), 0.002),
])  # fmt: skip
def test_branch_has_good_plans_where_capacity_is_overloaded(
    place: Place, gap: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three nodes are enough, the checker agrees, and a second run gives the same."""
    # So few users are searched first, unless told otherwise; more would take long.
    monkeypatch.setattr("solvers.branch.method._FEW", 0)
    instance = build(place)
    results = [solve(instance, "branch", limits=Limits(nodes=3), seed=0) for _ in range(2)]
    assert results[0].gap <= gap
    assert results[0].objective_j == results[1].objective_j
