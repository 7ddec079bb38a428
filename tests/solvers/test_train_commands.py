"""The commands that train policies: what they write can be read, fits its game, and is the same every time."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from instances.expand import expand
from instances.generate import generate
from solvers.learned import train as of_options
from solvers.learned.features import FEATURES
from solvers.learned.network import read_network
from solvers.learned.q_learning import Training, play_out
from solvers.rows import train as of_rows
from solvers.rows.game import PieceGame
from solvers.systems.mad2rl import train as of_slots
from solvers.systems.mad2rl.game import SlotGame
from solvers.systems.mad2rl.ways import Ways
from solvers.uav import train as of_flights

SHORT = Training(episodes=2, batch=4, memory=64, lag=10, hidden=(4,))
IN_TURN = {"rows": of_rows, "slots": of_slots, "flights": of_flights}


def shortened(module: ModuleType, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two games, one to judge by; written elsewhere."""
    for name, value in {"TRAINING": SHORT, "JUDGED": 1, "EVERY": 1, "WEIGHTS": file}.items():
        monkeypatch.setattr(module, name, value)
    of_train = module.train
    monkeypatch.setattr(module, "train", lambda rng: of_train(rng, SHORT))


@pytest.mark.parametrize("name", IN_TURN)
def test_training_writes_what_can_be_read(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module, file = IN_TURN[name], tmp_path / "weights.json"
    shortened(module, file, monkeypatch)
    module.main()
    assert f"wrote {file}" in capsys.readouterr().out
    network, made = read_network(file), json.loads(file.read_text())["made"]
    assert network.features == module.FEATURES
    assert made["by"] == f"python -m {module.__name__}" and made["seed"] == module.SEED
    assert made["judged_on_seeds"] == [module.FIRST_JUDGED, module.FIRST_JUDGED]
    assert all(np.isfinite(weight).all() for weight in network.weights)
    first = file.read_bytes()
    module.main()
    assert file.read_bytes() == first


@pytest.mark.parametrize("name", IN_TURN)
def test_lessons_follow_from_the_seed(name: str) -> None:
    module = IN_TURN[name]
    one, same, other = (module.lesson(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert repr(one) == repr(same) != repr(other)


def test_made_up_networks_are_among_the_lessons() -> None:
    kinds = {of_rows.lesson(np.random.default_rng(seed)).network.name in of_rows.GEOMETRIES for seed in range(12)}
    assert kinds == {True, False}


def test_the_policy_that_is_kept_pays_most_of_those_on_the_way() -> None:
    """It is judged by slots drawn apart: none of the networks that were judged pays more."""
    judged: list[float] = []
    slots = [of_slots.lesson(np.random.default_rng(of_slots.FIRST_JUDGED + k)) for k in range(2)]

    def judge(network: object) -> float:
        judged.append(sum(play_out(SlotGame(slot, Ways.of(slot, hull=True)), network) for slot in slots))  # type: ignore[arg-type]
        return judged[-1]

    course = of_slots.course(lambda draws: SlotGame(of_slots.lesson(draws)), of_slots.SHAPE,
                             np.random.default_rng(0), SHORT)  # fmt: skip
    best = of_slots.best_of_course(course, judge, 1)
    assert len(judged) == SHORT.episodes
    assert judge(best) == pytest.approx(max(judged))


def test_games_of_pieces_begin_again() -> None:
    """Judging plays the same problem afresh: the same network pays the same twice."""
    game = PieceGame(of_rows.lesson(np.random.default_rng(3)))
    network = next(iter(of_rows.course(lambda draws: PieceGame(of_rows.lesson(draws)), of_rows.SHAPE,
                                       np.random.default_rng(0), SHORT)))  # fmt: skip
    assert play_out(game.again(), network) == play_out(game.again(), network)


def test_options_are_learned_from_solved_instances(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("sklearn", reason="the extra learn is not installed")
    file = tmp_path / "weights.json"
    monkeypatch.setattr(of_options, "WEIGHTS", file)
    monkeypatch.setattr(of_options, "SIZES", ((4, 1),))
    monkeypatch.setattr(of_options, "FAMILIES", ("campus", "factory"))
    tables = list(of_options.lessons(1))
    assert [(t.allocation, t.n_users) for t in tables] == [("continuous", 4), ("units", 4)] * 2
    monkeypatch.setattr(of_options, "lessons", lambda: iter(tables))
    of_options.main()
    made = json.loads(file.read_text())["made"]
    assert read_network(file).features == FEATURES
    used = int(capsys.readouterr().out.split("of which ")[1].split()[0])
    assert made["instances"] <= 4 and used == 4 * made["instances"]  # one option a user
    assert made["examples"] > used


def test_an_instance_without_a_plan_teaches_nothing() -> None:
    instance = generate("campus", users=3, servers=1, seed=1)
    late = instance.replace(users=instance.users.replace(deadline_s=np.full(3, 1e-6)))
    assert of_options.examples(expand(late)) is None
