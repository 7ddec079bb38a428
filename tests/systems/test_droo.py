"""Wireless-powered offloading: times against a general solver, exact methods, heuristics, the learned policy."""

from __future__ import annotations

import dataclasses

import cvxpy as cp
import numpy as np
import pytest

from instances.errors import InputError
from instances.systems.check_droo import evaluate
from instances.systems.droo import Frame, FramePlan, draw_frames, mean_gains
from solvers.systems.droo import (
    Learner,
    all_local,
    all_offload,
    best_times,
    branch,
    coordinate_descent,
    enumerate_modes,
    plan_of,
    quantise,
    relax_and_round,
)
from solvers.systems.droo.times import coefficients


def frames(devices: int, count: int, seed: int = 0) -> list[Frame]:
    return draw_frames(devices, count, np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(8))
def test_p29a_times_are_those_of_a_general_solver(seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame, modes = frames(4, 1, seed)[0], rng.random(4) < 0.6
    terms, charge, send = coefficients(frame), cp.Variable(nonneg=True), cp.Variable(4, nonneg=True)
    # τ ln(1 + c a/τ) is minus the relative entropy of τ and τ + c a.
    gains = [
        -float(terms.send[j]) * cp.rel_entr(send[j], send[j] + terms.snr[j] * charge) for j in np.flatnonzero(modes)
    ]
    value = float(terms.local[~modes].sum()) * cp.power(charge, 1 / 3) + sum(gains)
    found = cp.Problem(cp.Maximize(value), [charge + cp.sum(send) <= 1]).solve(solver=cp.CLARABEL)
    assert evaluate(frame, plan_of(frame, modes)).value == pytest.approx(found, rel=1e-6)


def test_p29b_bound_meets_value_and_no_times_beat_it() -> None:
    rng = np.random.default_rng(1)
    for frame in frames(6, 20):
        modes = rng.random((1, 6)) < 0.5
        times = best_times(frame, ~modes, modes)
        assert times.bound[0] == pytest.approx(times.value[0], rel=1e-9)
        assert times.value[0] == pytest.approx(evaluate(frame, plan_of(frame, modes[0])).value)
        for _ in range(30):
            part = rng.dirichlet(np.ones(7))
            plan = FramePlan(modes[0], float(part[0]), np.where(modes[0], part[1:], 0.0))
            assert evaluate(frame, plan).value <= times.bound[0] * (1 + 1e-9)


@pytest.mark.parametrize("devices", [1, 3, 8])
def test_p29c_exact_methods_agree_and_the_others_are_no_better(devices: int) -> None:
    for frame in frames(devices, 6, seed=devices):
        best = evaluate(frame, enumerate_modes(frame)).value
        assert evaluate(frame, branch(frame)).value == pytest.approx(best, rel=1e-8)
        for method in (coordinate_descent, relax_and_round, all_local, all_offload):
            report = evaluate(frame, method(frame))
            assert not report.violations and report.value <= best * (1 + 1e-9)
        both = np.ones((1, devices), dtype=bool)
        assert best_times(frame, both, both).bound[0] >= best


def test_branch_beyond_enumeration() -> None:
    frame = frames(16, 1)[0]
    with pytest.raises(InputError, match="use branch"):
        enumerate_modes(frame)
    assert evaluate(frame, branch(frame)).value >= evaluate(frame, coordinate_descent(frame)).value * (1 - 1e-9)


def test_mean_gains_are_those_of_the_code() -> None:
    gains = mean_gains(10)
    assert gains[0] == pytest.approx(1.1635e-5, rel=1e-3) and (np.diff(gains) < 0).all()
    assert mean_gains(30)[-1] == pytest.approx(gains[-1])


def test_quantised_modes_keep_the_order_of_wishes() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        wish = rng.random(7)
        rows = quantise(wish, 7)
        assert 1 <= len(rows) <= 7 and any((row == (wish > 0.5)).all() for row in rows)
        for row in rows:
            assert not row.any() or row.all() or wish[row].min() >= wish[~row].max()


def test_the_policy_learns() -> None:
    pytest.importorskip("sklearn", reason="needs the extra learn (scikit-learn)")
    rng = np.random.default_rng(3)
    seen, unseen = draw_frames(5, 200, rng), draw_frames(5, 30, rng)
    learner = Learner(5, rng)
    best = np.array([evaluate(f, enumerate_modes(f)).value for f in unseen])

    def ratio() -> float:
        wished = [plan_of(f, learner.wishes(f) > 0.5) for f in unseen]
        return float(np.mean([evaluate(f, p).value for f, p in zip(unseen, wished, strict=True)] / best))

    before = ratio()
    for frame in seen:
        learner.learn(frame)
    after = ratio()
    decided = np.mean([evaluate(f, learner.decide(f)).value for f in unseen] / best)
    assert before < after and after > 0.85
    assert after - 1e-9 <= decided <= 1 + 1e-9


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"charge_s": 0.9}, "longer than the frame"),
        ({"charge_s": -0.1}, "times below 0"),
        ({"send_s": np.array([0.2, 0.2, 0.0])}, "sends while it computes"),
        ({"send_s": np.array([0.2])}, "a decision for every device"),
    ],
)
def test_broken_rules_are_named(change: dict[str, object], rule: str) -> None:
    frame = frames(3, 1)[0]
    good = FramePlan(np.array([True, False, False]), 0.5, np.array([0.2, 0.0, 0.0]))
    assert not evaluate(frame, good).violations
    assert evaluate(frame, dataclasses.replace(good, **change)).violations == (rule,)  # type: ignore[arg-type]


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="gain"):
        Frame(np.array([0.0]), np.array([1.0]))
    with pytest.raises(InputError, match="noise_w"):
        dataclasses.replace(frames(2, 1)[0], noise_w=-1.0)
