"""`python -m results.library`, `results.claims` and `results.trust`, as functions with arguments."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import pytest

from instances.errors import InputError
from instances.library.entries import Entry, entries, entry
from instances.library.loading import load_instance
from instances.library.records import best, has_record
from results.claims import CLAIMS, Claim, Finding
from results.claims import __main__ as claims_main
from results.claims import table as claims_table
from results.library import __main__ as library_main
from results.library import solving
from results.trust import __main__ as trust_main
from results.trust import differential
from results.trust.askers import Asker, askers_now
from results.trust.contradictions import ask_all, contradictions
from results.trust.differential import FILE
from results.trust.reproducers import write_reproducer
from solvers import Limits, Verdict, solve
from tests.builders import tiny_instance
from tests.library.copies import copy_of
from tests.trust.wrong_methods import registered

QUICK = "campus-e-1x1-light-c-1"
OTHER = "campus-e-5x2-impossible-c-remote-1"


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of two names without records, which the command takes for the library; its page goes there as well."""
    folder = copy_of([QUICK, OTHER], tmp_path / "library", records=False)
    of_solving, of_page = solving.timed, library_main.write_page
    monkeypatch.setattr(library_main, "names", lambda: (QUICK, OTHER))
    monkeypatch.setattr(library_main, "has_record", lambda name: has_record(name, folder=folder))
    monkeypatch.setattr(library_main, "timed", lambda name, **options: of_solving(name, folder=folder, **options))
    monkeypatch.setattr(library_main, "write_page", lambda: of_page(folder, tmp_path / "page.md"))
    return folder


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["results.library", *arguments])
    library_main.main()


def test_instances_without_a_record_are_solved_and_shown(
    library: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, "--limit", "20")
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("1/2") and QUICK in first and second.startswith("2/2") and OTHER in second
    assert best(OTHER, folder=library).infeasible and not best(QUICK, folder=library).infeasible
    page = (library.parent / "page.md").read_text()
    assert QUICK in page and OTHER in page
    run(monkeypatch)
    assert capsys.readouterr().out == ""  # all have a record now
    run(monkeypatch, QUICK, "--limit", "20")
    assert capsys.readouterr().out.startswith("1/1")


def test_a_run_that_was_stopped_goes_on_where_it_was(
    library: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, "--budget", "-1")
    done = capsys.readouterr()
    assert done.out == "" and "2 instances are left" in done.err
    assert not has_record(QUICK, folder=library)
    run(monkeypatch, "--page")
    assert capsys.readouterr().out == "" and (library.parent / "page.md").exists()


def test_what_another_run_solved_is_passed_over(
    library: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two runs at once: a record that came in the meantime is not made again."""
    asked: list[str] = []

    def has(name: str) -> bool:
        asked.append(name)
        return asked.count(name) > 1

    monkeypatch.setattr(library_main, "has_record", has)
    run(monkeypatch)
    assert capsys.readouterr().out == "" and asked.count(QUICK) == asked.count(OTHER) == 2


def test_an_unknown_name_ends_the_library_with_what_and_why(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match="campus-e-1x1"):
        run(monkeypatch, "campus-e-1x1-light-c-7")


def test_runs_suit_the_size() -> None:
    """Small instances are searched to the end; medium ones get prices and branch and price; large ones prices alone."""
    found = {}
    for name in ("tiny", "medium", "huge"):
        one = next(e for e in joint() if size_of(e.users) == name)
        found[name] = [method for method, _ in solving._runs(one, None)]
    assert found["tiny"] == ["branch"] and found["medium"] == ["prices", "branch"] and found["huge"] == ["prices"]
    for _, limits in solving._runs(one, 3.0):
        assert limits.time_s == 3.0


def joint() -> list[Entry]:
    return [e for e in entries().values() if e.is_joint and e.problem == "J-E"]


def size_of(users: int) -> str:
    return "tiny" if users <= solving.EXACT_USERS else "medium" if users <= solving.MEDIUM_USERS else "huge"


def test_a_wrong_method_makes_no_record(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A result that the checker refutes is a fault to be told, not an outcome."""
    instance = load_instance(QUICK, folder=library)
    wrong = dataclasses.replace(solve(instance, "greedy"), verdict=Verdict.WRONG, message="the plan is late")
    monkeypatch.setattr(solving, "solve", lambda *a, **k: wrong)
    with pytest.raises(RuntimeError, match="branch is wrong: the plan is late"):
        solving._run(entry(QUICK, library), instance, "branch", Limits(), library)
    assert not has_record(QUICK, folder=library)


def made_up(value: float) -> Claim:
    return Claim("own.figure", "Own", "says", "source", "own", "2 J", "a figure", "5 %",
                 lambda: Finding(value, "J", "trend", "because it is ours"))  # fmt: skip


def test_claims_are_measured_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "claims.csv"
    of_write, of_read = claims_table.write_table, claims_table.read_table
    monkeypatch.setattr(claims_main, "write_table", lambda found: of_write(found, file))
    monkeypatch.setattr(claims_main, "read_table", lambda: of_read(file))
    monkeypatch.setattr(sys, "argv", ["results.claims", "Own"])
    with CLAIMS.restored():
        CLAIMS.add("own.figure", made_up(1.25))
        claims_main.main()
    assert capsys.readouterr().out == "trend             own.figure: 1.25 J (published 2 J) because it is ours\n"
    with CLAIMS.restored():
        CLAIMS.add("own.figure", made_up(1.5))
        claims_main.main()
    assert of_read(file)["own.figure"]["measured"] == "1.5"
    monkeypatch.setattr(sys, "argv", ["results.claims", "Owm"])
    with pytest.raises(SystemExit, match="neither a system nor a claim"):
        claims_main.main()
    assert of_read(file)["own.figure"]["measured"] == "1.5"


def test_a_differential_run_is_told_of_and_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = trust_main.main(["differential", "--instances", "2", "--folder", str(tmp_path), "--shard", "1/2"])
    told = capsys.readouterr().out
    assert code == 0 and "contradictions: 0" in told.splitlines()
    assert (tmp_path / "shard-1-of-2" / FILE).exists()
    assert trust_main.main(["report", str(tmp_path)]) == 0
    assert capsys.readouterr().out == told


def test_files_are_fuzzed_and_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = trust_main.main(["fuzz", "--files", "3", "--kind", "plan", "--folder", str(tmp_path)])
    told = capsys.readouterr().out
    assert code == 0 and "failing: 0" in told.splitlines()
    assert trust_main.main(["report", str(tmp_path)]) == 0
    assert capsys.readouterr().out == told


def test_shards_and_modules_that_make_no_sense_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for shard in ("2/2", "x/2", "1"):
        assert trust_main.main(["differential", "--instances", "1", "--shard", shard]) == 65
        assert "0 ≤ K < N" in capsys.readouterr().err
    with pytest.raises(InputError, match="--shard"):
        trust_main.shard_of("-1/3")


@pytest.mark.parametrize("fault", ["bound too high"])
def test_what_is_found_is_made_small_and_can_be_replayed(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong method contradicts in the run and in the replay; without it, its reproducer says whom it lacks."""
    monkeypatch.setattr(differential, "_EVERY", 5)

    def parties() -> list[Asker]:
        return [one for one in askers_now() if one.name in (fault, "brute_force", "greedy")]

    monkeypatch.setattr(trust_main, "askers_now", parties)
    arguments = ["differential", "--instances", "10", "--seed", "103", "--folder", str(tmp_path)]
    with registered(fault):
        assert trust_main.main(arguments) == 4
        told = capsys.readouterr()
        assert "contradictions: 0" not in told.out.splitlines() and "; see " in told.err and "10 draws" in told.err
        [file, *_] = sorted(tmp_path.rglob("*.json"))
        assert trust_main.main(["replay", str(file)]) == 4
        assert f", {fault}, by " in capsys.readouterr().out
    assert trust_main.main(["replay", str(file)]) == 65
    assert fault in capsys.readouterr().err


def test_where_all_agree_nothing_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A method that has been mended: the reproducer's parties agree now."""
    with registered("bound too high") as name:
        instance = tiny_instance(4, tightness=0.3, memory_limits=False)
        askers = [one for one in askers_now() if one.name in (name, "brute_force")]
        [found, *_] = contradictions(ask_all(instance, askers, 0))
        mended = dataclasses.replace(found, claimant="greedy")
        file = write_reproducer(tmp_path, instance, mended, 0, ("tests.trust.wrong_methods",))
    assert json.loads(file.read_text())["command"].endswith("--with tests.trust.wrong_methods")
    assert trust_main.main(["replay", str(file), "--with", "tests.trust.wrong_methods"]) == 0
    assert capsys.readouterr().out == "no contradiction\n"
