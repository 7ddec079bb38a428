"""Servers along a line: held to the MILP over all columns, at good payments and at bad ones (P41)."""

import itertools
import math
import sys

import numpy as np
import pytest

from formulations.parts.unit_columns import list_columns
from instances.expand import expand
from instances.generate import generate
from instances.options import LOCAL
from solvers import Limits, Stop, Verdict, solve
from solvers.answer import Clock
from solvers.corridor import Corridor, Line, line_of
from solvers.corridor.choices import Choice
from solvers.patterns.stands import stands_of

TIGHT = Limits(gap=1e-9)


def road(seed, users=9, servers=4, **more):
    settings = {"load": 1.5, "allocation": "units", "blocks": 8, "units": 4, **more}
    return generate("roadside", users=users, servers=servers, seed=seed, **settings)


def corridor_of(table, paid, dear=1e9):
    columns = list_columns(table)
    line = line_of(table)
    assert line is not None
    return Corridor(table, columns, line, paid, dear, Clock(Limits())), columns


def cost(table, columns, held):
    on = np.unique(columns.server[held])
    return columns.cost_j[held].sum() + table.static_j[on[on != LOCAL]].sum()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("problem", ["J-E", "J-L", "J-C"])
def test_the_same_as_the_milp(seed, problem):
    more = {"latency_weight_w": 2.0} if problem == "J-L" else {}
    instance = road(seed, problem=problem, **more)
    mine, milp = solve(instance, method="corridor", limits=TIGHT), solve(instance, method="joint_units", limits=TIGHT)
    assert (mine.plan is None) == (milp.plan is None) and mine.verdict.infeasible == milp.verdict.infeasible
    if milp.verdict is Verdict.OPTIMAL:
        assert mine.stop is Stop.FINISHED and mine.verdict is Verdict.CERTIFIED
        assert mine.objective_j == pytest.approx(milp.objective_j, rel=1e-7)


def test_users_without_local_execution_and_infeasible_ones():
    found = set()
    for seed in range(8):
        instance = road(seed, users=8, load=2.5 if seed % 2 else 0.7)
        small = instance.devices.replace(memory_mb=np.full(len(instance.devices), 4.5))
        instance = instance.replace(devices=small)
        mine = solve(instance, method="corridor", limits=TIGHT)
        milp = solve(instance, method="joint_units", limits=TIGHT)
        assert (mine.plan is None) == (milp.plan is None) and mine.verdict.infeasible == milp.verdict.infeasible
        if mine.plan is not None:
            assert mine.verdict is Verdict.CERTIFIED
            assert mine.objective_j == pytest.approx(milp.objective_j, rel=1e-7)
        found.add(mine.verdict)
    assert found == {Verdict.CERTIFIED, Verdict.CERTIFIED_INFEASIBLE}


@pytest.mark.parametrize("seed", range(20))
def test_p41_any_payments_bound_from_below_and_end_at_the_optimum(seed):
    """Random payments: base bound, then the bound of every join, never exceed the optimum; the end is the optimum."""
    instance = road(seed % 5, users=7, servers=3 + seed % 2, load=1.0)
    table = expand(instance)
    rng = np.random.default_rng(seed)
    best = solve(instance, method="joint_units", limits=TIGHT)
    assert best.verdict is Verdict.OPTIMAL
    paid = rng.uniform(0, 3 * best.objective_j / 7, table.n_users)
    corridor, columns = corridor_of(table, paid)
    seen = [corridor.bound_j]
    done = corridor.run(lambda: bool(seen.append(corridor.bound_j)))
    assert done and corridor.held is not None
    assert all(a <= b + 1e-9 for a, b in itertools.pairwise(seen))
    assert max(seen) <= best.objective_j * (1 + 1e-9)
    assert cost(table, columns, corridor.held) == pytest.approx(best.objective_j, rel=1e-7)


def test_a_quick_plan_is_feasible_and_near():
    table = expand(road(3, users=16, servers=6))
    corridor, columns = corridor_of(table, np.full(table.n_users, 0.5))
    held = corridor.plan()
    assert held is not None
    for s in range(table.n_servers):
        mine = held[columns.server[held] == s]
        assert columns.blocks[mine].sum() <= table.blocks[s] and columns.units[mine].sum() <= table.units[s]
    assert corridor.run(lambda: False)
    assert cost(table, columns, held) >= cost(table, columns, corridor.held) - 1e-9


@pytest.mark.parametrize("seed", range(6))
def test_parts_decided_one_after_the_other_make_a_plan(seed):
    """Feasible, everybody served who must be, never below the optimum, mostly close to it."""
    instance = road(seed, users=16, servers=6, load=0.4 if seed % 2 else 0.8)
    small = instance.devices.replace(memory_mb=np.full(len(instance.devices), 4.5))
    table = expand(instance.replace(devices=small) if seed % 2 else instance)
    paid = np.full(table.n_users, 0.5)
    corridor, columns = corridor_of(table, paid)
    whole, _ = corridor_of(table, paid)
    assert whole.run(lambda: False)
    best = cost(table, columns, whole.held)
    plans = []
    assert corridor.run(lambda: False, lambda held: bool(plans.append(held)))
    assert cost(table, columns, corridor.held) == pytest.approx(best, rel=1e-9)
    for held in [corridor.rolled(), *plans]:
        assert held is not None and (held >= 0).all()
        for s in range(table.n_servers):
            mine = held[columns.server[held] == s]
            assert columns.blocks[mine].sum() <= table.blocks[s] and columns.units[mine].sum() <= table.units[s]
        assert best * (1 - 1e-9) <= cost(table, columns, held) <= 1.5 * best


def test_parts_are_decided_given_what_was_decided_before(monkeypatch):
    """Place by place, each with one more in view: nobody is served twice, and the end is a plan all the same."""
    table = expand(road(2, users=12, servers=5, load=0.6))
    corridor, columns = corridor_of(table, np.full(table.n_users, 0.3))
    held = corridor.rolled()
    assert held is not None and (held >= 0).all()
    assert corridor.run(lambda: False)
    assert cost(table, columns, held) >= cost(table, columns, corridor.held) * (1 - 1e-9)
    # Where no state gets through whatever excess is allowed, there is none.
    monkeypatch.setattr("solvers.corridor.search._WIDENED", 0)
    assert corridor_of(table, np.full(table.n_users, 0.3))[0].rolled() is None


def test_a_long_row_is_settled_without_a_quick_plan(monkeypatch):
    monkeypatch.setattr(sys.modules["solvers.corridor.settle"], "_SHORT", 0)
    monkeypatch.setattr("solvers.corridor.search._FORESIGHT", 1)
    monkeypatch.setattr("solvers.corridor.search.Corridor.plan", lambda self: None)
    instance = road(2, users=14, servers=6, load=0.8)
    mine, milp = solve(instance, method="corridor", limits=TIGHT), solve(instance, method="joint_units", limits=TIGHT)
    assert mine.objective_j == pytest.approx(milp.objective_j, rel=1e-7) and mine.verdict is Verdict.CERTIFIED
    near = solve(instance, method="corridor", limits=Limits(gap=0.5))
    assert near.plan is not None and near.gap <= 0.5


def test_sets_of_a_server_are_those_of_enumeration():
    """Every set with the least cost of exactly it, against all choices of columns."""
    table = expand(road(1, users=6, servers=2, blocks=6, units=3))
    columns = list_columns(table)
    pieces = np.stack([table.blocks, table.units])
    stand = stands_of(pieces, columns.server, columns.user, columns.blocks, columns.units)[0]
    users = np.unique(stand.user)
    paid = np.random.default_rng(0).uniform(0, 0.6, table.n_users)
    worth = columns.cost_j[stand.column] - paid[stand.user]
    never = np.full(len(users), np.inf)  # no set is left out
    choice = Choice(stand, worth, 0.1, never, np.zeros(len(users), dtype=bool), 1e3, 24)
    sets, free, over = choice.sets(1e3)
    assert not free.any()
    value = dict(zip(sets.tolist(), (over + choice.least_j).tolist(), strict=True))
    own = [np.flatnonzero(stand.user == u) for u in users]
    fits = 0
    for members in range(1 << len(users)):
        inside = [own[k] for k in range(len(users)) if members >> k & 1]
        least = math.inf
        for pick in itertools.product(*inside):
            rows = list(pick)
            if stand.blocks[rows].sum() <= table.blocks[0] and stand.units[rows].sum() <= table.units[0]:
                least = min(least, worth[rows].sum() + (0.1 if rows else 0.0))
        if math.isinf(least):
            assert members not in value
            continue
        fits += 1
        assert value[members] == pytest.approx(least, abs=1e-9)
        if members:
            rows = choice.columns(members)
            assert worth[rows].sum() + 0.1 == pytest.approx(least, abs=1e-9)
            assert sorted(stand.user[rows]) == [users[k] for k in range(len(users)) if members >> k & 1]
    assert fits > 8


def test_the_row_is_found_when_servers_are_numbered_at_random():
    table = expand(road(2, users=40, servers=12, load=1.0))
    at = ~table.is_local
    along = Line(table.user[at], table.server[at], table.n_users, table.n_servers)
    shuffled = np.random.default_rng(0).permutation(table.n_servers)
    found = Line(table.user[at], shuffled[table.server[at]], table.n_users, table.n_servers)
    assert found.width <= along.width + 2
    assert sorted(found.server.tolist()) == list(range(12))


@pytest.mark.parametrize(
    ("instance", "reason"),
    [
        (lambda: generate("roadside", users=6, servers=3, seed=1), "whole blocks"),
        (lambda: generate("campus", users=60, servers=3, seed=1, allocation="units"), "narrow line"),
    ],
)
def test_refuses_with_a_reason(instance, reason):
    from instances.errors import InputError

    with pytest.raises(InputError, match=reason):
        solve(instance(), method="corridor")


def test_branch_proves_an_overloaded_road():
    """With patterns alone, 300 vehicles were 4.7 % off after a minute (docs/decisions/0019-corridors.md)."""
    instance = generate("roadside", users=60, servers=12, seed=1, load=1.2, allocation="units")
    result = solve(instance, method="branch", limits=Limits(gap=1e-4, nodes=40))
    assert result.gap <= 1e-3 and result.certified_gap <= 1e-3 and result.verdict is Verdict.CERTIFIED
    assert solve(instance, method="corridor", limits=Limits(gap=1e-4)).bound_j <= result.objective_j * (1 + 1e-9)
