"""Requests over time: the desk, the environment, policies, hindsight and its bounds (theory, P35)."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np
import pytest

from instances.arrivals import Arrivals, draw_arrivals
from instances.check_arrivals import check_schedule
from instances.errors import InputError
from instances.generate import generate
from solvers import Limits
from solvers.online import POLICIES, Desk, Episode, Market, bound_of_prices, get_policy, look_back, play, schedule_of
from solvers.online.desk import View
from solvers.online.drift import Queues
from tests.builders import tiny_instance

TIGHT = Limits(gap=1e-9, nodes=5000)


@pytest.fixture(scope="module")
def market() -> Market:
    instance = generate("campus", users=80, servers=2, seed=1, allocation="units", load=4, blocks=10, units=5)
    return Market.of(instance)


@pytest.fixture(scope="module")
def population() -> Any:
    return generate("campus", users=80, servers=2, seed=1, allocation="units", load=4, blocks=10, units=5)


def sequence(population: Any, seed: int, slots: int = 12, rate: float = 3.0, stay: float = 4.0) -> Arrivals:
    return draw_arrivals(population, np.random.default_rng(seed), slots=slots, rate=rate, mean_stay=stay)


def test_arrivals_replay_and_fit_the_parameters(population: Any) -> None:
    one, again, other = (sequence(population, s) for s in (1, 1, 2))
    assert np.array_equal(one.user, again.user) and np.array_equal(one.stay, again.stay)
    assert not np.array_equal(one.user, other.user)
    many = [sequence(population, s) for s in range(200)]
    assert np.mean([len(a) for a in many]) == pytest.approx(36, abs=2)
    assert np.mean(np.concatenate([a.stay for a in many])) == pytest.approx(4, abs=0.3)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"slot": np.array([1, 0])}, "slot"),
        ({"slot": np.array([0, 99])}, "slot"),
        ({"stay": np.array([0, 1])}, "stay"),
        ({"user": np.array([3, 3])}, "twice"),
        ({"user": np.array([3, 999])}, "not there"),
        ({"stay": np.array([1])}, "rows"),
    ],
)
def test_bad_arrivals_are_refused(population: Any, changes: dict[str, Any], named: str) -> None:
    good = Arrivals(population, np.array([3, 4]), np.array([0, 1]), np.array([2, 2]), 5)
    with pytest.raises(InputError, match=named):
        dataclasses.replace(good, **changes)


def test_more_requests_than_users_are_refused(population: Any) -> None:
    with pytest.raises(InputError, match="each user comes once"):
        sequence(population, 0, slots=100)
    with pytest.raises(InputError, match="mean stay"):
        sequence(population, 0, stay=0.5)


@pytest.mark.parametrize("name", list(POLICIES))
@pytest.mark.parametrize("seed", range(3))
def test_every_policy_keeps_all_rules_and_costs_what_the_checker_says(
    market: Market, population: Any, name: str, seed: int
) -> None:
    arrivals = sequence(population, seed)
    episode = play(market, arrivals, get_policy(name).begin(market, np.random.default_rng(seed)))
    report = check_schedule(arrivals, schedule_of(market, episode))
    assert report.valid, report.broken[:3]
    assert report.cost == pytest.approx(episode.cost, rel=1e-6)
    assert report.turned_away == int((market.turned_away[arrivals.user] & (episode.actions == 0)).sum())


@pytest.mark.parametrize("problem", ["J-A", "J-L", "J-C", "J-Q"])
def test_other_problems_run_too(problem: str) -> None:
    networks = ["alexnet", "squeezenet1_1"] if problem == "J-Q" else None
    kind = "mixed" if problem == "J-Q" else "campus"
    options: dict[str, Any] = {"blocks": 8, "units": 4, "load": 2, "problem": problem, "allocation": "units"}
    instance = generate(kind, users=30, servers=1, seed=2, **options, **({"networks": networks} if networks else {}))
    market, arrivals = Market.of(instance), sequence(instance, 3, slots=6)
    episode = play(market, arrivals, get_policy("online_greedy").begin(market, np.random.default_rng(0)))
    report = check_schedule(arrivals, schedule_of(market, episode))
    assert report.valid and report.cost == pytest.approx(episode.cost, rel=1e-6, abs=1e-9)
    found = look_back(market, arrivals, TIGHT)
    assert found.bound <= found.cost + 1e-6 <= episode.cost + 2e-6


def test_checker_sees_a_double_booking(market: Market, population: Any) -> None:
    arrivals = sequence(population, 0)
    dear = np.where(np.isfinite(market.cost), market.use.sum(axis=2), -1.0).argmax(axis=1)[arrivals.user]
    everybody = Episode(arrivals, dear, 0.0)
    report = check_schedule(arrivals, schedule_of(market, everybody))
    assert any("capacity" in sentence for sentence in report.broken)


def brute_force(market: Market, arrivals: Arrivals) -> float:
    best = np.inf
    menus = [np.flatnonzero(np.isfinite(market.cost[i])) for i in arrivals.user]
    for actions in itertools.product(*menus):
        chosen = np.array(actions)
        use = market.use[arrivals.user, chosen]
        if all((use[arrivals.present(t)].sum(axis=0) <= 1 + 1e-9).all() for t in range(arrivals.n_slots)):
            cost = (market.cost[arrivals.user, chosen] * arrivals.inferences).sum()
            best = min(best, float(cost))
    return best


@pytest.mark.parametrize("seed", range(12))
def test_p35_hindsight_is_the_best_of_all_schedules(seed: int) -> None:
    instance = tiny_instance(seed, users=5, servers=2, memory_limits=True)
    market = Market.of(instance, offers=2)
    rng = np.random.default_rng(seed)
    arrivals = Arrivals(instance, rng.permutation(5), np.sort(rng.integers(0, 3, 5)), rng.integers(1, 4, 5), 4)
    found, best = look_back(market, arrivals, TIGHT), brute_force(market, arrivals)
    assert found.cost == pytest.approx(best, rel=1e-6)
    assert found.episode is not None
    report = check_schedule(arrivals, schedule_of(market, found.episode))
    assert report.valid and report.cost == pytest.approx(best, rel=1e-6)
    for _ in range(10):
        prices = rng.exponential(best / 20, (arrivals.n_slots, market.n_resources))
        assert bound_of_prices(market, arrivals, prices) <= best * (1 + 1e-9)
    assert found.certified <= best * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_p35_prices_of_the_relaxation_certify_its_value(market: Market, population: Any, seed: int) -> None:
    arrivals = sequence(population, seed)
    relaxed = look_back(market, arrivals, integer=False)
    assert relaxed.certified == pytest.approx(relaxed.bound, rel=1e-5)
    assert relaxed.episode is None and (relaxed.prices >= 0).all()
    found = look_back(market, arrivals, Limits(gap=1e-3, nodes=200))
    assert found.certified <= found.cost
    for name in POLICIES:
        rule = get_policy(name).begin(market, np.random.default_rng(0))
        assert play(market, arrivals, rule).cost >= found.certified - 1e-9


def test_p35_what_fits_now_fits_until_it_leaves(market: Market, population: Any) -> None:
    """A rule that takes as much as fits never overfills a later slot."""
    for seed in range(5):
        arrivals = sequence(population, seed, rate=5.0, slots=10)
        desk = Desk(market, arrivals)
        while not desk.done:
            view = desk.view()
            load = np.where(view.fits, market.use[view.user].sum(axis=1), -1.0)
            desk.take(int(load.argmax()))
        for t in range(arrivals.n_slots):
            there = arrivals.present(t)
            assert (market.use[arrivals.user[there], desk.actions[there]].sum(axis=0) <= 1 + 1e-6).all()


def test_no_peeking(market: Market, population: Any) -> None:
    """Decisions of a sequence that is cut short are those of the whole one, for every policy."""
    whole = sequence(population, 5)
    kept = whole.slot < 6
    short = Arrivals(population, whole.user[kept], whole.slot[kept], whole.stay[kept], whole.n_slots)
    for name in POLICIES:
        actions = [play(market, a, get_policy(name).begin(market, np.random.default_rng(1))).actions
                   for a in (whole, short)]  # fmt: skip
        assert np.array_equal(actions[0][: len(short)], actions[1]), name


def test_p35_queues_trade_cost_for_load(population: Any, market: Market) -> None:
    """Without hard limits: mean cost falls as V grows, and mean load stays within the queue left over."""
    slots, costs = 400, []
    for v in (0.3, 30.0):
        rule, spent, booked = Queues(market, v, obey=False), 0.0, np.zeros(market.n_resources)
        rng = np.random.default_rng(0)
        for t in range(slots):
            for user in rng.integers(0, population.n_users, rng.poisson(2.0)):
                view = View(market, t, slots + 10, np.ones(market.n_resources), np.array([user]), np.array([3]))
                action = rule.choose(view)
                spent += float(view.cost[action]) * 3
                booked += market.use[user, action] * 3
        rule.pass_time(slots)
        assert (booked / slots <= 1 + rule.queue / slots + 1e-9).all()
        costs.append(spent)
    assert costs[1] < costs[0]


def test_desk_refuses_what_does_not_fit(market: Market, population: Any) -> None:
    desk = Desk(market, sequence(population, 0))
    with pytest.raises(InputError, match="does not fit"):
        desk.take(market.n_actions)
    missing = np.flatnonzero(~desk.view().fits)
    if len(missing):
        with pytest.raises(InputError, match="does not fit"):
            desk.take(int(missing[0]))
    while not desk.done:
        desk.take(0)
    with pytest.raises(InputError, match="decided every request"):
        desk.view()


def test_markets_refuse_what_they_cannot_book() -> None:
    instance = generate("campus", users=5, servers=1, seed=1)
    with pytest.raises(InputError, match="whole blocks"):
        Market.of(instance)
    limited = generate("campus", users=5, servers=1, seed=1, allocation="units", problem="J-A", energy_part=0.5)
    with pytest.raises(InputError, match="energy_budget_j"):
        Market.of(limited)
    with pytest.raises(InputError, match="did you mean 'online_greedy'"):
        get_policy("online_greddy")
