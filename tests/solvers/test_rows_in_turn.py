"""Layouts chosen layer by layer: what is paid is what the checker counts, and what was learned."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from instances.row_family import draw_rows, draw_spatial
from instances.rows import RowProblem
from solvers.answer import Limits
from solvers.learned.network import Network
from solvers.learned.perceptron import Perceptron
from solvers.learned.q_learning import learn_by_playing
from solvers.rows import divide_network
from solvers.rows.game import FEATURES, PieceGame, most_choices
from solvers.rows.in_turn import PiecesLearned
from solvers.rows.phases import Phase, computing, receiving
from solvers.rows.rounding import value_of
from solvers.rows.train import SEED, SHAPE, TRAINING, lesson


def problem(seed: int, layers: int = 5) -> RowProblem:
    rng = np.random.default_rng(seed)
    network = draw_spatial(rng, layers=layers, side=20, branch=seed % 2 == 1)
    return draw_rows(rng, network, devices=2 + seed % 3, goal="energy" if seed % 4 == 3 else "latency")


@pytest.mark.parametrize("name", ["pieces_greedy", "pieces_learned"])
@pytest.mark.parametrize("seed", range(8))
def test_divisions_are_valid_and_no_better_than_the_best_pieces(name: str, seed: int) -> None:
    found, exact = (divide_network(problem(seed), n, limits=Limits(gap=1e-7, nodes=2000)) for n in (name, "pieces"))
    assert found.report is not None and found.report.valid
    assert found.value >= exact.value * (1 - 1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_what_any_choices_are_paid_adds_up_to_what_the_checker_counts(seed: int) -> None:
    rng, game = np.random.default_rng(seed), PieceGame(problem(seed))
    paid, widest = 0.0, 0
    while not game.done:
        features, fits = game.see()
        assert features.shape == (len(fits), len(FEATURES)) and np.isfinite(features).all()
        widest = max(widest, len(fits))
        paid += game.take(int(rng.choice(np.flatnonzero(fits))))
    assert value_of(game.problem, game.plan()) == pytest.approx(game.costs.fixed - paid * game.unit, rel=1e-9)
    assert widest <= most_choices(len(game.problem.devices))
    assert not game.again().done and game.done


def test_phases_by_hand() -> None:
    """Two devices, each phase as long as the slower one, the energy of both."""
    row = problem(0)
    fast, slow = (dataclasses.replace(row.devices[0], gflops=f, active_w=2.0, rate_mbps=r, j_per_mbit=0.1)
                  for f, r in ((10.0, 100.0), (5.0, 50.0)))  # fmt: skip
    row = row.replace(devices=(fast, slow))
    work, sent = computing(row, np.array([10.0, 10.0])), receiving(row, np.array([0.0, 5.0]))
    assert (work.seconds, work.joules) == (2.0, 6.0)
    assert (sent.seconds, sent.joules) == pytest.approx((0.1, 0.5))
    both = work + sent + Phase()
    assert both.value("latency") == pytest.approx(2.1) and both.value("energy") == pytest.approx(6.5)


def test_what_was_learned_is_better_than_nothing_learned() -> None:
    untrained = Network.of(FEATURES, Perceptron.draw(np.random.default_rng(SEED), len(FEATURES), TRAINING.hidden))
    problems = [problem(50_000 + s, layers=8) for s in range(12)]
    costs = []
    for learned in (PiecesLearned(), PiecesLearned(untrained)):
        plans = [learned.solve(p, limits=Limits()).plan for p in problems]
        costs.append(sum(value_of(p, plan) / PieceGame(p).unit for p, plan in zip(problems, plans, strict=True)))
    assert costs[0] < costs[1]


def test_training_repeats() -> None:
    short = dataclasses.replace(TRAINING, episodes=3, batch=4)

    def begin(rng: np.random.Generator) -> PieceGame:
        return PieceGame(problem(int(rng.integers(1000))))

    first, again = (learn_by_playing(begin, SHAPE, np.random.default_rng(5), short) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first.parameters, again.parameters, strict=True))
    assert len(lesson(np.random.default_rng(1)).devices) >= 2
