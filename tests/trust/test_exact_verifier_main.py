"""`instances.verify` as a program, run in this process: what it prints, and its exit status."""

from __future__ import annotations

import json
import runpy
import shutil
import sys
from pathlib import Path

import pytest

from instances import verify as exact
from instances.generate import generate
from instances.json_file import instance_to_json
from solvers import Limits, solve
from solvers.result_file import result_to_json


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An instance and a certified result as files."""
    folder = tmp_path_factory.mktemp("verified")
    instance = generate("campus", users=3, servers=1, seed=1)
    result = solve(instance, limits=Limits(gap=1e-4, nodes=200))
    files = folder / "instance.json", folder / "result.json"
    for path, document in zip(files, (instance_to_json(instance), result_to_json(result)), strict=True):
        path.write_text(json.dumps(document))
    return files


def test_what_holds(written: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    cost = json.loads(written[1].read_text())["objective_j"]
    assert exact.main(*map(str, written)) == 0
    assert capsys.readouterr().out.startswith(f"holds: the plan costs {cost:.9g}, and no plan less than ")


def test_what_is_wrong(written: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = json.loads(written[1].read_text())
    false = tmp_path / "false.json"
    false.write_text(json.dumps({**result, "objective_j": 0.9 * result["objective_j"]}))
    assert exact.main(str(written[0]), str(false)) == 4
    assert capsys.readouterr().out == f"WRONG: the plan costs {result['objective_j']:.9g}\n"
    false.write_text("[]")
    assert exact.main(str(written[0]), str(false)) == 4
    assert capsys.readouterr().out.startswith("WRONG: the files make no sense: TypeError")
    assert exact.main(str(written[0]), str(tmp_path / "missing.json")) == 4
    assert "FileNotFoundError" in capsys.readouterr().out


def test_what_is_not_handled(written: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = tmp_path / "old.json"
    old.write_text(json.dumps({**json.loads(written[1].read_text()), "schema": "edgecut-result/1"}))
    assert exact.main(str(written[0]), str(old)) == 65
    assert capsys.readouterr().out == "not handled: an older schema\n"


def test_another_folder_of_networks(written: tuple[Path, Path], tmp_path: Path) -> None:
    folder = tmp_path / "networks"
    shutil.copytree(exact.CATALOG, folder)
    assert exact.main(*map(str, written), str(folder)) == 0
    for path in folder.glob("*.json"):
        path.unlink()
    assert exact.main(*map(str, written), str(folder)) != 0


def test_the_exit_status_is_that_of_main(
    written: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["verify.py", *map(str, written)])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(exact.__file__, run_name="__main__")
    assert ended.value.code == 0 and capsys.readouterr().out.startswith("holds: ")
