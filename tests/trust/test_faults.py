"""Faults of the child process: the parent lives, the row says what happened, and the best checked plan is kept.

In each sweep `greedy` goes wrong in one way, and `branch` is done well after it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from instances.errors import InputError
from instances.files import load, read_json
from results.store import latest, read_rows
from results.sweep.judge import FAILED
from results.sweep.settings import Sweep
from solvers.result_file import verify
from tests.sweeps import jobs_in, prepare, run_with_stand_in, write_sweep

METHODS = ("greedy", "branch")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of both methods; they do not depend on limits of memory and time, but on the seed that these give."""
    return tmp_path_factory.mktemp("prepared")


def run(folder: Path, prepared: Path, fault: str, **limits: Any) -> tuple[dict[str, Any], Sweep]:
    """Row of the faulty run, after the run that follows it was done well."""
    sweep = write_sweep(folder, methods=METHODS, **{"wall_s": 20.0, "memory_gib": 0.125, **limits})
    prepare(sweep, prepared)
    tally = run_with_stand_in(sweep, prepared, {"greedy": fault}, width=1)
    assert (tally.total, tally.open) == (2, 0)
    rows = {row["case"]["method"]: row for row in latest(read_rows(sweep.rows)).values()}
    assert rows["branch"]["status"] == "finished" and rows["branch"]["verdict"] == "certified"
    assert tally.failed == (rows["greedy"]["status"] in FAILED)
    return rows["greedy"], sweep


def assert_plan_kept(row: dict[str, Any], sweep: Sweep) -> None:
    """The plan found on the way is there, worth what the checker says, and `edgecut verify` has nothing against it."""
    job = next(job for job in jobs_in(sweep) if job.key == row["key"])
    document = read_json(sweep.folder / row["plan"])
    assert verify(load(job.path), document) == []
    assert document["objective_j"] == row["objective_j"] is not None


@pytest.mark.parametrize(
    ("fault", "status", "error"),
    [
        ("segfault", "crashed", "SIGSEGV"),
        ("fails", "crashed", "no such luck"),
        ("memory", "memory", "MemoryError"),
        ("bad_alloc", "memory", "bad_alloc"),
        ("memory_of_children", "memory", "memory limit"),
        ("killed", "killed", "killed"),
        ("kills_its_group", "killed", "killed"),
        ("interrupted", "interrupted", ""),
        ("nan_solution", "invalid", "NaN"),
        ("nothing", "invalid", "without a result"),
        ("garbage", "invalid", "UTF-8"),
    ],
)
def test_fault_is_named_and_plan_kept(tmp_path: Path, prepared: Path, fault: str, status: str, error: str) -> None:
    row, sweep = run(tmp_path, prepared, fault)
    assert (row["status"], row["verdict"]) == (status, "feasible" if row["bound_j"] is None else "bounded")
    assert error in row["error"]
    assert_plan_kept(row, sweep)


@pytest.mark.parametrize("fault", ["hang", "overrun", "floods"])
def test_time_is_up(tmp_path: Path, prepared: Path, fault: str) -> None:
    row, sweep = run(tmp_path, prepared, fault, wall_s=3.0, grace_s=2.0)
    assert row["status"] == "time" and row["wall_s"] >= 3.0
    assert row["stop"] == ("interrupted" if fault == "overrun" else "time limit")
    assert_plan_kept(row, sweep)
    if fault == "hang":  # its last bound is what it said
        assert row["trace"] == [[0.1, row["objective_j"], 0.5 * row["objective_j"]]]
        assert row["bound_j"] == 0.5 * row["objective_j"] and row["certified_j"] is None


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("broken_plan", "uplink capacity"),
        ("better_objective", "the plan is worth"),
        ("better_bound", "above a verified plan"),
        ("better_verdict", "verdict"),
        ("of_another_run", "of seed"),
    ],
)
def test_lies_are_refuted(tmp_path: Path, prepared: Path, fault: str, error: str) -> None:
    row, sweep = run(tmp_path, prepared, fault)
    assert (row["status"], row["verdict"], row["bound_j"]) == ("wrong", "wrong", None)
    assert error in row["error"]
    assert_plan_kept(row, sweep)


def test_a_false_infeasible_is_refuted(tmp_path: Path, prepared: Path) -> None:
    row, _ = run(tmp_path, prepared, "says_infeasible")
    assert (row["status"], row["objective_j"], row["plan"]) == ("wrong", None, None)
    assert "a heuristic finds a plan" in row["error"]


def test_a_bound_above_its_own_plan_is_refuted(tmp_path: Path, prepared: Path) -> None:
    row, sweep = run(tmp_path, prepared, "lying_bound", wall_s=3.0, grace_s=0.1)
    assert (row["status"], row["verdict"], row["bound_j"]) == ("wrong", "wrong", None)
    assert_plan_kept(row, sweep)


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("abort", "crashed"),
        ("broken_plan_on_the_way", "crashed"),
        ("nan_objective", "invalid"),
        ("deep_garbage", "invalid"),
        ("endless_file", "invalid"),
    ],
)
def test_nothing_is_made_of_nothing(tmp_path: Path, prepared: Path, fault: str, status: str) -> None:
    row, _ = run(tmp_path, prepared, fault)
    assert (row["status"], row["verdict"]) == (status, "unknown")
    assert row["objective_j"] is row["plan"] is row["bound_j"] is None and row["error"]
    assert row["trace"] == []


def test_no_process_outlives_its_run(tmp_path: Path, prepared: Path) -> None:
    row, _ = run(tmp_path, prepared, "leaves_children")
    assert row["status"] == "finished"
    for k in range(3):
        with pytest.raises(ProcessLookupError):
            os.kill(int((prepared / f"child-{k}").read_text()), 0)


def test_a_full_working_folder_is_no_fault_of_the_method(tmp_path: Path, prepared: Path) -> None:
    sweep = write_sweep(tmp_path, methods=METHODS)
    prepare(sweep, prepared)
    with pytest.raises(InputError, match="No space left"):
        run_with_stand_in(sweep, prepared, {"greedy": "no_room"}, width=1)
    assert read_rows(sweep.rows) == []
    assert run_with_stand_in(sweep, prepared, width=1).done == {"finished": 2}


def test_a_run_of_other_code_is_no_row(tmp_path: Path, prepared: Path) -> None:
    sweep = write_sweep(tmp_path, methods=METHODS)
    prepare(sweep, prepared)
    with pytest.raises(InputError, match=r"other code than the runner \(numpy .*now 0\.0\.1"):
        run_with_stand_in(sweep, prepared, {"greedy": "other_code"}, width=1)
    assert read_rows(sweep.rows) == []
    tally = run_with_stand_in(sweep, prepared, {"greedy": "other_code"}, width=1, mix_versions=True)
    assert tally.done == {"finished": 2}
    assert {row["versions"]["numpy"] for row in read_rows(sweep.rows)} > {"0.0.1"}
