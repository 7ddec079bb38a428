"""Progress lines on stderr: time, best, bound, gap; the first within a second, then at least every second."""

from __future__ import annotations

import math
import sys
import threading
import time
from types import TracebackType
from typing import Self, TextIO

from solvers.answer import Progress

__all__ = ["ProgressLines"]

_EVERY_S = 0.9


class ProgressLines:
    """Context manager and callback: prints a line for news, and a heartbeat while a method is silent."""

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False, unit: str = "J") -> None:
        self._stream, self._quiet, self._unit = stream or sys.stderr, quiet, unit
        self._begin = time.perf_counter()
        self._latest = Progress(0.0, math.inf, -math.inf)
        self._printed: tuple[float, float] | None = None
        self._last = -math.inf
        self._lock, self._done = threading.Lock(), threading.Event()

    def __enter__(self) -> Self:
        if not self._quiet:
            print(self._header(), file=self._stream, flush=True)
            self._print()
            threading.Thread(target=self._beat, daemon=True, name="progress").start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()

    def __call__(self, progress: Progress) -> None:
        """Take note; print when there is news and the last line is a moment old."""
        with self._lock:
            self._latest = progress
        news = (progress.best_j, progress.bound_j) != self._printed
        if not self._quiet and news and time.perf_counter() - self._last > 0.2:
            self._print()

    def _beat(self) -> None:
        while not self._done.wait(0.1):
            if time.perf_counter() - self._last > _EVERY_S:
                self._print()

    def _print(self) -> None:
        with self._lock:
            p, self._last = self._latest, time.perf_counter()
            self._printed = (p.best_j, p.bound_j)
        best, bound = self._value(p.best_j), self._value(p.bound_j)
        print(f"{self._last - self._begin:7.1f}s  {best}  {bound}  {_gap(p.gap)}", file=self._stream, flush=True)

    def _header(self) -> str:
        width = 13 + len(self._unit)
        return f"{'time':>8}  {'best':>{width}}  {'bound':>{width}}  {'gap':>9}"

    def _value(self, value: float) -> str:
        width = 13 + len(self._unit)
        return f"{value:12.6g} {self._unit}" if math.isfinite(value) else f"{'-':>{width}}"


def _gap(value: float) -> str:
    """Beside a best of 0 a gap is no number."""
    return f"{100 * max(value, 0.0):8.4f}%" if value < 1e3 else f"{'-':>9}"
