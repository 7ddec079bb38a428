"""What a run leaves on the disk while it goes on: the best checked plan, and the trace."""

from __future__ import annotations

import contextlib
import json
import math
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from instances.check import check
from instances.errors import InputError
from instances.files import plan_to_json, write_json
from instances.instance import Instance
from instances.plan import Plan
from solvers.answer import Progress

__all__ = ["BestPlan", "Trace"]

_SHARE = 20.0
"""A plan is written when this many times as long has passed as writing the last one took: at most 5 % of the time."""


class BestPlan:
    """Context manager: keeps the best plan on the disk. A thread writes, the latest offer first; others are skipped.

    Plans that the checker refuses, or that are no better than the one on the disk, are not written.
    """

    def __init__(self, path: Path, instance: Instance) -> None:
        self._path, self._instance = path, instance
        self._begin = time.perf_counter()
        self._value = math.inf
        self._latest: Callable[[], Plan] | None = None
        self._news, self._done = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True, name="best plan")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._news.set()
        self._thread.join()

    def offer(self, make: Callable[[], Plan]) -> None:
        """A plan better than those before, as a function that makes it."""
        self._latest = make
        self._news.set()

    def _work(self) -> None:
        rest_s = 0.0
        while True:
            self._news.wait()
            self._done.wait(rest_s)
            self._news.clear()
            make, self._latest = self._latest, None
            if make is not None:
                begin = time.perf_counter()
                with contextlib.suppress(Exception):  # a plan on the way is a help; the result is what counts
                    self._write(make())
                rest_s = min(_SHARE * (time.perf_counter() - begin), 60.0)
            if self._done.is_set() and self._latest is None:
                return

    def _write(self, plan: Plan) -> None:
        report = check(self._instance, plan)
        if report.valid and report.objective_j < self._value:
            write_json(self._path, {"time_s": time.perf_counter() - self._begin,
                                    "plan": plan_to_json(self._instance, plan)})  # fmt: skip
            self._value = report.objective_j


class Trace:
    """Context manager and callback: appends ``[time_s, best, bound]`` to a file whenever one of them is news."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("a", encoding="utf-8")
        except OSError as error:
            raise InputError(str(path), "cannot be written", str(error)) from error
        self._last: tuple[float, float] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._file.close()

    def __call__(self, progress: Progress) -> None:
        """Note what is new."""
        now = (progress.best_j, progress.bound_j)
        if now != self._last and any(map(math.isfinite, now)):
            self._last = now
            row = [value if math.isfinite(value) else None for value in (progress.time_s, *now)]
            with contextlib.suppress(OSError):
                print(json.dumps(row), file=self._file, flush=True)
