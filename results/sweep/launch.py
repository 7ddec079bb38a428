"""Start one run under its keeper, in a folder of its own, and bring back what it left there."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from instances.errors import InputError
from instances.storage import system_error

__all__ = ["LEFT", "Cancelled", "Keepers", "Raw", "launch"]

LEFT = ("versions.json", "best.json", "trace.jsonl", "result.json", "end.json")
_LARGEST = 2 << 30
"""Bytes of a file that are brought back at most."""
_KEEPER = Path(__file__).with_name("keeper.py")
_PATIENCE_S = 60.0
"""How much longer than its limits a keeper may take."""
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

    def end(self, keeper: subprocess.Popen[bytes]) -> bool:
        """Let go of one that has ended, or is to; whether it was stopped."""
        with self._lock:
            self._alive.discard(keeper)
            self._close(keeper)
            return self._stopped

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
    folder = _folder()
    try:
        _write_order(folder, order, content)
        limits = {"wall_s": order["wall_s"], "grace_s": order["grace_s"], "memory_mib": order["memory_mib"],
                  "folder": str(folder)}  # fmt: skip
        run = command or (sys.executable, "-m", "results.sweep.child")
        keeper = keepers.start([sys.executable, "-I", "-S", str(_KEEPER), json.dumps(limits), *run, str(folder)],
                               _environment())  # fmt: skip
        report = _report(keeper, keepers, order["wall_s"] + order["grace_s"] + _PATIENCE_S)
        return {"report": report, "files": _left(folder)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _folder() -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix="edgecut-run-"))
    except OSError as error:
        raise system_error(tempfile.gettempdir(), error, "written") from error


def _write_order(folder: Path, order: dict[str, Any], content: bytes | None) -> None:
    try:
        if content is not None:
            here = folder / f"instance{Path(order['instance']).suffix}"
            here.write_bytes(content)
            order = {**order, "instance": str(here)}
        (folder / "job.json").write_text(json.dumps(order), encoding="utf-8")
    except OSError as error:
        raise system_error(folder, error, "written") from error


def _environment() -> dict[str, str]:
    """Of a run: our packages come from where this process has them."""
    root = str(Path(__file__).resolve().parents[2])
    path = os.environ.get("PYTHONPATH")
    return {**os.environ, **_ONE_THREAD, "PYTHONPATH": f"{root}{os.pathsep}{path}" if path else root}


def _report(keeper: subprocess.Popen[bytes], keepers: Keepers, patience_s: float) -> dict[str, Any]:
    assert keeper.stdout is not None
    try:
        keeper.wait(patience_s)
    except subprocess.TimeoutExpired:  # it was stopped itself; the kernel kills the run with it
        keeper.kill()
        keeper.wait()
    stopped = keepers.end(keeper)
    said = keeper.stdout.read()
    keeper.stdout.close()
    if stopped:
        raise Cancelled
    try:
        report: dict[str, Any] = json.loads(said)
    except ValueError:
        return {"ended": "lost", "code": keeper.returncode, "wall_s": None, "cpu_s": None, "peak_mib": None,
                "output": "the keeper of the run was killed"}  # fmt: skip
    if report["ended"] == "cancelled":
        raise Cancelled
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
                      "free some space there, or set TMPDIR to another folder; nothing recorded is lost")  # fmt: skip
