"""`edgecut sweep`: the example of docs/sweep.md runs, can be looked at, verified, tried again and interrupted."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from edgecut.cli import app
from edgecut.exits import Exit
from edgecut.sweep_lines import SweepLines, duration
from instances.errors import InputError
from results.store import read_rows
from results.sweep.judge import STATUSES
from results.sweep.runner import News
from results.sweep.settings import read_sweep
from tests.sweeps import prepare, run_with_stand_in, write_sweep

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "results" / "sweeps" / "example.toml"


def edgecut(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_example_runs(tmp_path: Path) -> None:
    path = tmp_path / "example.toml"
    path.write_text(EXAMPLE.read_text().replace("../../out/sweeps/example", "out"))
    before = edgecut("sweep", "status", path)
    assert before.exit_code == Exit.NO_PLAN and "2 instances have not been looked at yet: their 8 runs" in before.stdout
    done = edgecut("sweep", path)
    assert done.exit_code == Exit.OK, done.stderr
    # Jobs run beside each other, so any of them may end last.
    ended = re.findall(r"^\d/8  (campus-6x2-\d \(load [\d.]+\)  \w+  seed \d)  finished", done.stderr, re.MULTILINE)
    assert len(ended) == len(set(ended)) == 8 and "\n8/8  campus-" in done.stderr and "left)" in done.stderr
    rows = read_rows(tmp_path / "out" / "rows.jsonl")
    assert {row["status"] for row in rows} == {"finished"} and len(rows) == 8
    assert all(row["peak_mib"] > 30 and row["wall_s"] > 0.1 for row in rows)
    row = next(row for row in rows if row["case"]["method"] == "branch")
    instance = tmp_path / "out" / "instances" / f"{row['case']['fingerprint'][:16]}.json"
    verified = edgecut("verify", instance, tmp_path / "out" / row["plan"])
    assert verified.exit_code == Exit.OK and "certified: gap" in verified.stdout
    shown = edgecut("sweep", "status", path)
    assert shown.exit_code == Exit.OK
    assert re.search(r"local_search +4 +4 +0 +0 +0", shown.stdout) and re.search(r"all +8 +8", shown.stdout)
    again = edgecut("sweep", "run", "--quiet", path)
    assert (again.exit_code, again.stdout, again.stderr) == (Exit.OK, "", "")
    assert read_rows(tmp_path / "out" / "rows.jsonl") == rows


def test_the_page_shows_the_example_and_every_status() -> None:
    page = (ROOT / "docs" / "sweep.md").read_text(encoding="utf-8")
    assert EXAMPLE.read_text(encoding="utf-8") in page
    for status in STATUSES:
        assert f"| `{status}` |" in page
    for block in re.findall(r"```toml\n(.*?)```", page, flags=re.DOTALL):
        import tomllib

        tomllib.loads(block)


def test_status_and_exit_codes(tmp_path: Path) -> None:
    sweep = write_sweep(tmp_path, users=4)
    prepared = prepare(sweep, tmp_path / "prepared")
    run_with_stand_in(sweep, prepared, {"greedy": "segfault"})
    shown = edgecut("sweep", "status", sweep.path)
    assert shown.exit_code == Exit.NO_PLAN and "1 (1 crashed)" in shown.stdout
    told = json.loads(edgecut("sweep", "status", "--json", sweep.path).stdout)
    assert (told["total"], told["done"], told["failed"], told["open"]) == (2, {"crashed": 1, "finished": 1}, 1, 0)
    assert told["runner"] is None and told["used_s"] > 0
    retried = edgecut("sweep", "retry", "--failed", sweep.path)
    assert retried.exit_code == Exit.OK and "attempt 2  finished" in retried.stderr
    write_sweep(tmp_path, users=4, methods=("branch",))
    shown = edgecut("sweep", "status", sweep.path)
    assert shown.exit_code == Exit.OK and "1 runs with rows are no longer asked for" in shown.stdout
    write_sweep(tmp_path, users=4, methods=("smallest_output",))
    run_with_stand_in(
        sweep := read_sweep(sweep.path), prepare(sweep, prepared), {"smallest_output": "better_objective"}
    )
    assert edgecut("sweep", "status", sweep.path).exit_code == Exit.WRONG


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("retry",), "needs --failed"),
        (("retry", "--failed", "--kind", "time"), "give one of them"),
        (("retry", "--kind", "tme"), "did you mean 'time'"),
        (("run", "--jobs", "2", "--cluster", "local:2"), "--jobs: does not go with --cluster"),
        (("run", "--cluster", "local:x"), "names no cluster"),
    ],
)
def test_what_does_not_go(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    if "local:x" in arguments:
        pytest.importorskip("distributed", reason="the extra 'cluster' (Dask distributed) is not installed")
    sweep = write_sweep(tmp_path)
    done = edgecut("sweep", *arguments, sweep.path)
    assert isinstance(done.exception, InputError) and message in str(done.exception)
    assert read_rows(sweep.rows) == []


def test_ctrl_c_exits_130_and_goes_on_later(tmp_path: Path) -> None:
    sweep = write_sweep(tmp_path, methods=("greedy",), seeds=tuple(range(12)))
    command = [sys.executable, "-m", "edgecut", "sweep", "--jobs", "1", str(sweep.path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    runner = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert runner.stderr is not None
    while "1/12" not in (line := runner.stderr.readline()):
        assert line, "it ended before it was interrupted"
    runner.send_signal(signal.SIGINT)
    said = runner.communicate()[1]
    assert runner.returncode == Exit.INTERRUPTED and "interrupted" in said and "Traceback" not in said
    rows = read_rows(sweep.rows)
    assert 1 <= len(rows) < 12
    assert run_with_stand_in(sweep, prepare(sweep, tmp_path / "prepared")).done == {"finished": 12}
    assert read_rows(sweep.rows)[: len(rows)] == rows


def test_bar_on_a_terminal() -> None:
    class Terminal:
        """A stream that says it is one."""

        def __init__(self) -> None:
            self.text = ""

        def write(self, text: str) -> int:
            self.text += text
            return len(text)

        def flush(self) -> None:
            pass

        def isatty(self) -> bool:
            return True

    row = {"case": {"instance": "campus", "method": "greedy", "seed": 3}, "attempt": 2, "status": "crashed",
           "verdict": "unknown", "objective_j": 1.25, "gap": None, "wall_s": 250.0, "error": "a\nthe end"}  # fmt: skip
    stream = Terminal()
    with SweepLines(stream) as lines:  # type: ignore[arg-type]
        lines(News("instance 1 of 2"))
        lines(News("", 1, 2, 1, 30.0, row, "campus (load 1)"))
        time.sleep(0.15)  # the bar is drawn ten times a second
    assert "campus (load 1)  greedy  seed 3  attempt 2  crashed  1.25  – the end  4 min" in stream.text
    assert "1 running, 30.0 s left" in stream.text


def test_durations() -> None:
    shown = [duration(s) for s in (0.04, 99.0, 100.0, 5999.0, 6000.0, 86400.0, 864000.0)]
    assert shown == ["0.0 s", "99.0 s", "2 min", "100 min", "1.7 h", "24.0 h", "10.0 days"]
