"""Linear programs that are run again and again: time that runs out, and Ctrl-C, on the way."""

from __future__ import annotations

import _thread
import signal
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from solvers.highs import GrowingLp, growing
from solvers.highs.aside import run_aside


def knapsacks(rows: int, columns: int) -> GrowingLp:
    """A random packing program: max value, many rows."""
    rng = np.random.default_rng(0)
    matrix = sp.random(rows, columns, 0.05, random_state=rng, format="csc")
    lp = GrowingLp(np.full(rows, -np.inf), 0.8 * (matrix @ rng.random(columns)))
    lp.add(-rng.random(columns), matrix, np.ones(columns))
    return lp


SIZES = [(40, 60), (600, 500)]
"""Run in the calling thread, and in one of its own."""


@pytest.mark.parametrize("size", SIZES)
def test_without_time_there_is_no_solution_and_with_time_it_goes_on(size: tuple[int, int]) -> None:
    lp, truth = knapsacks(*size), knapsacks(*size).solve()
    assert truth is not None
    assert lp.solve(0.0) is None
    assert lp.solve(1e-7) is None
    found = lp.solve(1e6)
    assert found is not None and found.objective == pytest.approx(truth.objective, rel=1e-9)
    again = lp.solve()
    assert again is not None and again.objective == found.objective


class _Watched:
    """Stands in for HiGHS' model: has run for long before, and notes the limits that it is given."""

    def __init__(self, model: Any) -> None:
        self._model, self.limits = model, list[float]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def getRunTime(self) -> float:
        return 1e4

    def setOptionValue(self, name: str, value: Any) -> Any:
        if name == "time_limit":
            self.limits.append(value)
            value -= 1e4
        return self._model.setOptionValue(name, value)


def test_seconds_of_earlier_runs_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """HiGHS adds up the time of all runs of a model, and holds the limit against the sum."""
    lp = knapsacks(40, 60)
    watched = _Watched(lp._model)
    monkeypatch.setattr(lp, "_model", watched)
    assert lp.solve(100.0) is not None and lp.solve() is not None
    assert watched.limits == [pytest.approx(1e4 + 100.0, abs=50.0), np.inf]


def test_an_interrupted_program_stops_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """HiGHS hears of it in the middle of its run; the next run is not interrupted."""
    lp, truth = knapsacks(600, 500), knapsacks(600, 500).solve()

    def pressed(model: Any, stop: Callable[[], None]) -> bool:
        stop()
        return run_aside(model, stop) or True

    monkeypatch.setattr(growing, "run_aside", pressed)
    with pytest.raises(KeyboardInterrupt):
        lp.solve()
    assert "nterrupt" in str(lp._model.getModelStatus())
    monkeypatch.setattr(growing, "run_aside", run_aside)
    found = lp.solve()
    assert found is not None and truth is not None
    assert found.objective == pytest.approx(truth.objective, rel=1e-9)


def test_ctrl_c_waits_until_highs_has_stopped() -> None:
    """A signal while the calling thread waits: HiGHS is told, and nobody goes on before it has ended."""
    told, ended = threading.Event(), list[bool]()

    def run() -> None:
        _thread.interrupt_main()
        ended.append(told.wait(60))

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        interrupted = run_aside(SimpleNamespace(run=run), told.set)  # type: ignore[arg-type]
    finally:
        signal.signal(signal.SIGINT, before)
    assert interrupted and ended == [True]


def test_reports_end_with_an_interrupt_of_their_own() -> None:
    """Whoever hears reports may interrupt as well, and hears no more then."""
    told, heard = threading.Event(), list[int]()

    def report() -> None:
        heard.append(1)
        if len(heard) == 3:
            raise KeyboardInterrupt

    assert run_aside(SimpleNamespace(run=lambda: told.wait(60)), told.set, report)  # type: ignore[arg-type]
    assert len(heard) == 3
    assert not run_aside(SimpleNamespace(run=lambda: None), told.set)  # type: ignore[arg-type]


def test_a_failure_of_the_thread_is_raised() -> None:
    def run() -> None:
        raise MemoryError("no room")

    with pytest.raises(MemoryError, match="no room"):
        run_aside(SimpleNamespace(run=run), lambda: None)  # type: ignore[arg-type]
