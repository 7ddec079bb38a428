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
from solvers.online.bid import learn_bid_prices
from solvers.online.desk import View
from solvers.online.drift import Queues
from solvers.online.features import feature_count, see
from solvers.online.learned import Training, train_policy
from solvers.learned.perceptron import Perceptron
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


def test_gradient_agrees_with_finite_differences() -> None:
    rng = np.random.default_rng(0)
    network = Perceptron.draw(rng, 5, (7, 6))
    x, slope = rng.normal(size=(9, 5)), rng.normal(size=9)
    gradient = network.gradient(x, slope)
    for k, (p, g) in enumerate(zip(network.parameters, gradient, strict=True)):
        for at in np.ndindex(p.shape):
            values = []
            for step in (1e-6, -1e-6):
                moved = [q.copy() for q in network.parameters]
                moved[k][at] += step
                values.append(float((network.with_parameters(tuple(moved)).value(x) * slope).sum()))
            assert (values[0] - values[1]) / 2e-6 == pytest.approx(g[at], rel=1e-5, abs=1e-7)


def test_learned_policies_beat_chance_and_repeat(market: Market, population: Any) -> None:
    def draw(rng: np.random.Generator) -> Arrivals:
        return draw_arrivals(population, rng, slots=12, rate=4.0, mean_stay=4.0)

    training = Training(episodes=30, hidden=(24, 24))
    learned = train_policy(market, draw, np.random.default_rng(1), training)
    again = train_policy(market, draw, np.random.default_rng(1), training)
    assert all(np.array_equal(a, b) for a, b in zip(learned.network.parameters, again.network.parameters, strict=True))
    bid = learn_bid_prices(market, [draw(np.random.default_rng(1000 + s)) for s in range(4)])
    tests = [draw(np.random.default_rng(2000 + s)) for s in range(6)]
    cost = {p.name: sum(play(market, a, p.begin(market, np.random.default_rng(s))).cost for s, a in enumerate(tests))
            for p in (learned, bid, get_policy("online_random"), get_policy("online_greedy"))}  # fmt: skip
    assert cost["online_learned"] < cost["online_random"]
    assert cost["online_bid"] < cost["online_greedy"]
    other = Market.of(generate("campus", users=5, servers=1, seed=1, allocation="units", blocks=4, units=4))
    with pytest.raises(InputError, match="trained on"):
        learned.begin(other, np.random.default_rng(0))
    with pytest.raises(InputError, match="Training"):
        Training(episodes=0)


@pytest.fixture
def environment(market: Market, population: Any) -> Any:
    pytest.importorskip("gymnasium", reason="the extra rl (gymnasium) is not installed")
    from solvers.online.environment import OnlineEnvironment

    return OnlineEnvironment(market, lambda rng: draw_arrivals(population, rng, slots=8, rate=3.0, mean_stay=3.0))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_gymnasium_accepts_the_environment(environment: Any) -> None:
    from gymnasium.utils.env_checker import check_env

    check_env(environment, skip_render_check=True)


def test_environment_replays_and_pays_what_the_desk_counts(environment: Any, market: Market) -> None:
    runs = []
    for _ in range(2):
        seen, info = environment.reset(seed=7)
        rng, paid, trail, over = np.random.default_rng(3), 0.0, [seen], False
        while not over:
            assert info["action_mask"][0] == 1
            action = int(rng.choice(np.flatnonzero(info["action_mask"])))
            seen, reward, over, cut, info = environment.step(action)
            assert not cut and not info["replaced"]
            paid += reward
            trail.append(seen)
        assert paid == pytest.approx(-environment.desk.cost)
        runs.append(np.stack(trail))
    assert np.array_equal(runs[0], runs[1])


def test_environment_replaces_what_does_not_fit(environment: Any) -> None:
    with pytest.raises(InputError, match="reset"):
        environment.step(0)
    _, info = environment.reset(seed=1)
    replaced = 0
    for _ in range(10_000):
        worst = int(np.argmin(info["action_mask"]))
        before = environment.desk.view()
        _, reward, over, _, info = environment.step(worst)
        if not before.fits[worst]:
            assert info["replaced"] and reward == pytest.approx(-float(before.cost[0]) * before.inferences)
            replaced += 1
        if over:
            break
    assert replaced > 0


def test_features_have_one_row_an_action(market: Market, population: Any) -> None:
    view = Desk(market, sequence(population, 1)).view()
    assert see(view).shape == (market.n_actions, feature_count(market))
    assert np.isfinite(see(view)).all()
