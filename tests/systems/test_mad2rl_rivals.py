"""A slot on the road: the genetic algorithm and those who choose in turn, beside the optimum."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from instances.systems.check_mad2rl import evaluate
from instances.systems.mad2rl import Slot, draw_slot
from solvers.learned.network import Network
from solvers.learned.perceptron import Perceptron
from solvers.learned.q_learning import learn_by_playing
from solvers.systems.mad2rl import genetic, greedy, learned, myopic, solve_slot
from solvers.systems.mad2rl.game import FEATURES, SlotGame
from solvers.systems.mad2rl.train import SEED, SHAPE, TRAINING, lesson
from solvers.systems.mad2rl.ways import Ways


def slot_of(seed: int, clients: int = 4) -> Slot:
    return draw_slot(clients, 2 + seed % 3, np.random.default_rng(seed), mix="random",
                     queues_gflop=6.0 * (seed % 2), weight=50.0)  # fmt: skip


@pytest.mark.parametrize("method", [learned, myopic])
@pytest.mark.parametrize("seed", range(6))
def test_plans_are_valid_and_no_better_than_the_optimum(method, seed: int) -> None:  # type: ignore[no-untyped-def]
    slot = slot_of(seed)
    report = evaluate(slot, method(slot))
    assert not report.violations
    best = evaluate(slot, solve_slot(slot)).objective
    assert report.objective >= best - 1e-9 * abs(best)


@pytest.mark.parametrize("hull", [False, True])
def test_many_choices_cost_what_the_checker_says(hull: bool) -> None:
    for seed in range(4):
        slot = slot_of(seed)
        ways = Ways.of(slot, hull=hull)
        chosen = np.random.default_rng(seed).integers(0, ways.count, size=(15, slot.n_clients))
        told = [evaluate(slot, ways.plan(row)).objective for row in chosen]
        assert ways.cost(chosen) == pytest.approx(told, rel=1e-9)


def test_genetic_algorithm_improves_with_its_budget_and_repeats() -> None:
    pytest.importorskip("pymoo", reason="the extra meta (pymoo) is not installed")
    slot = slot_of(4, clients=6)
    best = evaluate(slot, solve_slot(slot)).objective
    few, many, again = (genetic(slot, np.random.default_rng(1), evaluations=n) for n in (50, 1000, 1000))
    reports = [evaluate(slot, plan) for plan in (few, many, again)]
    assert not any(report.violations for report in reports)
    assert best - 1e-9 <= reports[1].objective <= reports[0].objective
    assert reports[1].objective <= evaluate(slot, greedy(slot)).objective
    assert np.array_equal(many.cut, again.cut) and np.array_equal(many.target, again.target)


def test_nobody_on_the_road_is_a_plan_too() -> None:
    pytest.importorskip("pymoo", reason="the extra meta (pymoo) is not installed")
    empty = draw_slot(0, 2, np.random.default_rng(0))
    assert all(not evaluate(empty, method(empty)).violations for method in (genetic, myopic, learned))


def test_what_any_choices_are_paid_adds_up_to_the_objective() -> None:
    rng = np.random.default_rng(0)
    for seed in range(4):
        slot = slot_of(seed)
        game, paid = SlotGame(slot), 0.0
        start = game._cost
        while not game.done:
            features, fits = game.see()
            assert features.shape == (len(fits), len(FEATURES)) and np.isfinite(features).all()
            paid += game.take(int(rng.integers(len(fits))))
        end = start - paid * slot.weight * game.unit_s
        assert evaluate(slot, game.plan()).objective == pytest.approx(end, rel=1e-9)


def test_what_was_learned_is_better_than_nothing_learned() -> None:
    untrained = Network.of(FEATURES, Perceptron.draw(np.random.default_rng(SEED), len(FEATURES), TRAINING.hidden))
    slots = [lesson(np.random.default_rng(50_000 + s)) for s in range(12)]
    known, not_known = (sum(evaluate(s, learned(s, n)).objective for s in slots) for n in (None, untrained))
    assert known < not_known


def test_training_repeats() -> None:
    short = dataclasses.replace(TRAINING, episodes=4, batch=4)
    first, again = (learn_by_playing(lambda rng: SlotGame(lesson(rng)), SHAPE, np.random.default_rng(5), short)
                    for _ in range(2))  # fmt: skip
    assert all(np.array_equal(a, b) for a, b in zip(first.parameters, again.parameters, strict=True))
