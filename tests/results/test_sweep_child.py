"""The real child process of a run, called in this process: what it leaves, and what it says of its end."""

from __future__ import annotations

import json
import math
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from instances.check import check
from instances.errors import InputError
from instances.expand import expand
from instances.files import plan_from_json, read_json, save
from instances.instance import Instance
from instances.plan import Plan
from results.sweep import child
from results.sweep.best import BestPlan, Trace
from solvers import METHODS, Limits, solve
from solvers.answer import Answer, Progress, Stop
from solvers.registry import reason_against
from solvers.result import Result
from tests.builders import tiny_admission, tiny_instance


@pytest.fixture
def instance() -> Instance:
    return tiny_instance(4)


@pytest.fixture
def folder(tmp_path: Path, instance: Instance) -> Path:
    """A working folder with an order in it."""
    save(instance, tmp_path / "i.json")
    order = {"instance": str(tmp_path / "i.json"), "fingerprint": instance.fingerprint, "method": "branch", "seed": 5,
             "options": {}, "limits": {"time_s": None, "gap": 1e-4, "nodes": 50, "rounds": None}}  # fmt: skip
    (tmp_path / "job.json").write_text(json.dumps(order))
    return tmp_path


def ending(folder: Path, code: int = 0) -> dict[str, Any]:
    assert child.main(folder) == code
    return read_json(folder / "end.json")


def test_a_run_leaves_result_best_plan_and_trace(folder: Path, instance: Instance) -> None:
    assert ending(folder) == {"status": "finished", "error": ""}
    result = read_json(folder / "result.json")
    assert (result["seed"], result["method"], result["verdict"]) == (5, "branch", "certified")
    best = plan_from_json(instance, read_json(folder / "best.json")["plan"])
    assert check(instance, best).objective_j == pytest.approx(result["objective_j"], rel=1e-9)
    trace = [json.loads(line) for line in (folder / "trace.jsonl").read_text().splitlines()]
    assert trace[-1][1] == pytest.approx(result["objective_j"]) and len(trace) >= len(result["trace"]) > 0
    assert "code of solvers" in read_json(folder / "versions.json")


def failing(error: BaseException) -> Callable[..., Any]:
    def raises(*_: Any, **__: Any) -> None:
        raise error

    return raises


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InputError("method", "cannot run on this instance"), "refused"),
        (MemoryError(), "memory"),
        (KeyboardInterrupt(), "interrupted"),
        (ZeroDivisionError("by zero"), "crashed"),
    ],
)
def test_errors_of_a_method(folder: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, status: str) -> None:
    monkeypatch.setattr(child, "solve", failing(error))
    said = ending(folder)
    assert said["status"] == status and said["error"]
    assert not (folder / "result.json").exists()


def test_a_plan_of_nan_cannot_be_written_down(
    folder: Path, instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = solve(instance, "greedy")
    assert good.plan is not None
    for broken in (good.plan.replace(clock=np.full(3, math.nan)), good.plan.replace(cut=np.full(3, 10**6))):
        found = Result.checked(instance, Answer(None, Stop.FINISHED), broken, method="branch")
        monkeypatch.setattr(child, "solve", lambda *_, found=found, **__: found)
        said = ending(folder)
        assert said["status"] == "invalid" and "written down" in said["error"]


def test_another_instance_is_refused(folder: Path) -> None:
    save(tiny_instance(5), folder / "i.json")
    said = ending(folder)
    assert said["status"] == "refused" and "fingerprint is another" in said["error"]


def test_full_disk_has_an_exit_code_of_its_own(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    assert child.main(folder) == child.NO_ROOM
    assert "No space left on device" in capsys.readouterr().err


def test_best_plan_keeps_the_best_valid_one(tmp_path: Path, instance: Instance) -> None:
    good = solve(instance, "branch").plan
    poor = solve(instance, "all_local").plan or solve(instance, "nearest_idle").plan
    assert good is not None
    late = good.replace(uplink_share=np.ones(3))
    made = threading.Event()

    def broken() -> Plan:
        made.set()
        raise RuntimeError

    with BestPlan(tmp_path / "best.json", instance) as best:
        for plan in (poor, good, late, poor):
            if plan is not None:
                best.offer(lambda plan=plan: plan)  # type: ignore[misc]
                while best._latest is not None:
                    time.sleep(0.001)
        best.offer(broken)
    assert made.is_set()
    kept = plan_from_json(instance, read_json(tmp_path / "best.json")["plan"])
    assert check(instance, kept).objective_j == check(instance, good).objective_j


def test_trace_writes_news_only(tmp_path: Path) -> None:
    with Trace(tmp_path / "t.jsonl") as trace:
        for row in ((0.0, math.inf, -math.inf), (0.1, math.inf, 1.0), (0.2, math.inf, 1.0), (0.3, 2.0, 1.0)):
            trace(Progress(*row))
    assert [json.loads(line) for line in (tmp_path / "t.jsonl").read_text().splitlines()] == [
        [0.1, None, 1.0],
        [0.3, 2.0, 1.0],
    ]


CASES = {
    "continuous": lambda: tiny_instance(3, allocation="continuous"),
    "units": lambda: tiny_instance(3),
    "J-A": lambda: tiny_admission(3),
    "J-M": lambda: tiny_instance(3, problem="J-M"),
}


@pytest.mark.parametrize("case", list(CASES))
def test_every_method_hands_over_its_plans_on_the_way(case: str) -> None:
    """Else nothing is left of its work when it is killed."""
    instance = CASES[case]()
    table, tried = expand(instance), 0
    for name, method in METHODS.items():
        if reason_against(method, table) is not None:
            continue
        seen: list[Callable[[], Plan]] = []
        result = solve(instance, name, limits=Limits(gap=1e-3, nodes=50, rounds=20), on_plan=seen.append)
        if result.plan is not None:
            tried += 1
            assert seen, name
            value = min(check(instance, make()).objective_j for make in seen)
            assert value == pytest.approx(result.objective_j, rel=1e-6), name
    assert tried >= (1 if case == "J-M" else 8)
