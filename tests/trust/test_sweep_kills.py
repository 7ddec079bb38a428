"""kill -9 of a sweep at random moments: what was acknowledged is there, nothing is doubled or torn, and in the end the
rows and plans are those of a sweep that nobody interrupted."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from instances.errors import InputError
from instances.files import read_json
from results.store import read_rows
from results.sweep.settings import Sweep
from tests.sweeps import comparable, prepare, run_with_stand_in, write_sweep

ROOT = Path(__file__).resolve().parents[2]
METHODS = ("greedy", "smallest_output")
SLOWLY = dict.fromkeys(METHODS, "slowly")


class Zygote:
    """See tests/trust/zygote.py. Working folders of runs go to ``scratch``."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        scratch.mkdir()
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(scratch)}
        self._process = subprocess.Popen([sys.executable, "-m", "tests.trust.zygote"], cwd=ROOT, env=environment,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # fmt: skip
        self.acknowledged: list[str] = []

    def start(self, sweep: Sweep, prepared: Path, faults: dict[str, str] = SLOWLY) -> int:
        """Begin to run a sweep; the runner's process id."""
        assert self._process.stdin is not None
        self.acknowledged = []
        print(json.dumps([str(sweep.path), str(prepared), faults]), file=self._process.stdin, flush=True)
        return int(self._line().removeprefix("runner "))

    def first_row(self) -> None:
        """Wait until a row is acknowledged."""
        self.acknowledged.append(self._line().removeprefix("row "))

    def end(self) -> int:
        """Wait for the end of the runner; its exit code, or −signal."""
        assert self._process.stdin is not None
        while (line := self._line()) != "end":
            self.acknowledged.append(line.removeprefix("row "))
        print(file=self._process.stdin, flush=True)
        return os.waitstatus_to_exitcode(int(self._line().removeprefix("status ")))

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the program that runs sweeps died"
        return line.strip()

    def assert_nothing_left(self) -> None:
        """No run lives on, and no working folder is left: whoever was killed, within some seconds."""
        assert_nothing_left(self.scratch)

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


def assert_nothing_left(scratch: Path) -> None:
    for _ in range(2000):
        if not os.listdir(scratch) and not naming(scratch):
            return
        time.sleep(0.01)
    raise AssertionError(f"left alive: {naming(scratch)}, left behind: {os.listdir(scratch)}")


def naming(folder: Path) -> list[str]:
    """Processes whose command names a folder."""
    found = []
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if str(folder) in command:
            found.append(f"{pid}: {command[:200]}")
    return found


@pytest.fixture(scope="module")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    if not Path("/proc/self/cmdline").exists():
        pytest.skip("this system has no /proc, in which the test looks for processes left behind")
    found = Zygote(tmp_path_factory.mktemp("zygote") / "scratch")
    yield found
    found.close()


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    return tmp_path / "prepared"


def small(folder: Path, prepared: Path) -> Sweep:
    folder.mkdir(exist_ok=True)
    sweep = write_sweep(folder, methods=METHODS, seeds=(0, 1, 2))
    prepare(sweep, prepared)
    return sweep


def contents(sweep: Sweep) -> dict[str, Any]:
    """All rows by key and all plans by file, without their times."""
    rows = read_rows(sweep.rows)
    keys = [row["key"] for row in rows]
    assert len(keys) == len(set(keys)), "a row is doubled"
    plans = {path.name: comparable(read_json(path)) for path in (sweep.folder / "plans").glob("*")}
    assert {row["plan"].removeprefix("plans/") for row in rows} == set(plans)
    return {**{row["key"]: comparable(row) for row in rows}, **plans}


def test_killed_at_random_moments(tmp_path: Path, zygote: Zygote, prepared: Path) -> None:
    whole = small(tmp_path / "whole", prepared)
    begin = time.monotonic()
    zygote.start(whole, prepared)
    assert zygote.end() == 0
    took_s, expected = time.monotonic() - begin, contents(whole)
    rng, kills, sweeps = random.Random(6), 0, 0
    while kills < 8:
        sweeps += 1
        sweep = small(tmp_path / f"sweep{sweeps}", prepared)
        code = -9
        while code != 0:
            runner, wait_s = zygote.start(sweep, prepared), rng.uniform(0.0, 0.5 * took_s)
            if kills < 8:
                time.sleep(wait_s)
                os.kill(runner, signal.SIGKILL)
            code = zygote.end()
            assert code in (0, -9)
            kills += code == -9
            assert set(zygote.acknowledged) <= {row["key"] for row in read_rows(sweep.rows)}
            zygote.assert_nothing_left()
        assert contents(sweep) == expected


@pytest.mark.nightly
def test_command_killed_at_a_hundred_random_moments(tmp_path: Path) -> None:
    """The command itself with real runs: moments all over start, instances, runs and rows."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(scratch)}

    def start(sweep: Sweep) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "edgecut", "sweep", str(sweep.path)]
        return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def sweep_in(name: str) -> Sweep:
        (tmp_path / name).mkdir()
        return write_sweep(tmp_path / name, methods=("branch", "local_search"), seeds=(0, 1), users=[4, 5])

    whole, begin = sweep_in("whole"), time.monotonic()
    assert start(whole).wait() == 0
    took_s, expected = time.monotonic() - begin, contents(whole)
    rng, kills, sweeps, before = random.Random(7), 0, 0, set[str]()
    while kills < 100:
        sweeps += 1
        sweep, code, before = sweep_in(f"sweep{sweeps}"), -9, set()
        while code != 0:
            runner = start(sweep)
            if kills < 100:
                time.sleep(rng.uniform(0.0, 0.8 * took_s))
                runner.kill()
            code = runner.wait()
            assert code in (0, -9), runner.stderr.read() if runner.stderr else ""
            kills += code == -9
            rows = {row["key"] for row in read_rows(sweep.rows)}
            assert before <= rows
            before = rows
            assert_nothing_left(scratch)
        assert contents(sweep) == expected
    print(f"{kills} kills over {sweeps} sweeps of {len(expected) // 2} runs; a whole one takes {took_s:.1f} s")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_runner_stops_its_runs_and_goes_on_later(
    tmp_path: Path, zygote: Zygote, prepared: Path, number: int
) -> None:
    sweep = small(tmp_path / "interrupted", prepared)
    runner = zygote.start(sweep, prepared, {"greedy": "slowly", "smallest_output": "hang"})
    zygote.first_row()
    os.kill(runner, number)
    assert zygote.end() == 130
    zygote.assert_nothing_left()
    rows = read_rows(sweep.rows)
    assert zygote.acknowledged and {row["key"] for row in rows} == set(zygote.acknowledged)
    assert {row["status"] for row in rows} == {"finished"}
    assert run_with_stand_in(sweep, prepared).done == {"finished": 6}


def test_second_runner_is_refused(tmp_path: Path, zygote: Zygote, prepared: Path) -> None:
    sweep = small(tmp_path / "two", prepared)
    runner = zygote.start(sweep, prepared, {"smallest_output": "hang"})
    zygote.first_row()
    with pytest.raises(InputError, match=f"at work already: process {runner} on "):
        run_with_stand_in(sweep, prepared)
    os.kill(runner, signal.SIGKILL)
    zygote.end()
    zygote.assert_nothing_left()
    assert run_with_stand_in(sweep, prepared).done == {"finished": 6}
    assert len(contents(sweep)) == 12
