"""Meta-heuristics: what vectors stand for, what they are worth, budgets, seeds, and the plans that come of them."""

from __future__ import annotations

import dataclasses
import functools
import math
import sys

import numpy as np
import pytest

from instances.check import check
from instances.expand import expand
from instances.generate import generate
from instances.instance import Instance
from instances.options import OptionTable
from instances.plan import Plan
from solvers.answer import Answer, Clock, Limits, Stop
from solvers.heuristics.incumbent import Incumbent
from solvers.heuristics.situation import Situation
from solvers.meta.fitness import Fitness, Spent
from solvers.meta.whale import swim
from solvers.objective import decision_cost
from solvers.registry import METHODS
from tests.builders import tiny_instance
from tests.oracle.test_gap import some_table
from tests.solvers.test_heuristics import DEGENERATE, WITHOUT_PLAN

NAMES = ("genetic", "particle_swarm", "simulated_annealing", "whale")
OF_PYMOO = ("genetic", "particle_swarm")
RULES = ("continuous", "units")
RATES = {"genetic": 0.75, "particle_swarm": 0.7, "simulated_annealing": 0.75, "whale": 0.4}
"""Part of the tiny instances of which a method comes within 2 % of the optimum, at least."""


def need(name: str) -> None:
    if name in OF_PYMOO:
        pytest.importorskip("pymoo", reason="the extra meta (pymoo) is not installed")


def ask(name: str, table: OptionTable, *, seed: int = 0, rounds: int | None = None) -> Answer:
    limits = Limits(rounds=rounds)
    return METHODS[name].solve(table, limits=limits, rng=np.random.default_rng(seed), clock=Clock(limits))


def fitness_of(table: OptionTable, budget: int = 10**6) -> Fitness:
    situation = Situation(table)
    return Fitness(situation, Incumbent(situation, Clock(Limits())), budget)


@functools.cache
def oracle(allocation: str) -> tuple[tuple[Instance, float], ...]:
    """Tiny instances with their optimum."""
    found = []
    for seed in range(14):
        instance = tiny_instance(seed, users=3 + seed % 2, allocation=allocation, tightness=0.5 * (seed % 2))
        table = expand(instance)
        if 0 < math.prod(np.diff(table.start).tolist()) <= 700:
            optimum = METHODS["brute_force"].solve(
                table, limits=Limits(), rng=np.random.default_rng(0), clock=Clock(Limits())
            )
            found.append((instance, optimum.objective_j))
    return tuple(found)


# --- vectors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("allocation", RULES)
def test_worth_is_the_cost_of_the_choice_or_more_than_any_plan_costs(allocation: str) -> None:
    table = dataclasses.replace(some_table(0, 6, static=0.2), allocation=allocation)
    fitness = fitness_of(table)
    vectors = fitness.choices * np.random.default_rng(0).random((200, fitness.size))
    worth, chosen = fitness(vectors), fitness.decode(vectors)
    costs = np.array([fitness.situation.cost(choice) for choice in chosen])
    fits = np.isfinite(costs)
    assert 0 < fits.sum() < len(fits)
    np.testing.assert_allclose(worth[fits], costs[fits], rtol=1e-12)
    assert worth[~fits].min() > costs[fits].max()
    assert fitness.incumbent.cost_j == pytest.approx(costs.min(), rel=1e-9)


def test_worse_overload_is_worth_less() -> None:
    table = DEGENERATE["many identical"]
    crowded = dataclasses.replace(table, server_s=40 * table.server_s)
    fitness = fitness_of(dataclasses.replace(crowded, deadline_s=4 * crowded.deadline_s))
    all_on_one, spread_out = np.zeros(6), np.array([0.0, 1.0, 0.0, 1.0, 0.0, 1.0])
    worth = fitness(np.stack([all_on_one, spread_out]))
    assert worth[0] > worth[1]


def test_numbers_stand_for_all_options_and_nothing_else() -> None:
    table = expand(tiny_instance(1, users=3, allocation="continuous", tightness=0.0))
    fitness = fitness_of(table)
    steps = np.array([fitness.decode(np.full((1, fitness.size), value))[0] for value in np.arange(-1, 60, 0.5)])
    assert (table.user[steps] == np.arange(3)).all()
    assert set(steps.ravel().tolist()) == set(np.flatnonzero(fitness.situation.usable).tolist())


def test_budget_is_kept_to_the_evaluation() -> None:
    fitness = fitness_of(expand(tiny_instance(1, users=3, allocation="continuous", tightness=0.0)), budget=5)
    fitness(np.zeros((3, fitness.size)))
    with pytest.raises(Spent):
        fitness(np.zeros((3, fitness.size)))
    assert fitness.used == 5


# --- methods ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "rate"), RATES.items())
@pytest.mark.parametrize("allocation", RULES)
def test_plans_hold_and_are_never_better_than_brute_force(name: str, rate: float, allocation: str) -> None:
    need(name)
    cases = oracle(allocation)
    assert len(cases) >= 8
    hits = feasible = 0
    for instance, optimum in cases:
        table = expand(instance)
        got = ask(name, table, rounds=300)
        assert got.stop is Stop.FINISHED and got.bound_j == -math.inf and got.detail.get("evaluations", 0) <= 300
        feasible += math.isfinite(optimum)
        if got.decision is None:
            assert got.message
            continue
        d = got.decision
        report = check(instance, Plan.from_options(table, d.chosen, d.uplink_share, d.compute_share))
        assert report.valid and report.objective_j == pytest.approx(got.objective_j, rel=1e-9)
        assert optimum * (1 - 1e-9) <= got.objective_j
        hits += got.objective_j <= optimum * 1.02
    assert hits >= rate * feasible, f"{hits} of {feasible}"


@pytest.mark.parametrize("name", NAMES)
def test_the_seed_decides_everything(name: str) -> None:
    need(name)
    table = expand(generate("campus", users=12, servers=2, seed=3))
    one, two = (ask(name, table, seed=11, rounds=200) for _ in range(2))
    assert one.objective_j == two.objective_j and one.detail == two.detail
    assert one.decision is not None and two.decision is not None
    np.testing.assert_array_equal(one.decision.chosen, two.decision.chosen)


@pytest.mark.parametrize("name", NAMES)
def test_more_evaluations_are_no_worse(name: str) -> None:
    need(name)
    table = expand(generate("campus", users=12, servers=2, seed=2))
    costs = [ask(name, table, seed=5, rounds=rounds).objective_j for rounds in (1500, 100)]
    assert costs[0] <= costs[1]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("case", DEGENERATE)
def test_degenerate_tables(case: str, name: str) -> None:
    need(name)
    table = DEGENERATE[case]
    for rounds in (0, 60):
        got = ask(name, table, rounds=rounds)
        assert got.stop is Stop.FINISHED
        assert (got.decision is None) == (case in WITHOUT_PLAN)
        assert got.message if got.decision is None else math.isfinite(decision_cost(table, got.decision))


@pytest.mark.parametrize("name", OF_PYMOO)
def test_missing_extra_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymoo", None)
    said = METHODS[name].supports(DEGENERATE["free"])
    assert said is not None and "edgecut[meta]" in said


def test_whales_close_in_on_the_best() -> None:
    rng = np.random.default_rng(0)
    whales, best = rng.uniform(0, 10, (400, 3)), np.full(3, 4.0)
    calm = swim(whales, best, 0.0, rng)
    near = np.abs(calm - best)
    spiral = np.abs(whales - best) * math.e
    assert (near <= spiral + 1e-9).all() and (near.max(axis=1) < 1e-9).mean() == pytest.approx(0.5, abs=0.1)
    wild = swim(whales, best, 2.0, rng)
    assert np.abs(wild - best).mean() > near.mean()
