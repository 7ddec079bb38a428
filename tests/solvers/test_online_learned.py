"""Policies at the desk that are trained: the perceptron, its gradient, and that it learns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from instances.arrivals import Arrivals, draw_arrivals
from instances.errors import InputError
from instances.generate import generate
from solvers.learned.perceptron import Perceptron
from solvers.online import Desk, Market, get_policy, play
from solvers.online.bid import learn_bid_prices
from solvers.online.features import feature_count, see
from solvers.online.learned import Training, train_policy


@pytest.fixture(scope="module")
def market() -> Market:
    instance = generate("campus", users=80, servers=2, seed=1, allocation="units", load=4, blocks=10, units=5)
    return Market.of(instance)


@pytest.fixture(scope="module")
def population() -> Any:
    return generate("campus", users=80, servers=2, seed=1, allocation="units", load=4, blocks=10, units=5)


def sequence(population: Any, seed: int, slots: int = 12, rate: float = 3.0, stay: float = 4.0) -> Arrivals:
    return draw_arrivals(population, np.random.default_rng(seed), slots=slots, rate=rate, mean_stay=stay)


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


def test_features_have_one_row_an_action(market: Market, population: Any) -> None:
    view = Desk(market, sequence(population, 1)).view()
    assert see(view).shape == (market.n_actions, feature_count(market))
    assert np.isfinite(see(view)).all()
