"""Commands on paths that few users take: no plan, no prices, other problems, exact arithmetic, ends of the process."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from edgecut.cli import main
from edgecut.commands import solve as solve_command
from instances.files import save
from instances.generate import generate
from instances.library.entries import names
from instances.verify import main as verify_main
from solvers import Limits, Result, solve
from solvers.answer import Answer, Stop
from solvers.result_file import result_to_json
from tests.library.copies import copy_of


def edgecut(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as ending:
        main([str(a) for a in arguments])
    assert isinstance(ending.value.code, int)
    return int(ending.value.code)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small instance with a certified result (r.json) and one of a heuristic (g.json), and one without any plan."""
    place = tmp_path_factory.mktemp("commands")
    instance = generate("campus", users=5, servers=2, seed=3, load=0.5)
    save(instance, place / "i.json")
    (place / "r.json").write_text(json.dumps(result_to_json(solve(instance, "branch", limits=Limits(gap=1e-3)))))
    (place / "g.json").write_text(json.dumps(result_to_json(solve(instance, "greedy"))))
    late = instance.replace(users=instance.users.replace(deadline_s=np.full(5, 1e-6)))
    save(late, place / "late.json")
    (place / "late-r.json").write_text(json.dumps(result_to_json(solve(late, "branch"))))
    return place


def test_verify_tells_json_what_it_tells_people(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert edgecut("verify", folder / "i.json", folder / "r.json", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    recorded = json.loads((folder / "r.json").read_text())
    assert told["valid"] and told["faults"] == [] and 0 <= told["certified_gap"] <= 1e-3
    assert told["certified_j"] == pytest.approx(recorded["certified_j"], rel=1e-9)
    assert told["exact"]["ran"] and told["exact"]["objective"] == pytest.approx(recorded["objective_j"], rel=1e-9)
    assert edgecut("verify", folder / "i.json", folder / "g.json") == 0
    assert "valid: plan, objective and gap recomputed and confirmed\n" in capsys.readouterr().out
    recorded["objective_j"] *= 0.5
    (folder / "bad.json").write_text(json.dumps(recorded))
    assert edgecut("verify", folder / "i.json", folder / "bad.json", "--json", "--no-exact") == 4
    told = json.loads(capsys.readouterr().out)
    assert not told["valid"] and told["certified_j"] is None and told["certified_gap"] is None
    assert told["faults"] and not told["exact"]["ran"] and "--no-exact" in told["exact"]["line"]


def test_verify_names_the_file_that_is_no_result(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "no.json").write_text("{}")
    assert edgecut("verify", folder / "i.json", folder / "no.json") == 65
    assert "no.json" in capsys.readouterr().err


def test_a_bound_beyond_the_proof_is_somebodys_word(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Verify says what is proven, and what is only said."""
    instance = generate("campus", users=5, servers=2, seed=3, load=0.5)
    result = solve(instance, "prices", limits=Limits(gap=1e-6))
    assert result.certificate is not None and result.certified_j < result.objective_j
    answer = Answer(None, Stop.NODES, bound_j=(result.certified_j + 3 * result.objective_j) / 4,
                    certificate=result.certificate)  # fmt: skip
    said = Result.checked(instance, answer, result.plan, method="prices")
    (folder / "said.json").write_text(json.dumps(result_to_json(said)))
    assert edgecut("verify", folder / "i.json", folder / "said.json", "--no-exact") == 0
    told = capsys.readouterr().out
    assert "fact: no plan costs less than" in told
    if said.gap < 1 - result.certified_j / result.objective_j:
        assert "the solver's word: bound" in told
    alone = dataclasses.replace(answer, certificate=None)
    (folder / "alone.json").write_text(
        json.dumps(result_to_json(Result.checked(instance, alone, result.plan, method="prices")))
    )
    assert edgecut("verify", folder / "i.json", folder / "alone.json") == 0
    assert "the bound is the solver's word" in capsys.readouterr().out


def test_the_verifier_alone_has_exit_codes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify_main(str(folder / "i.json"), str(folder / "r.json")) == 0
    assert capsys.readouterr().out.startswith("holds: the plan costs ")
    document = json.loads((folder / "r.json").read_text())
    (folder / "cheap.json").write_text(json.dumps({**document, "objective_j": 0.5 * document["objective_j"]}))
    assert verify_main(str(folder / "i.json"), str(folder / "cheap.json")) == 4
    assert capsys.readouterr().out.startswith("WRONG: ")
    (folder / "list.json").write_text("[]")
    assert verify_main(str(folder / "i.json"), str(folder / "list.json")) == 4
    assert "make no sense" in capsys.readouterr().out


def test_prices_without_a_plan_say_why(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert edgecut("prices", folder / "late.json", "--quiet") == 3
    told = capsys.readouterr()
    assert told.out == "" and "best possible" in told.err


def test_prices_as_rows_for_programs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("prices", folder / "i.json", folder / "r.json", "--resolve", "none", "--quiet", "--top", "2")
    assert edgecut(*arguments, "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert edgecut(*arguments, "--csv") == 0
    again = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["server"] for row in rows] == [row["server"] for row in again] and len(rows) == 2
    assert edgecut(*arguments, "--csv", "--json") == 2
    assert "not both" in capsys.readouterr().err
    assert edgecut(*arguments, "--method", "prices") == 2
    assert "not both" in capsys.readouterr().err


def test_compare_for_programs_and_people(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert edgecut("compare", folder / "late.json", "--methods", "greedy, all_local", "--json", "--quiet") == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["method"] for row in rows] == ["greedy", "all_local"] and rows[0]["objective_j"] is None
    assert edgecut("compare", folder / "late.json", "--methods", "greedy,greedy", "--quiet") == 0
    told = capsys.readouterr()
    assert told.out.count("greedy") == 1 and "greedy: " in told.err
    assert edgecut("compare", folder / "i.json", "--methods", " , ") == 2
    assert "names no method" in capsys.readouterr().err


def test_solve_refuses_what_would_lose_or_contradict(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (folder / "i.json").read_bytes()
    assert edgecut("solve", folder / "i.json", "-o", folder / "i.json") == 65
    assert "is the instance itself" in capsys.readouterr().err
    assert (folder / "i.json").read_bytes() == before
    assert edgecut("solve", folder / "i.json", "--cluster", "local:1") == 65
    assert "--method prices" in capsys.readouterr().err


def test_networks_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert edgecut("dnn", "info", "alexnet", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["layers"] == len(shown["rows"]) == 12 and shown["rows"][0]["reads"] == "input"
    assert edgecut("dnn", "info", "alexnet") == 0
    assert "fingerprint" in capsys.readouterr().out
    for size in ("batch", "batch=0", "=3", "batch=x"):
        assert edgecut("dnn", "from-onnx", "m.onnx", "-o", tmp_path / "m.json", "--size", size) == 65
        assert f"'{size}' is no NAME=NUMBER" in capsys.readouterr().err
    assert edgecut("dnn", "measure", "own:tiny", "-o", tmp_path / "box.toml") == 65
    assert "name it .json" in capsys.readouterr().err


@pytest.mark.parametrize(("error", "code", "text"), [
    (MemoryError(), 65, "fewer users, servers or pieces"),
    (KeyboardInterrupt(), 130, ""),
])  # fmt: skip
def test_ends_have_exit_codes(
    folder: Path, error: BaseException, code: int, text: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(solve_command, "solve", fail)
    assert edgecut("solve", folder / "i.json") == code
    assert text in capsys.readouterr().err


def test_a_fault_of_ours_is_not_hidden(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(solve_command, "solve", fail)
    with pytest.raises(ZeroDivisionError, match="ours"):
        main(["solve", str(folder / "i.json")])


def test_usage_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert edgecut("solve") == 2
    assert "INSTANCE" in capsys.readouterr().err
    assert edgecut("nothing") == 2
    assert "nothing" in capsys.readouterr().err


def test_a_plan_is_explained_only_where_there_is_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert edgecut("explain", folder / "late.json", folder / "late-r.json", "--user", "u0") == 65
    assert "has no valid plan to explain" in capsys.readouterr().err
    assert edgecut("explain", folder / "i.json", folder / "r.json", "--user", "u00") == 65
    assert "'u00' is not a user" in capsys.readouterr().err


def test_a_library_without_records_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = next(n for n in names(problem="J-E") if n.startswith("campus-e-1x1"))
    folder = copy_of([name], tmp_path / "library", records=False)
    assert edgecut("library", "write", name, "-o", tmp_path / "i.json", "--library", folder) == 0
    assert (tmp_path / "i.json").exists()
    assert edgecut("library", "write", name, "-o", tmp_path / "j.json", "--result", tmp_path / "r.json", "--library",
                   folder) == 65  # fmt: skip
    assert "nothing is known about it yet" in capsys.readouterr().err
    assert edgecut("library", "show", name, "--library", folder, "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["name"] == name and shown["best"] is None and shown["gap"] is None
    assert edgecut("library", "check", name, "--library", folder) == 4
    assert "there is no record" in capsys.readouterr().out


def test_the_module_runs_the_command_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    import runpy

    monkeypatch.setattr(sys, "argv", ["edgecut", "methods"])
    with pytest.raises(SystemExit) as ending:
        runpy.run_module("edgecut", run_name="__main__")
    assert ending.value.code == 0 and "branch" in capsys.readouterr().out
