"""Runs tests, each call in a process of its own that begins with the libraries already loaded.

Started as a file in the folder whose tests it runs. It reads a line of JSON, ``{"tests": [...], "limit_s": 60}``, and
answers with one, ``{"status": 0, "seconds": 1.5, "first": "tests/…::test_…"}``: pytest's exit status (0: all passed;
−1: over the limit; −2: the process died) and the first test that did not pass. Imports nothing of ours: what is ours
must be read anew by every process.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
import resource
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

LOADED = ("numpy", "pytest", "hypothesis", "hypothesis.extra.numpy", "scipy.optimize", "scipy.sparse", "msgspec",
          "highspy", "cvxpy", "pyomo.environ", "networkx", "typer", "joblib")  # fmt: skip
"""Loaded before the first process is forked; what is missing is left out."""

MOST_MEMORY_BYTES = 12 << 30
FLAGS = ("-x", "-q", "-rfE", "-p", "no:cacheprovider", "--hypothesis-seed=0", "--tb=line")


def main() -> None:
    """Answer until there is nothing left to read."""
    for name in LOADED:
        try:
            importlib.import_module(name)
        except ImportError:
            continue
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(_run(request["tests"], request["limit_s"], request.get("write", False))), flush=True)


def _run(tests: list[str], limit_s: float, write: bool) -> dict[str, Any]:
    started = time.perf_counter()
    with tempfile.TemporaryFile() as log:
        child = os.fork()
        if child == 0:
            _child(tests, log.fileno(), write)
        status = _wait(child, started + limit_s)
        log.seek(0)
        text = log.read().decode(errors="replace")
    first = re.search(r"^(?:FAILED|ERROR) (\S+)", text, re.MULTILINE)
    return {"status": status, "seconds": time.perf_counter() - started, "first": first[1] if first else ""}


def _child(tests: list[str], log: int, write: bool) -> None:
    """Never comes back."""
    os.setsid()  # so that its own children end with it
    os.dup2(log, 1)
    os.dup2(log, 2)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    sys.dont_write_bytecode = not write
    sys.path.insert(0, str(Path.cwd()))
    status = 1
    try:
        import pytest

        status = int(pytest.main([*FLAGS, *tests]))
        sys.stdout.flush()
    finally:
        os._exit(status)


def _wait(child: int, until: float) -> int:
    ended, status = os.waitpid(child, os.WNOHANG)
    while not ended and time.perf_counter() < until:
        time.sleep(0.02)
        ended, status = os.waitpid(child, os.WNOHANG)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # what hangs, and what a finished one left behind
    if not ended:
        os.waitpid(child, 0)
        return -1
    return os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else -2


if __name__ == "__main__":
    main()
