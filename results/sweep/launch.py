"""Start one run under its keeper, in a folder of its own, and bring back what it left there."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import select
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from instances.errors import InputError

__all__ = ["LEFT", "Cancelled", "Keepers", "Raw", "launch"]

LEFT = ("versions.json", "best.json", "trace.jsonl", "result.json", "end.json")
_LARGEST = 2 << 30
"""Bytes of a file that are brought back at most."""
_KEEPER = Path(__file__).with_name("keeper.py")
_PYTHON = (sys.executable, "-I", "-S")
"""For the keeper, which needs the standard library alone: starts sooner, and nothing of the user's is run."""
_PATIENCE_S = 60.0
"""How much longer than its limits a keeper may take."""
_NO_ROOM = "free some space there, or set TMPDIR to another folder; nothing recorded is lost"
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Runs are side by side as processes; threads of libraries would only get in each other's way."""

Raw = dict[str, Any]
"""``report``: what the keeper says; ``files``: content of those of `LEFT` that there are. It goes over the network."""


class Cancelled(Exception):
    """The run was stopped because nobody wants its outcome any more."""


class Keepers:
    """The keepers at work in this process; any thread may stop them all, and then no more are started."""

    def __init__(self) -> None:
        self._lock, self._stopped = threading.Lock(), False
        self._alive: set[subprocess.Popen[bytes]] = set()

    def start(self, command: Sequence[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
        """Start one.  Raises Cancelled after `stop`."""
        with self._lock:
            if self._stopped:
                raise Cancelled
            keeper = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
            self._alive.add(keeper)
            return keeper

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped

    def end(self, keeper: subprocess.Popen[bytes]) -> None:
        """Let one end, and wait for that."""
        with self._lock:
            self._alive.discard(keeper)
            self._close(keeper)
        assert keeper.stdout is not None
        keeper.stdout.close()
        keeper.wait()

    def stop(self) -> None:
        """Have all runs killed."""
        with self._lock:
            self._stopped = True
            for keeper in self._alive:
                self._close(keeper)

    @staticmethod
    def _close(keeper: subprocess.Popen[bytes]) -> None:
        assert keeper.stdin is not None
        with contextlib.suppress(OSError):
            keeper.stdin.close()


def launch(
    order: dict[str, Any], keepers: Keepers, command: Sequence[str] | None = None, content: bytes | None = None
) -> Raw:
    """Do one run in processes of its own, and wait for its end.

    Args:
        order: `Job.order`.
        keepers: of this process.
        command: of the run; the working folder is appended. None: `results.sweep.child`.
        content: of the instance's file, where this machine cannot read it.

    Raises:
        Cancelled: `Keepers.stop` was called meanwhile.
        InputError: the working folder cannot be made or written.
    """
    folder = Path(tempfile.gettempdir()) / f"edgecut-run-{secrets.token_hex(8)}"
    contents = {}
    if content is not None:
        name = f"instance{Path(order['instance']).suffix}"
        contents[name], order = content, {**order, "instance": name}
    contents["job.json"] = json.dumps(order).encode()
    limits = {"wall_s": order["wall_s"], "grace_s": order["grace_s"], "memory_mib": order["memory_mib"],
              "folder": str(folder), "files": {name: len(data) for name, data in contents.items()}}  # fmt: skip
    run = command or (sys.executable, "-m", "results.sweep.child")
    start = [*_PYTHON, str(_KEEPER), json.dumps(limits), *run, str(folder)]
    keeper = keepers.start(start, _environment())
    try:
        _send(keeper, contents)
        report = _report(keeper, order["wall_s"] + order["grace_s"] + _PATIENCE_S)
        if keepers.stopped:
            raise Cancelled
        if report["ended"] == "unable":
            raise InputError(str(folder), "cannot be written", report["output"], _NO_ROOM)
        return {"report": report, "files": _left(folder)}
    finally:
        keepers.end(keeper)
        shutil.rmtree(folder, ignore_errors=True)  # for a keeper that was killed; else it is gone already


def _send(keeper: subprocess.Popen[bytes], contents: dict[str, bytes]) -> None:
    assert keeper.stdin is not None
    with contextlib.suppress(OSError, ValueError):  # it was killed, or stopped; that is seen later
        for data in contents.values():
            keeper.stdin.write(data)
        keeper.stdin.flush()


def _environment() -> dict[str, str]:
    """Of a run: our packages come from where this process has them."""
    root = str(Path(__file__).resolve().parents[2])
    path = os.environ.get("PYTHONPATH")
    return {**os.environ, **_ONE_THREAD, "PYTHONPATH": f"{root}{os.pathsep}{path}" if path else root}


def _report(keeper: subprocess.Popen[bytes], patience_s: float) -> dict[str, Any]:
    assert keeper.stdout is not None
    ready = select.select([keeper.stdout], [], [], patience_s)[0]
    if not ready:  # it was stopped itself; the kernel kills the run with it
        keeper.kill()
    try:
        report: dict[str, Any] = json.loads(keeper.stdout.readline())
    except ValueError:
        return {"ended": "lost", "code": None, "wall_s": None, "cpu_s": None, "peak_mib": None,
                "output": "the keeper of the run was killed"}  # fmt: skip
    return report


def _left(folder: Path) -> dict[str, bytes]:
    """Plain files of known names and bearable size."""
    found = {}
    for name in LEFT:
        path = folder / name
        with contextlib.suppress(OSError):
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= _LARGEST:
                found[name] = path.read_bytes()
    return found


def no_room(raw: Raw) -> InputError | None:
    """The error of a run that could not write into its working folder, which is no fault of the method; else None."""
    from results.sweep.child import NO_ROOM  # late: a worker that only launches needs no solvers

    if raw["report"]["ended"] != "itself" or raw["report"]["code"] != NO_ROOM:
        return None
    return InputError("a run's working folder", "cannot be written", raw["report"]["output"].strip()[-500:],
                      _NO_ROOM)  # fmt: skip
