"""Heuristics and baselines: against the oracle on tiny instances, on degenerate tables, and under limits."""

from __future__ import annotations

import dataclasses
import functools
import math

import numpy as np
import pytest

from formulations.program import Decision
from instances.check import check
from instances.expand import expand
from instances.generate import generate
from instances.instance import Instance
from instances.options import LOCAL, OptionTable
from instances.plan import Plan
from solvers.answer import Answer, Clock, Limits, Progress, Stop
from solvers.heuristics import quick_start
from solvers.heuristics.repair import repair
from solvers.heuristics.situation import Situation
from solvers.heuristics.thinning import thin
from solvers.objective import decision_cost
from solvers.registry import METHODS
from tests.builders import tiny_instance

NAMES = ("all_local", "all_remote", "smallest_output", "neurosurgeon", "greedy", "alternating", "local_search")
SEARCHES = ("greedy", "alternating", "local_search")
RULES = ("continuous", "units")
SEEDS = range(58)
MOST_CHOICES = 1500


def ask(name: str, table: OptionTable, *, seed: int = 0, limits: Limits | None = None) -> Answer:
    limits = limits or Limits()
    return METHODS[name].solve(table, limits=limits, rng=np.random.default_rng(seed), clock=Clock(limits))


@dataclasses.dataclass(frozen=True, eq=False)
class Case:
    """A tiny instance with its optimum (inf: infeasible) and what every method says."""

    seed: int
    instance: Instance
    table: OptionTable
    optimum_j: float
    answers: dict[str, Answer]


@functools.cache
def cases(allocation: str) -> tuple[Case, ...]:
    """Tiny instances in which every user has an option, half of them tight, with the oracle's answer."""
    found = []
    for seed in SEEDS:
        tight = {"tightness": 0.6 + 0.1 * (seed % 4)} if seed % 2 else {}
        instance = tiny_instance(
            seed, users=3 + seed % 3, servers=1 + seed % 3, layers=3, allocation=allocation, **tight
        )
        table = expand(instance)
        if not 0 < math.prod(np.diff(table.start).tolist()) <= MOST_CHOICES:
            continue
        answers = {name: ask(name, table, limits=Limits(rounds=6)) for name in NAMES}
        found.append(Case(seed, instance, table, ask("brute_force", table).objective_j, answers))
    return tuple(found)


@pytest.fixture(params=RULES)
def solved(request: pytest.FixtureRequest) -> tuple[Case, ...]:
    return cases(request.param)


def gaps(some: tuple[Case, ...], name: str) -> list[float]:
    return [c.answers[name].objective_j / c.optimum_j - 1 for c in some if c.answers[name].decision is not None]


def test_there_are_enough_cases_of_both_kinds() -> None:
    every = [*cases("continuous"), *cases("units")]
    assert len(every) >= 80
    assert sum(math.isfinite(c.optimum_j) for c in every) >= 70


@pytest.mark.parametrize("name", NAMES)
def test_never_better_than_brute_force(solved: tuple[Case, ...], name: str) -> None:
    for case in solved:
        got = case.answers[name]
        assert got.objective_j >= case.optimum_j * (1 - 1e-9) or math.isinf(case.optimum_j), case.seed
        assert got.decision is None or math.isfinite(case.optimum_j), case.seed


@pytest.mark.parametrize("name", NAMES)
def test_plans_pass_the_checker_at_the_claimed_cost(solved: tuple[Case, ...], name: str) -> None:
    for case in solved:
        got = case.answers[name]
        if got.decision is None:
            assert math.isinf(got.objective_j) and got.message and got.stop is Stop.FINISHED
            continue
        d = got.decision
        report = check(case.instance, Plan.from_options(case.table, d.chosen, d.uplink_share, d.compute_share))
        assert report.valid, (case.seed, report.violations)
        assert report.objective_j == pytest.approx(got.objective_j, rel=1e-9)
        assert decision_cost(case.table, d) == pytest.approx(got.objective_j, rel=1e-12)
        assert got.bound_j == -math.inf


@pytest.mark.parametrize(
    ("name", "rate"), [("local_search", 1.0), ("greedy", 0.97), ("alternating", 0.97), ("neurosurgeon", 0.9)]
)
def test_finds_a_plan_where_there_is_one(solved: tuple[Case, ...], name: str, rate: float) -> None:
    feasible = [c for c in solved if math.isfinite(c.optimum_j)]
    hits = sum(c.answers[name].decision is not None for c in feasible)
    assert hits >= rate * len(feasible), f"{hits} of {len(feasible)}"


def test_local_search_is_close_to_the_optimum(solved: tuple[Case, ...]) -> None:
    found = gaps(solved, "local_search")
    assert np.mean(found) <= 0.002
    assert np.max(found) <= 0.05


def test_searches_beat_the_plain_baselines_on_average(solved: tuple[Case, ...]) -> None:
    assert np.mean(gaps(solved, "alternating")) <= 0.1
    assert np.mean(gaps(solved, "greedy")) <= 0.2


def test_local_search_is_never_worse_than_greedy(solved: tuple[Case, ...]) -> None:
    for case in solved:
        assert case.answers["local_search"].objective_j <= case.answers["greedy"].objective_j * (1 + 1e-12)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("allocation", RULES)
def test_the_seed_decides_everything(name: str, allocation: str) -> None:
    table = expand(generate("campus", users=12, servers=2, seed=3, allocation=allocation))
    first, second = (ask(name, table, seed=11, limits=Limits(rounds=3)) for _ in range(2))
    assert first.objective_j == second.objective_j and first.message == second.message
    if first.decision is not None and second.decision is not None:
        for a, b in zip(dataclasses.astuple(first.decision), dataclasses.astuple(second.decision), strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("allocation", RULES)
def test_campus_within_one_percent(allocation: str) -> None:
    table = expand(generate("campus", users=20, servers=3, seed=7, allocation=allocation))
    exact = ask("exact", table, limits=Limits(gap=1e-3, nodes=2000))
    got = ask("local_search", table)
    assert got.objective_j <= exact.bound_j * 1.01
    assert got.objective_j <= ask("greedy", table).objective_j
    reached = [p.best_j for p in got.trace]
    assert reached == sorted(reached, reverse=True) and reached[-1] == got.objective_j


# --- degenerate tables -----------------------------------------------------------------------------------------------


def table_of(options: list[tuple[int, int, float, float, float]], users: int, servers: int, **changes: object
             ) -> OptionTable:  # fmt: skip
    """Options as (user, server, device_s, uplink_mhz_s, server_s); 10 MHz, 5 blocks and units, deadline 1 s."""
    rows = np.array(options, dtype=float).reshape(-1, 5)
    n = len(rows)
    values: dict[str, object] = {
        "user": rows[:, 0].astype(np.int64), "server": rows[:, 1].astype(np.int64), "cut": np.arange(n),
        "device_s": rows[:, 2], "device_j": 2 * rows[:, 2], "uplink_mhz_s": rows[:, 3],
        "tx_w": np.where(rows[:, 1] >= 0, 0.5, 0.0), "server_s": rows[:, 4], "fixed_s": np.zeros(n),
        "fixed_j": np.zeros(n), "server_mb": np.where(rows[:, 1] >= 0, 10.0, 0.0),
        "deadline_s": np.ones(users), "weight": np.ones(users), "clock_min": np.full(users, 0.5),
        "clock_max": np.ones(users), "bandwidth_mhz": np.full(servers, 10.0), "blocks": np.full(servers, 5),
        "units": np.full(servers, 5), "memory_mb": np.full(servers, 100.0), "static_j": np.full(servers, 0.1),
        "allocation": "continuous", "cut_offset": np.zeros(1, dtype=np.int64),
    } | changes  # fmt: skip
    return OptionTable(**values)


DEGENERATE = {
    "nobody": table_of([], 0, 2),
    "nobody and no server": table_of([], 0, 0),
    "no server": table_of([(0, -1, 0.5, 0, 0), (1, -1, 0.2, 0, 0)], 2, 0),
    "one option each, local": table_of([(0, -1, 0.5, 0, 0), (1, -1, 0.2, 0, 0)], 2, 1),
    "one option each, remote": table_of([(0, 0, 0.0, 1.0, 0.1), (1, 0, 0.1, 1.0, 0.1)], 2, 1),
    "no local option": table_of([(0, 0, 0.0, 1.0, 0.1), (0, 1, 0.0, 2.0, 0.1), (1, 0, 0.1, 1.0, 0.1)], 2, 2),
    "nothing to send": table_of([(0, 0, 0.0, 0.0, 0.1), (1, 0, 0.1, 0.0, 0.2)], 2, 1),
    "nothing to compute": table_of([(0, 0, 0.1, 1.0, 0.0), (1, 0, 0.1, 1.0, 0.0)], 2, 1),
    "no work at all": table_of([(0, -1, 0.0, 0, 0), (1, 0, 0.0, 0.0, 0.0)], 2, 1),
    "a user without options": table_of([(0, -1, 0.5, 0, 0)], 2, 1),
    "a late user": table_of([(0, -1, 0.5, 0, 0), (1, -1, 1.5, 0, 0), (1, 0, 0.0, 20.0, 0.1)], 2, 1),
    "too much together": table_of([(i, 0, 0.0, 6.0, 0.1) for i in range(3)], 3, 1),
    "memory for one": table_of([(0, 0, 0.0, 1.0, 0.1), (0, 1, 0.0, 1.0, 0.1), (1, 0, 0.0, 1.0, 0.1)], 2, 2,
                               memory_mb=np.array([15.0, 15.0])),
    "memory for none": table_of([(0, 0, 0.0, 1.0, 0.1)], 1, 1, memory_mb=np.array([5.0])),
    "free": table_of([(0, -1, 0.5, 0, 0), (0, 0, 0.0, 1.0, 0.1)], 1, 1, device_j=np.zeros(2), tx_w=np.zeros(2),
                     static_j=np.zeros(1)),
    "weightless": table_of([(0, 0, 0.0, 1.0, 0.1), (1, 0, 0.1, 1.0, 0.1)], 2, 1, weight=np.zeros(2)),
    "many identical": table_of([(i, s, 0.1, 0.2, 0.02) for i in range(6) for s in range(2)], 6, 2),
}  # fmt: skip
WITHOUT_PLAN = {"a user without options", "a late user", "too much together", "memory for none"}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("allocation", RULES)
@pytest.mark.parametrize("case", DEGENERATE)
def test_degenerate_tables(case: str, allocation: str, name: str) -> None:
    table = dataclasses.replace(DEGENERATE[case], allocation=allocation)
    got = ask(name, table, limits=Limits(rounds=4))
    assert got.stop is Stop.FINISHED
    if got.decision is None:
        assert got.message
        assert name not in SEARCHES or case in WITHOUT_PLAN
        return
    assert case not in WITHOUT_PLAN
    assert decision_cost(table, got.decision) == pytest.approx(got.objective_j, rel=1e-9, abs=1e-12)
    optimum = ask("brute_force", table).objective_j
    assert got.objective_j >= optimum - 1e-9
    if name == "local_search":
        assert got.objective_j == pytest.approx(optimum, rel=1e-9, abs=1e-12)


# --- limits and interrupts -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_an_interrupt_keeps_the_best(name: str) -> None:
    def interrupt(progress: Progress) -> None:
        if math.isfinite(progress.best_j):
            raise KeyboardInterrupt

    table = expand(tiny_instance(2, users=4, allocation="continuous", tightness=0.0, memory_limits=False))
    got = METHODS[name].solve(table, limits=Limits(), rng=np.random.default_rng(0), clock=Clock(Limits(), interrupt))
    if got.decision is not None:
        assert got.stop is Stop.INTERRUPTED and math.isfinite(decision_cost(table, got.decision))
    else:
        assert name not in SEARCHES


@pytest.mark.parametrize("name", SEARCHES)
@pytest.mark.parametrize("limits", [Limits(time_s=0), Limits(rounds=0)])
def test_limits_of_zero(name: str, limits: Limits) -> None:
    table = expand(generate("campus", users=20, servers=3, seed=7))
    got = ask(name, table, limits=limits)
    assert got.stop is (Stop.TIME if limits.time_s == 0 else Stop.FINISHED)
    assert got.decision is None or math.isfinite(decision_cost(table, got.decision))
    assert got.decision is not None or got.message


def test_quick_start_is_at_least_greedy() -> None:
    table = expand(generate("campus", users=20, servers=3, seed=1))
    got = quick_start(table, rng=np.random.default_rng(0), clock=Clock(Limits()))
    assert got.objective_j <= ask("greedy", table).objective_j


# --- parts -----------------------------------------------------------------------------------------------------------


def test_repair_moves_who_regrets_least() -> None:
    # Both want server 0, which holds one; user 1 has another server at little extra, user 0 would pay dearly.
    options = [(0, 0, 0.0, 6.0, 0.01), (0, 1, 0.8, 1.0, 0.01), (1, 0, 0.0, 6.0, 0.01), (1, 1, 0.0, 6.1, 0.01)]
    table = table_of(options, 2, 2)
    situation = Situation(table)
    got = repair(situation, np.array([0, 2]), situation.fair_j, rng=np.random.default_rng(0), clock=Clock(Limits()))
    assert got is not None and got.tolist() == [0, 3]


def test_thinning_keeps_every_user_and_the_lightest_options() -> None:
    table = expand(generate("campus", users=40, servers=3, seed=2))
    kept = thin(table)
    assert len(kept) < len(table) / 2
    assert set(table.user[kept].tolist()) == set(table.user.tolist())
    assert np.isin(np.flatnonzero(table.is_local), kept).all()


def test_neurosurgeon_keeps_equal_shares() -> None:
    table = expand(tiny_instance(5, users=4, servers=2, allocation="continuous", tightness=0.0))
    got = ask("neurosurgeon", table)
    assert got.decision is not None
    server = table.server[got.decision.chosen]
    crowd = np.array([np.sum(server == s) for s in server])
    np.testing.assert_allclose(got.decision.uplink_share, np.where(server == LOCAL, 0, 1 / crowd))


@pytest.mark.parametrize(
    "change", ["late", "overfull", "broken piece", "negative", "another's option", "memory", "nan"]
)
def test_decision_cost_sees_every_broken_rule(change: str) -> None:
    table = dataclasses.replace(DEGENERATE["one option each, remote"], allocation="units")
    good = Decision(np.array([0, 1]), np.array([0.4, 0.6]), np.array([0.4, 0.6]))
    assert math.isfinite(decision_cost(table, good))
    shares = {"late": [0.0, 0.6], "overfull": [0.6, 0.6], "broken piece": [0.35, 0.6], "negative": [-0.2, 0.6],
              "nan": [np.nan, 0.6]}  # fmt: skip
    chosen = np.array([1, 0]) if change == "another's option" else good.chosen
    bad = dataclasses.replace(good, chosen=chosen, uplink_share=np.array(shares.get(change, good.uplink_share)))
    if change == "memory":
        table = dataclasses.replace(table, memory_mb=np.array([19.0]))
    assert decision_cost(table, bad) == math.inf
