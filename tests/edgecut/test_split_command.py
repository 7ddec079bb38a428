"""`edgecut split` and `edgecut splitters` as a user meets them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from edgecut.cli import main
from instances.dnn import load_network
from solvers.split import SPLITTERS


@dataclass
class Done:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


class Shell:
    """Runs commands in this process, in a folder of its own."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def __call__(self, *arguments: str) -> Done:
        with pytest.raises(SystemExit) as ending:
            main(list(arguments))
        captured = self.capsys.readouterr()
        return Done(int(ending.value.code or 0), captured.out, captured.err)


@pytest.fixture
def edgecut(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(capsys)


def test_a_network_of_the_catalogue(edgecut: Shell) -> None:
    done = edgecut("split", "alexnet", "--rate", "18", "--device", "raspberry_pi_4")
    assert done.returncode == 0, done.stderr
    assert "optimal" in done.stdout and "latency_s" in done.stdout and "sent" in done.stdout
    told = json.loads(edgecut("split", "alexnet", "--rate", "18", "--device", "raspberry_pi_4", "--json").stdout)
    assert told["value"] == told["latency_s"] and told["unit"] == "s"
    assert len(told["placement"]) == len(told["layers"]) == sum(told["layers_at"])
    assert told["sent"] == ["input"] and told["upload_mbit"] == load_network("alexnet").input_mbit


@pytest.mark.parametrize(("options", "method", "unit"), [
    (("--goal", "energy"), "min_cut", "J"),
    (("--goal", "stage"), "scan", "s"),
    (("--goal", "stage", "--method", "dsh"), "dsh", "s"),
    (("--goal", "energy", "--deadline", "5"), "scan", "J"),
    (("--second-w", "2", "--both-ways"), "min_cut", "J"),
])  # fmt: skip
def test_goals_and_the_method_that_answers(options: tuple[str, ...], method: str, unit: str, edgecut: Shell) -> None:
    done = edgecut("split", "resnet18", *options, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["method"] == method and told["unit"] == unit
    assert told["bound"] <= told["value"]


def test_a_user_of_an_instance_and_a_network_file(edgecut: Shell, tmp_path: Path) -> None:
    made = edgecut("generate", "campus", "--users", "3", "--servers", "2", "--seed", "3", "-o", "i.json")
    assert made.returncode == 0, made.stderr
    done = edgecut("split", "--instance", "i.json", "--user", "u1", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["machines"][0] == "device of u1"
    (tmp_path / "my.json").write_text(json.dumps(load_network("vgg16").to_json()), encoding="utf-8")
    assert json.loads(edgecut("split", "my.json", "--json").stdout)["network"] == "vgg16"
    text = (tmp_path / "my.json").read_text(encoding="utf-8")
    (tmp_path / "twice.json").write_text(text.replace("{", '{"name": "other", ', 1), encoding="utf-8")
    twice = edgecut("split", "twice.json")
    assert twice.returncode == 65 and "gives 'name' twice" in twice.stderr


@pytest.mark.parametrize(("arguments", "code", "says"), [
    (("alexnett",), 65, "did you mean"),
    ((), 65, "just one of them"),
    (("alexnet", "--goal", "speed"), 65, "--goal"),
    (("alexnet", "--method", "dsh"), 65, "longest stage"),
    (("missing.json",), 65, "missing.json: does not exist"),
    (("alexnet", "--deadline", "0.0001"), 3, ""),
])  # fmt: skip
def test_what_cannot_be_done_is_said(arguments: tuple[str, ...], code: int, says: str, edgecut: Shell) -> None:
    done = edgecut("split", *arguments)
    assert done.returncode == code
    assert says in done.stderr


def test_splitters_are_listed(edgecut: Shell) -> None:
    listed = json.loads(edgecut("splitters", "--json").stdout)
    assert {row["name"] for row in listed} == set(SPLITTERS)
