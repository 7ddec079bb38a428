"""The desk as a Gymnasium environment (extra rl)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from instances.arrivals import draw_arrivals
from instances.errors import InputError
from instances.generate import generate
from solvers.online import Market


@pytest.fixture(scope="module")
def market() -> Market:
    instance = generate("campus", users=80, servers=2, seed=1, allocation="units", load=4, blocks=10, units=5)
    return Market.of(instance)


@pytest.fixture(scope="module")
def population() -> Any:
    return generate("campus", users=80, servers=2, seed=1, allocation="units", load=4, blocks=10, units=5)


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
