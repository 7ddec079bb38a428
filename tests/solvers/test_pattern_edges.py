"""Patterns at the edges: what is taken over from a smaller problem, windows from nothing, clocks that have run out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from formulations.parts.unit_columns import UnitColumns, list_columns
from instances.expand import expand
from instances.generate import generate
from instances.options import LOCAL, OptionTable
from solvers import Limits
from solvers.answer import Clock
from solvers.patterns import Descent, Generation, Windows
from solvers.patterns.stands import Stand


def table_of(users: int = 10, seed: int = 0, load: float = 1.2) -> OptionTable:
    return expand(generate("campus", users=users, servers=3, seed=seed, allocation="units", blocks=10, units=5,
                           load=load))  # fmt: skip


def generation_of(table: OptionTable, paid_j: float = 1.0, clock: Clock | None = None) -> Generation:
    paid = np.full(table.n_users, paid_j)
    return Generation(table, list_columns(table), paid, Clock(Limits()) if clock is None else clock)


def test_patterns_are_taken_over_from_a_smaller_problem() -> None:
    """Those made of columns that both have, as the same columns; not those with a column that is gone."""
    table = table_of()
    small = generation_of(table)
    small.exact(20, 1e-4)
    rows = np.arange(len(table))
    # Two thirds of the options, and everybody's own device.
    kept = np.flatnonzero(table.is_local | (rows % 3 > 0))
    large = generation_of(table.take(kept))
    before = len(large.master)
    large.learn(small, rows, kept)
    known = {(int(s), large.columns.option[c].tobytes(), large.columns.blocks[c].tobytes())
             for s, c in zip(large.master.server, large.master.columns, strict=True)}  # fmt: skip
    place = {int(row): k for k, row in enumerate(kept)}
    common = lost = 0
    for s, c in zip(small.master.server, small.master.columns, strict=True):
        options = small.columns.option[c].tolist()
        if s == LOCAL:
            continue
        if not all(o in place for o in options):
            lost += 1
            continue
        there = np.array([place[o] for o in options])
        assert (int(s), there.tobytes(), small.columns.blocks[c].tobytes()) in known
        common += 1
    assert common >= 2 and lost > 0
    assert len(large.master) - before == common
    assert (large.missing_j == small.missing_j).all()
    mixture = large.master.solve()
    assert mixture is not None
    value, _ = large.look(mixture.paid_j, None, Stand.pack)
    assert value <= mixture.value_j * (1 + 1e-9)


def test_windows_from_nobody_served_serve_everybody() -> None:
    """Users whom nobody serves come first; each gain is one, and servers hold what they have."""
    table = table_of(seed=1, load=1.0)
    generation = generation_of(table)
    windows = Windows(generation, np.full(table.n_users, -1, dtype=np.int64), np.random.default_rng(0))
    assert math.isinf(windows.cost_j)
    for _ in range(12):
        windows.step()
    assert math.isfinite(windows.cost_j)
    columns, held = generation.columns, windows.held
    at = columns.server[held]
    for amount, room in ((columns.blocks, table.blocks), (columns.units, table.units)):
        assert (np.bincount(at[at != LOCAL], amount[held][at != LOCAL], table.n_servers) <= room).all()
    generation.exact(40, 1e-4)
    assert generation.bound_j <= windows.cost_j * (1 + 1e-9)


def test_servers_outside_a_window_keep_what_they_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of two of three servers: users of the third stay as they are, and each step costs less or nothing."""
    monkeypatch.setattr("solvers.patterns.windows._USERS", 7)
    table = table_of(load=1.0)
    generation = generation_of(table)
    search = Descent(generation, np.full(table.n_users, -1, dtype=np.int64))
    search.run(100, Clock(Limits()))
    assert search.best is not None
    windows, gained = Windows(generation, search.best, np.random.default_rng(0)), 0
    for _ in range(6):
        before, cost_j = windows.held, windows.cost_j
        if windows.step():
            gained += 1
            assert windows.cost_j < cost_j
            changed = np.flatnonzero(windows.held != before)
            touched = {int(generation.columns.server[held[i]]) for held in (before, windows.held) for i in changed}
            assert len(touched - {LOCAL}) <= 2
        else:
            assert (windows.held == before).all()
    generation.exact(40, 1e-4)
    assert gained > 0 and generation.bound_j <= windows.cost_j * (1 + 1e-9)


def test_turns_cover_the_servers() -> None:
    """So many windows have as many servers as there are, or more."""
    table = table_of(users=60)
    windows = Windows(generation_of(table), np.full(table.n_users, -1, dtype=np.int64), np.random.default_rng(0))
    assert windows.turns * windows._size >= table.n_servers
    assert (windows.turns - 1) * windows._size < table.n_servers


def test_a_clock_that_has_run_out_ends_generation_and_dive() -> None:
    """What is proven until then holds; a dive that may not begin serves those who need no server."""
    table = table_of()
    full = generation_of(table)
    mixture = full.exact(30, 1e-4)
    late = generation_of(table, clock=Clock(Limits(time_s=1e-9)))
    assert late.exact(30, 1e-4) is None
    assert mixture is not None and late.bound_j <= full.bound_j * (1 + 1e-9)
    assert late.quick(30, 1e-4) is None
    held = late.dive(mixture)
    alone = held >= 0
    assert (late.columns.server[held[alone]] == LOCAL).all()
    assert (alone == np.isin(np.arange(table.n_users), late.columns.user[late.local])).all()


def test_a_bound_that_is_enough_ends_generation() -> None:
    """With a low aim it ends before it is at its best."""
    table = table_of(users=16)
    best = generation_of(table, 0.0)
    best.exact(60, 1e-6)
    aim = 0.5 * best.bound_j
    early = generation_of(table, 0.0)
    early.exact(60, 1e-6, enough=aim)
    assert aim <= early.bound_j <= best.bound_j
    assert len(early.master) < len(best.master)


def without_places(table: OptionTable) -> UnitColumns:
    """The columns without a server alone."""
    columns = list_columns(table)
    rows = np.flatnonzero(columns.server == LOCAL)
    return UnitColumns(columns.option[rows], columns.blocks[rows], columns.units[rows], columns.cost_j[rows],
                       columns.user[rows], columns.server[rows])  # fmt: skip


def test_who_reaches_no_server_is_not_moved() -> None:
    """Without columns at servers those stay on the device who can; no packing and no window gains, and it ends."""
    table = table_of()
    generation = Generation(table, without_places(table), np.ones(table.n_users), Clock(Limits()))
    search = Descent(generation, np.full(table.n_users, -1, dtype=np.int64))
    search.run(50, Clock(Limits()))
    assert search.packed == table.n_servers and search.best is None
    alone = np.isin(np.arange(table.n_users), generation.columns.user)
    assert 0 < alone.sum() < table.n_users and ((search.held >= 0) == alone).all()
    windows = Windows(generation, search.held, np.random.default_rng(0))
    assert not windows.step() and (windows.held == search.held).all()


def test_whom_no_server_can_take_ends_the_descent() -> None:
    """A user without any column within reach is left out, and packing stops rather than going on for ever."""
    table = table_of()
    columns = list_columns(table)
    rows = np.flatnonzero(columns.user != 0)
    fewer = UnitColumns(columns.option[rows], columns.blocks[rows], columns.units[rows], columns.cost_j[rows],
                        columns.user[rows], columns.server[rows])  # fmt: skip
    generation = Generation(table, fewer, np.ones(table.n_users), Clock(Limits()))
    search = Descent(generation, np.full(table.n_users, -1, dtype=np.int64))
    search.run(10_000, Clock(Limits()))
    assert search.best is None and math.isinf(search.best_j)
    assert search.packed < 10_000 and search.held[0] == -1
