"""The parent's side: a child that reads files, and another one when it dies or hangs."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

__all__ = ["MOST_CPU_S", "Reader"]

MOST_CPU_S = 5.0

_START_S, _SILENT_S = 600.0, 120.0
"""s of wall time until a child is ready, and until one that says nothing counts as hung; a busy machine needs much."""


class Reader:
    """Reads files in a process of its own; a context manager.

    Args:
        modules: register further kinds there.
        most_cpu_s: CPU seconds for each file.
    """

    def __init__(self, modules: Sequence[str] = (), most_cpu_s: float = MOST_CPU_S) -> None:
        self._modules, self._process, self._rest = tuple(modules), None, b""
        self._most_cpu_s = most_cpu_s

    _process: subprocess.Popen[bytes] | None

    def read(self, kind: str, path: Path) -> tuple[str, str]:
        """Outcome and message, as `child.read`; or *died* or *hung*.

        Raises:
            RuntimeError: no child gets ready.
        """
        if self._process is None:
            self._start()
        assert self._process is not None and self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"kind": kind, "path": str(path)}).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return "died", self._end()
        try:
            answer = self._line(_SILENT_S)
        except TimeoutError as silence:
            return "hung", f"{silence}; {self._end()}"
        if answer is None:
            return "died", self._end()
        return str(answer["outcome"]), str(answer["message"])

    def _start(self) -> None:
        few = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2", "MPLBACKEND": "agg"}
        paths = [path for path in sys.path if path] + [os.getcwd()]
        few["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(paths))  # the child works in a folder of its own
        command = [sys.executable, "-m", "results.trust.fuzz.child", f"{self._most_cpu_s:g}", *self._modules]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, **few}
        )
        self._rest = b""
        if self._line(_START_S) is None:
            raise RuntimeError(f"the reading process does not start: {self._end()}; try {' '.join(command)}")

    def _line(self, limit_s: float) -> dict[str, Any] | None:
        """The next answer; None when the child ends.  Raises TimeoutError when it says nothing for so long."""
        assert self._process is not None and self._process.stdout is not None
        handle, until = self._process.stdout.fileno(), time.monotonic() + limit_s
        while b"\n" not in self._rest:
            ready, _, _ = select.select([handle], [], [], max(until - time.monotonic(), 0.0))
            if not ready:
                raise TimeoutError(f"no answer in {limit_s:g} s")
            more = os.read(handle, 1 << 16)
            if not more:
                return None
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _end(self) -> str:
        """End the child; how it ended."""
        assert self._process is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=1.0)
        if self._process.poll() is None:
            self._process.kill()
        status = self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        self._process = None
        return f"exit status {status}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            if self._process.stdin is not None:
                self._process.stdin.close()
            self._end()
