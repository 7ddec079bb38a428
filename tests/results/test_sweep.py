"""The runner of sweeps: rows, plans, seeds, resuming, retrying, versions, folders that cannot be written."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from instances.errors import InputError
from instances.files import load, read_json
from results.store import latest, read_rows
from results.sweep import runner
from results.sweep.found import known_instances
from results.sweep.jobs import seed_of
from results.sweep.judge import FAILED
from results.sweep.runner import News
from results.sweep.settings import read_sweep
from results.sweep.tally import time_left_s
from solvers.result_file import verify
from tests.sweeps import comparable, jobs_in, prepare, run_with_stand_in, write_sweep

KEYS = {
    "key", "attempt", "case", "status", "stop", "verdict", "objective_j", "bound_j", "certified_j", "gap", "wall_s",
    "cpu_s", "peak_mib", "trace", "error", "versions", "plan", "solver_seed", "spec", "build_s", "solve_s", "certify_s",
}  # fmt: skip


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    return tmp_path / "prepared"


def test_rows_and_plans(tmp_path: Path, prepared: Path) -> None:
    sweep = write_sweep(tmp_path, users=[4, 5], seeds=(0, 1))
    prepare(sweep, prepared)
    told: list[News] = []
    tally = run_with_stand_in(sweep, prepared, tell=told.append)
    rows = read_rows(sweep.rows)
    assert (tally.total, tally.done, tally.open, tally.failed) == (8, {"finished": 8}, 0, 0)
    assert [news.row for news in told if news.row is not None] == rows
    assert [news.number for news in told if news.row is not None] == list(range(1, 9))
    jobs = {job.key: job for job in jobs_in(sweep)}
    assert {row["key"] for row in rows} == set(jobs)
    for row in rows:
        assert set(row) == KEYS
        assert row["wall_s"] > 0 and row["cpu_s"] > 0 and row["peak_mib"] > 1 and row["trace"]
        assert row["solver_seed"] == seed_of(row["key"]) == jobs[row["key"]].seed
        assert row["verdict"] == ("certified" if row["case"]["method"] == "branch" else "feasible")
        document = read_json(sweep.folder / row["plan"])
        assert verify(load(jobs[row["key"]].path), document) == []
        assert (document["objective_j"], document["seed"]) == (row["objective_j"], row["solver_seed"])
    told.clear()
    assert run_with_stand_in(sweep, prepared, tell=told.append).done == {"finished": 8}
    assert told == [] and read_rows(sweep.rows) == rows


def test_seeds_depend_on_the_case_alone(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    one = write_sweep(tmp_path, users=[4, 5], seeds=(0, 1))
    other = write_sweep(tmp_path / "there", users=[6, 5, 4], seeds=(1, 3, 0), methods=("greedy", "branch"), name="b")
    here, there = ({job.key: job.seed for job in jobs_in(sweep)} for sweep in (one, other))
    assert len(set(here.values())) == 8 and set(here.items()) <= set(there.items())
    assert all(0 <= seed < 2**53 for seed in here.values())
    assert seed_of("0123456789abcdef") == 7723110939230244, "seeds of rows on record would change"


def test_open_runs_are_those_without_a_row(tmp_path: Path, prepared: Path) -> None:
    small, large = write_sweep(tmp_path, users=4), write_sweep(tmp_path, users=[4, 5])
    prepare(large, prepared)
    assert [found is not None for found in known_instances(small)] == [True]
    assert run_with_stand_in(small, prepared).total == 2
    before = sweep_bytes = small.rows.read_bytes()
    assert run_with_stand_in(large, prepared).total == 4
    assert large.rows.read_bytes().startswith(before) and large.rows.read_bytes() != sweep_bytes
    assert run_with_stand_in(write_sweep(tmp_path, users=5), prepared).total == 2
    assert len(read_rows(large.rows)) == 4


def test_retry_supersedes_failed_rows_and_edits_none(tmp_path: Path, prepared: Path) -> None:
    sweep = write_sweep(tmp_path, methods=("branch", "greedy", "smallest_output"))
    prepare(sweep, prepared)
    tally = run_with_stand_in(sweep, prepared, {"greedy": "segfault", "smallest_output": "nothing"})
    assert tally.done == {"finished": 1, "crashed": 1, "invalid": 1} and tally.failed == 2
    before = sweep.rows.read_bytes()
    tally = run_with_stand_in(sweep, prepared, {"smallest_output": "nothing"}, retry=FAILED)
    assert tally.done == {"finished": 2, "invalid": 1}
    rows = read_rows(sweep.rows)
    assert sweep.rows.read_bytes().startswith(before) and len(rows) == 5
    counting = {row["case"]["method"]: row for row in latest(rows).values()}
    assert {name: row["attempt"] for name, row in counting.items()} == {"branch": 1, "greedy": 2, "smallest_output": 2}
    assert counting["greedy"]["plan"] == f"plans/{counting['greedy']['key']}-2.json"
    assert (sweep.folder / f"plans/{counting['greedy']['key']}.json").exists()
    assert run_with_stand_in(sweep, prepared, retry=frozenset({"crashed"})).done == tally.done
    assert run_with_stand_in(sweep, prepared, retry=frozenset({"invalid"})).done == {"finished": 3}


def test_other_code_is_refused_and_named(tmp_path: Path, prepared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = write_sweep(tmp_path, users=4)
    prepare(sweep, prepared)
    run_with_stand_in(sweep, prepared)
    ours = runner.code_versions()
    assert {"numpy", "highspy", "clarabel", "code of solvers", "code of instances"} <= set(ours)
    changed = {**ours, "scipy": "9.9", "code of solvers": "0123"}
    monkeypatch.setattr(runner, "code_versions", lambda: changed)
    more = write_sweep(tmp_path, users=[4, 5])
    expected = f"code of solvers {ours['code of solvers']}, now 0123; scipy {ours['scipy']}, now 9.9"
    with pytest.raises(InputError) as caught:
        run_with_stand_in(more, prepared)
    assert expected in str(caught.value) and "--mix-versions" in caught.value.fix and "numpy" not in caught.value.what
    prepare(more, prepared)
    assert run_with_stand_in(more, prepared, mix_versions=True).done == {"finished": 4}


def test_code_hash_sees_every_byte(tmp_path: Path) -> None:
    from results.sweep.versions import _hash

    (tmp_path / "solvers" / "inner").mkdir(parents=True)
    (tmp_path / "solvers" / "a.py").write_text("x = 1")
    seen = {_hash(tmp_path, "solvers")}
    for name, text in (("a.py", "x = 2"), ("inner/b.py", ""), ("inner/c.json", "{}"), ("inner/c.json", "[]")):
        (tmp_path / "solvers" / name).write_text(text)
        seen.add(_hash(tmp_path, "solvers"))
    assert len(seen) == 5
    (tmp_path / "solvers" / "notes.txt").write_text("no code")
    assert _hash(tmp_path, "solvers") in seen


def test_a_changed_instance_file_is_another_case(tmp_path: Path, prepared: Path) -> None:
    source = write_sweep(tmp_path, name="source", users=[4, 5])
    first, second = (job.path for job in jobs_in(source)[::2])
    (tmp_path / "i.json").write_bytes(first.read_bytes())
    (tmp_path / "f.toml").write_text('wall_s = 60\n[[instances]]\nfiles = "i.json"\n[[methods]]\nname = "greedy"\n')
    sweep = read_sweep(tmp_path / "f.toml")
    prepare(sweep, prepared)
    run_with_stand_in(sweep, prepared)
    (tmp_path / "i.json").write_bytes(second.read_bytes())
    assert known_instances(sweep) == [None]
    prepare(sweep, prepared)
    run_with_stand_in(sweep, prepared)
    rows = read_rows(sweep.rows)
    assert len({row["case"]["fingerprint"] for row in rows}) == len(rows) == 2


def test_time_left_is_by_method(tmp_path: Path) -> None:
    jobs = jobs_in(write_sweep(tmp_path, users=[4, 5], methods=("branch", "greedy"), wall_s=10.0))
    row = {"case": {"method": "branch"}, "wall_s": 3.0}
    assert time_left_s(jobs, [], 1) is None
    assert time_left_s([], [], 1) == 0.0
    assert time_left_s(jobs, [row, {**row, "wall_s": 5.0}], 2) == 8.0  # nothing of greedy yet: like all others
    assert time_left_s(jobs, [row, {"case": {"method": "greedy"}, "wall_s": 99.0}], 1) == 26.0  # at most its limit
    assert time_left_s(jobs, [row, {"case": {"method": "greedy"}, "wall_s": None}], 1) == 12.0


@pytest.fixture
def little_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, with room for little."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = os.geteuid() == 0 and _system("mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder))
    if not made:
        pytest.skip("mounting a small disk needs root and a system that lets root mount")
    yield folder
    _system("umount", "-l", str(folder))


def _system(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


def test_full_and_read_only_disk(tmp_path: Path, prepared: Path, little_disk: Path) -> None:
    whole = write_sweep(tmp_path, users=[4, 5], seeds=(0, 1))
    prepare(whole, prepared)
    run_with_stand_in(whole, prepared)
    expected = {row["key"]: comparable(row) for row in read_rows(whole.rows)}
    sweep = dataclasses.replace(whole, folder=little_disk / "out")
    acknowledged: list[str] = []

    def tell(news: News) -> None:
        if news.row is not None:
            acknowledged.append(news.row["key"])

    with pytest.raises(InputError, match="No space left on device"):
        run_with_stand_in(sweep, prepared, tell=tell)
    assert 0 < len(acknowledged) < 8
    assert [row["key"] for row in read_rows(sweep.rows)] == acknowledged
    assert _system("mount", "-o", "remount,ro,size=8m", str(little_disk))
    with pytest.raises(InputError, match="Read-only file system"):
        run_with_stand_in(sweep, prepared, tell=tell)
    assert _system("mount", "-o", "remount,rw,size=8m", str(little_disk))
    run_with_stand_in(sweep, prepared, tell=tell)
    rows = read_rows(sweep.rows)
    assert [row["key"] for row in rows] == acknowledged
    assert {row["key"]: comparable(row) for row in rows} == expected


def test_folder_that_cannot_be_made(tmp_path: Path, prepared: Path) -> None:
    sweep = write_sweep(tmp_path)
    prepare(sweep, prepared)
    (tmp_path / "plain").write_text("")
    with pytest.raises(InputError, match="plain"):
        run_with_stand_in(dataclasses.replace(sweep, folder=tmp_path / "plain" / "out"), prepared)


def test_working_folder_that_cannot_be_made(tmp_path: Path, prepared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = write_sweep(tmp_path)
    prepare(sweep, prepared)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    with pytest.raises(InputError, match=r"none/edgecut-run.*No such file.*set TMPDIR"):
        run_with_stand_in(sweep, prepared)
    assert read_rows(sweep.rows) == []


def test_command_that_cannot_be_started_is_a_crash(tmp_path: Path) -> None:
    from results.sweep.crew import LocalCrew

    sweep = write_sweep(tmp_path, methods=("greedy",))
    tally = runner.run_sweep(sweep, crew=lambda: LocalCrew(1, ["/no/such/program"]))
    assert tally.done == {"crashed": 1}
    assert "cannot start" in read_rows(sweep.rows)[0]["error"]


def test_rows_are_json_without_nan(tmp_path: Path, prepared: Path) -> None:
    sweep = write_sweep(tmp_path)
    prepare(sweep, prepared)
    run_with_stand_in(sweep, prepared, {"greedy": "nothing"})
    for line in sweep.rows.read_text().splitlines():
        json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} in a row"))
