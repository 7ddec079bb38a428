"""The imitation of exact plans: its features and numbers, its plans, and that it has learned something at all."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from instances.check import check
from instances.errors import InputError
from instances.expand import expand
from instances.generate import generate
from instances.options import OptionTable
from instances.plan import Plan
from solvers.answer import Answer, Clock, Limits, Stop
from solvers.heuristics.incumbent import run
from solvers.heuristics.situation import Situation
from solvers.learned.features import FEATURES, features
from solvers.learned.imitation import WEIGHTS, decode, scores
from solvers.learned.network import Network, read_network, write_network
from solvers.learned.train import FIRST_SEED, examples, train
from solvers.registry import METHODS
from tests.builders import tiny_admission, tiny_instance
from tests.solvers.test_heuristics import DEGENERATE, WITHOUT_PLAN

RULES = ("continuous", "units")
LEARN = "the extra learn (scikit-learn) is not installed"


def ask(name: str, table: OptionTable, seed: int = 0) -> Answer:
    limits = Limits()
    return METHODS[name].solve(table, limits=limits, rng=np.random.default_rng(seed), clock=Clock(limits))


def small(rng: np.random.Generator) -> Network:
    """A network with drawn weights."""
    sizes = (len(FEATURES), 4, 1)
    return Network(
        FEATURES, rng.normal(size=sizes[0]), rng.uniform(0.5, 2.0, sizes[0]),
        tuple(rng.normal(size=shape) for shape in itertools.pairwise(sizes)),
        tuple(rng.normal(size=size) for size in sizes[1:]),
    )  # fmt: skip


# --- features --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("allocation", RULES)
def test_features_are_finite_and_one_row_an_option(allocation: str) -> None:
    tables = [expand(tiny_instance(seed, users=4, allocation=allocation)) for seed in range(6)]
    tables += [expand(tiny_admission(seed, users=4, allocation=allocation)) for seed in range(3)]
    tables += [dataclasses.replace(table, allocation=allocation) for table in DEGENERATE.values()]
    for table in tables:
        situation = Situation(table)
        rows, inputs = features(situation)
        assert inputs.shape == (situation.usable.sum(), len(FEATURES))
        assert np.isfinite(inputs).all() and np.abs(inputs).max(initial=0) < 100
        np.testing.assert_array_equal(rows, np.flatnonzero(situation.usable))


def test_features_have_no_units_and_no_order() -> None:
    table = expand(generate("campus", users=8, servers=2, seed=3))
    _, plain = features(Situation(table))
    scaled = dataclasses.replace(
        table, device_j=7 * table.device_j, tx_w=7 * table.tx_w, fixed_j=7 * table.fixed_j, static_j=7 * table.static_j
    )
    np.testing.assert_allclose(features(Situation(scaled))[1], plain, rtol=1e-6, atol=1e-7)


# --- network ---------------------------------------------------------------------------------------------------------


def test_file_keeps_what_the_network_says(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    network, inputs = small(rng), rng.normal(size=(50, len(FEATURES)))
    write_network(network, tmp_path / "n.json", {"by": "a test"})
    again = read_network(tmp_path / "n.json")
    np.testing.assert_allclose(again.value(inputs), network.value(inputs), rtol=1e-3, atol=1e-2)


def test_numpy_says_what_scikit_learn_says() -> None:
    sklearn = pytest.importorskip("sklearn.neural_network", reason=LEARN)
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(300, len(FEATURES)))
    used = (inputs[:, 0] + inputs[:, 1] > 0).astype(float)
    network = train(inputs, used, seed=3)
    assert isinstance(network, Network) and sklearn is not None
    assert ((network.value(inputs) > 0) == used).mean() > 0.85


@pytest.mark.parametrize("change", ["format", "shape", "text", "scale", "missing"])
def test_a_bad_file_is_refused(change: str, tmp_path: Path) -> None:
    path = tmp_path / "n.json"
    write_network(small(np.random.default_rng(0)), path, {})
    data = json.loads(path.read_text())
    if change == "format":
        data["format"] = "another"
    elif change == "shape":
        data["weights"][1] = data["weights"][1][:-1]
    elif change == "scale":
        data["scale"][0] = 0.0
    elif change == "missing":
        del data["mean"]
    path.write_text("no JSON" if change == "text" else json.dumps(data))
    with pytest.raises(InputError):
        read_network(path)


def test_committed_weights_are_of_these_features_and_other_seeds() -> None:
    assert read_network(WEIGHTS).features == FEATURES
    made = json.loads(WEIGHTS.read_text())["made"]
    assert made["seeds"][0] == FIRST_SEED > 1000 and made["instances"] > 100


def test_running_it_needs_no_scikit_learn() -> None:
    code = "import sys, solvers; sys.exit(any(name.split('.')[0] == 'sklearn' for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(InputError, match=r"edgecut\[learn\]"):
        train(np.zeros((4, len(FEATURES))), np.zeros(4))


# --- method ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("allocation", RULES)
def test_plans_hold_and_are_never_better_than_brute_force(allocation: str) -> None:
    found = feasible = 0
    for seed in range(10):
        instance = tiny_instance(seed, users=3, allocation=allocation, tightness=0.5 * (seed % 2))
        table = expand(instance)
        if np.diff(table.start).min() == 0:
            continue
        got, optimum = ask("imitation", table), ask("brute_force", table).objective_j
        feasible += math.isfinite(optimum)
        if got.decision is not None:
            d = got.decision
            report = check(instance, Plan.from_options(table, d.chosen, d.uplink_share, d.compute_share))
            assert report.valid and report.objective_j == pytest.approx(got.objective_j, rel=1e-9)
            assert got.objective_j >= optimum * (1 - 1e-9)
            found += 1
    assert found >= 0.8 * feasible > 4


@pytest.mark.parametrize("case", DEGENERATE)
def test_degenerate_tables(case: str) -> None:
    got = ask("imitation", DEGENERATE[case])
    assert got.stop is Stop.FINISHED and (got.decision is None) == (case in WITHOUT_PLAN)
    assert got.decision is not None or got.message


def test_it_has_learned_something() -> None:
    """On seeds that it has not seen it is well ahead of the same decoder with random scores."""
    learned, drawn = [], []
    for family in ("campus", "factory", "metro"):
        for seed in (1, 2, 3):
            table = expand(generate(family, users=16, servers=3, seed=seed))
            rng = np.random.default_rng(seed)
            random = rng.random(len(table))

            def search(situation: Situation, incumbent: object, score: object = random, rng: object = rng) -> object:
                return decode(situation, incumbent, score[: len(situation.table)], rng)  # type: ignore[index, arg-type]

            learned.append(ask("imitation", table).objective_j)
            drawn.append(run(table, Clock(Limits()), search).objective_j)  # type: ignore[arg-type]
    better = np.array(learned) < np.array(drawn)
    assert better.mean() >= 0.85 and np.median(np.array(learned) / np.array(drawn)) < 0.9


def test_scores_are_of_usable_options() -> None:
    situation = Situation(expand(generate("factory", users=6, servers=2, seed=1)))
    score = scores(situation, read_network(WEIGHTS))
    assert np.isfinite(score[situation.usable]).all() and (score <= 0).all()
    assert np.isneginf(score[~situation.usable]).all()


def test_examples_mark_one_option_a_user() -> None:
    table = expand(generate("metro", users=6, servers=2, seed=1))
    found = examples(table)
    assert found is not None
    inputs, used = found
    assert used.sum() == 6 and len(inputs) == len(used) > 6
