"""The reader of coverage reports: sums, bars, and files that must be run in full."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts import coverage
from scripts.coverage import FULL, Covered, packages, shortfalls
from scripts.navigation import ROOT


def entry(lines: int, run: int, branches: int, taken: int) -> dict[str, Any]:
    """What a report says of a file; each line or branch that was not run has a number."""
    return {
        "summary": {"num_statements": lines, "covered_lines": run, "num_branches": branches, "covered_branches": taken},
        "missing_lines": list(range(1, lines - run + 1)),
        "missing_branches": [[k, k + 1] for k in range(branches - taken)],
    }


def report(**files: dict[str, Any]) -> dict[str, Any]:
    """A report of some files, of which those that must be run in full are."""
    # Thirty lines altogether, however many such files there are.
    whole = {name: entry(10, 10, 0, 0) if k < 3 else entry(0, 0, 0, 0) for k, name in enumerate(FULL)}
    return {
        "meta": {"branch_coverage": True},
        "files": {**whole, **{f"{name}/a.py": value for name, value in files.items()}},
    }


def test_sums_of_packages() -> None:
    table = packages(report(solvers=entry(70, 60, 20, 15), results=entry(0, 0, 0, 0)))
    assert list(table) == ["instances", "results", "solvers", "all"]
    assert table["solvers"] == Covered(70, 60, 20, 15)
    assert table["all"] == Covered(100, 90, 20, 15)
    assert (table["all"].line_part, table["all"].branch_part) == (0.9, 0.75)
    assert (table["results"].line_part, table["results"].branch_part) == (1.0, 1.0)


def test_bars_count_from_what_they_say() -> None:
    assert not shortfalls(report(solvers=entry(70, 65, 10, 9)))
    assert [s.split(":")[0] for s in shortfalls(report(solvers=entry(70, 64, 10, 9)))] == ["lines"]
    assert [s.split(":")[0] for s in shortfalls(report(solvers=entry(70, 65, 10, 8)))] == ["branches"]


def test_files_that_must_be_run_in_full() -> None:
    given = report(solvers=entry(1000, 1000, 1000, 1000))
    given["files"][FULL[0]] = entry(10, 9, 4, 3)
    del given["files"][FULL[1]]
    assert shortfalls(given) == [f"{FULL[0]}: never run: 1, 0 to 1", f"{FULL[1]}: is not in the report"]
    assert all((ROOT / name).is_file() for name in FULL)


def test_a_report_without_branches_is_refused() -> None:
    given = report()
    given["meta"]["branch_coverage"] = False
    with pytest.raises(ValueError, match="no branches"):
        packages(given)


def test_exit_status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "coverage.json"
    monkeypatch.setattr(sys, "argv", ["coverage", str(path)])
    path.write_text(json.dumps(report(solvers=entry(70, 70, 10, 10))))
    assert coverage.main() == 0 and "| solvers | 70 | 100.00% | 10 | 100.00% |" in capsys.readouterr().out
    path.write_text(json.dumps(report(solvers=entry(70, 0, 10, 10))))
    assert coverage.main() == 1 and "30.00% of all lines" in capsys.readouterr().err
