"""Flights that see only the slot at hand: rules kept, nothing of what comes is used, and what was learned."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from instances.errors import InputError
from instances.systems.check_uav import check_mission
from instances.systems.uav import Mission, draw_mission
from instances.systems.uav_family import FLIGHTS
from solvers.answer import Limits
from solvers.learned.network import Network
from solvers.learned.perceptron import Perceptron
from solvers.learned.q_learning import learn_by_playing
from solvers.uav import in_turn, solve_flight
from solvers.uav.game import FEATURES, FlightGame
from solvers.uav.in_turn import Learned, Myopic
from solvers.uav.registry import FlightMethod
from solvers.uav.train import SEED, SHAPE, TRAINING, lesson

NAMES = ("uav_myopic", "uav_learned")


def small(seed: int, battery_j: float = 4e4) -> Mission:
    return draw_mission(np.random.default_rng(seed), slots=4, users=3, craft=2, side=3, length_m=400.0, channels=1,
                        busy=0.8, battery_j=4 * 1176 + battery_j)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(6))
def test_plans_keep_all_rules_and_are_no_better_than_the_optimum(name: str, seed: int) -> None:
    mission = small(seed, battery_j=(4e4, 2e3, 10.0)[seed % 3])
    found, exact = (solve_flight(mission, n, limits=Limits(gap=1e-7, nodes=500)) for n in (name, "uav_milp"))
    assert found.report is not None and found.report.valid
    assert found.cost >= exact.bound * (1 - 1e-7)


def test_any_hops_keep_all_rules_and_cost_what_the_checker_says() -> None:
    rng = np.random.default_rng(0)
    for seed in range(12):
        mission = small(seed, battery_j=float(rng.choice([1e5, 3e4, 5e3, 0.0])))
        game, paid, most = FlightGame(mission), 0.0, 0.0
        while not game.done:
            features, fits = game.see()
            assert features.shape == (mission.n_points, len(FEATURES)) and np.isfinite(features).all()
            most += game._most
            paid += game.take(int(rng.choice(np.flatnonzero(fits))))
        plan = game.plan()
        assert plan is not None
        report = check_mission(mission, plan)
        assert report.valid, report.broken
        assert report.cost == pytest.approx(game.cost, rel=1e-9)
        alone = float(game.costs.local.sum()) + mission.n_craft * 4 * game.costs.hover_j * mission.craft_weight
        assert paid * game.unit == pytest.approx(alone - report.cost - most, rel=1e-6)  # what it is paid adds up


def test_a_battery_too_small_to_hover_and_a_task_nobody_can_serve_have_no_plan() -> None:
    mission = small(1, battery_j=-500.0)
    assert Myopic().solve(mission, limits=Limits(), rng=np.random.default_rng(0)).plan is None
    late = small(1).replace(deadline_s=np.full((4, 3), 0.01))
    assert Myopic().solve(late, limits=Limits(), rng=np.random.default_rng(0)).plan is None


@pytest.mark.parametrize("method", [Myopic(), Learned()])
def test_no_peeking(method: FlightMethod) -> None:
    """What comes later changes no hop before it."""
    mission, other = small(2), small(3)
    cut = 2
    fields = {name: np.concatenate([getattr(mission, name)[:cut], getattr(other, name)[cut:]])
              for name in ("place_m", "task_mbit", "blocked")}  # fmt: skip
    flights = [method.solve(m, limits=Limits(), rng=np.random.default_rng(0)).plan
               for m in (mission, mission.replace(**fields))]  # fmt: skip
    assert flights[0] is not None and flights[1] is not None
    assert np.array_equal(flights[0].point[:, :cut], flights[1].point[:, :cut])
    assert np.array_equal(flights[0].server[:cut], flights[1].server[:cut])


def test_what_was_learned_is_better_than_nothing_learned() -> None:
    """The stored network against layers as first drawn, without the guess, on flights nobody was trained on."""
    untrained = Network.of(FEATURES, Perceptron.draw(np.random.default_rng(SEED), len(FEATURES), TRAINING.hidden))
    flights = [draw(np.random.default_rng(50_000 + s)) for draw in FLIGHTS.values() for s in range(3)]
    costs = [[learned.solve(m, limits=Limits(), rng=np.random.default_rng(0)).cost for m in flights]
             for learned in (Learned(), Learned(untrained))]  # fmt: skip
    assert sum(costs[0]) < sum(costs[1])


def test_training_repeats() -> None:
    short = dataclasses.replace(TRAINING, episodes=3, batch=4)
    first, again = (learn_by_playing(lambda rng: FlightGame(lesson(rng)), SHAPE, np.random.default_rng(5), short)
                    for _ in range(2))  # fmt: skip
    assert all(np.array_equal(a, b) for a, b in zip(first.parameters, again.parameters, strict=True))


def test_weights_of_other_features_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_turn, "FEATURES", FEATURES[:-1])
    in_turn._network.cache_clear()
    with pytest.raises(InputError, match=r"solvers\.uav\.train"):
        in_turn._network()
