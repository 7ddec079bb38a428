"""The keeper of one run: starts it in a session of its own, holds it to its limits, and leaves nothing of it alive.

A program of its own, run as ``python -I -S keeper.py LIMITS COMMAND…``; the standard library only, so that it starts in
a moment and takes little memory. LIMITS is JSON: ``wall_s`` (or null), ``grace_s``, ``memory_mib`` (or null),
``folder`` (to be made: the run's working folder) and ``files`` (name → bytes: their contents follow on standard input,
and are put there first). The wall limit counts from the start; when it is reached the run gets SIGINT, and SIGKILL
``grace_s`` later. Memory is that of the run and all its descendants together, looked at 20 times a second; the kernel
refuses any one of them more data than the limit as well.

When the run has ended the keeper writes a line of JSON to standard output: ``ended`` ("itself", "wall", "memory", or
"unable" when the folder could not be made), ``code`` (exit code; −n: signal n), ``wall_s``, ``cpu_s``, ``peak_mib``,
``output`` (the last of what the run printed). Standard input is the line to whoever started the keeper. When it closes,
that one has read all, or is dead, or wants no more: what is left of the run is killed and its folder removed.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import select
import shutil
import signal
import sys
import time
from typing import Any, NoReturn

_PERIOD_S = 0.05
_TAIL = 4096
_LARGEST_FILE = 8 << 30
"""Bytes of any one file that a run may write: one that has gone wild must not fill the disk."""
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_LINUX = sys.platform == "linux"
_MIB = 1 << 20
_END_S = 10.0
"""How long dying processes are waited for."""


def main() -> None:
    """Keep the run that the arguments name."""
    limits, command = json.loads(sys.argv[1]), sys.argv[2:]
    try:
        report = _put_files(limits) or _keep(limits, command)
        with contextlib.suppress(OSError):
            os.write(1, json.dumps(report).encode() + b"\n")
        while _read(0):
            pass
    finally:
        shutil.rmtree(limits["folder"], ignore_errors=True)
    os._exit(0)


def _put_files(limits: dict[str, Any]) -> dict[str, Any] | None:
    """Make the folder with its files; the report if that cannot be done."""
    contents = {}
    for name, left in limits["files"].items():
        contents[name] = bytearray()
        while len(contents[name]) < left:
            chunk = os.read(0, min(left - len(contents[name]), 1 << 20))
            if not chunk:
                os._exit(1)
            contents[name] += chunk
    try:
        os.mkdir(limits["folder"], 0o700)
        for name, content in contents.items():
            with open(os.path.join(limits["folder"], name), "wb") as file:
                file.write(content)
    except OSError as error:
        return {"ended": "unable", "code": None, "wall_s": 0.0, "cpu_s": 0.0, "peak_mib": 0.0, "output": str(error)}
    return None


def _keep(limits: dict[str, Any], command: list[str]) -> dict[str, Any]:
    """Start the run and watch it to its end; the report."""
    if _LINUX:  # descendants whose parent died stay ours
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(woken, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    output, pipe = os.pipe()
    begin = time.monotonic()
    child = _start(command, pipe, limits)
    os.close(pipe)
    os.set_blocking(output, False)
    return _Watch(child, output, woken, begin, limits).run()


def _start(command: list[str], pipe: int, limits: dict[str, Any]) -> int:
    """Fork, and become the run in the child; its process id."""
    keeper = os.getpid()
    child = os.fork()
    if child == 0:
        try:
            _become(command, pipe, limits, keeper)
        except BaseException as error:
            os.write(pipe, f"cannot start {command[:1]}: {error}".encode())
            os._exit(127)
    return child


def _become(command: list[str], pipe: int, limits: dict[str, Any], keeper: int) -> NoReturn:
    os.setsid()
    if _LINUX:  # should the keeper itself be killed
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != keeper:
            os._exit(127)
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
            file.write("800")  # where memory runs out, runs go before anything else
    for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(pipe, 1)
    os.dup2(pipe, 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _lower(resource.RLIMIT_FSIZE, _LARGEST_FILE)
    if limits["memory_mib"] is not None:
        _lower(resource.RLIMIT_DATA if _LINUX else resource.RLIMIT_AS, int(limits["memory_mib"] * _MIB))
    os.chdir(limits["folder"])
    os.execvp(command[0], command)


def _lower(kind: int, most: int) -> None:
    """Set a limit, unless a lower one holds already."""
    hard = resource.getrlimit(kind)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    with contextlib.suppress(OSError, ValueError):  # macOS refuses some
        resource.setrlimit(kind, (most, most))


class _Watch:
    """Waits for the end of a run, or makes it."""

    def __init__(self, child: int, output: int, woken: int, begin: float, limits: dict[str, Any]) -> None:
        self.child, self.output, self.woken, self.begin, self.limits = child, output, woken, begin, limits
        self.code: int | None = None
        self.ended, self.tail, self.peak, self.asked = "itself", b"", 0, False

    @property
    def wall_s(self) -> float:
        return time.monotonic() - self.begin

    def run(self) -> dict[str, Any]:
        """Watch to the end; the report."""
        listened, looked = [0, self.output, self.woken], -1.0
        while self.code is None and not self._over_time():
            ready = select.select(listened, [], [], _PERIOD_S)[0]
            if 0 in ready and not _read(0):
                self.ended = "cancelled"
                break
            if self.output in ready and not self._hear():
                listened.remove(self.output)
            if self.woken in ready:
                _read(self.woken)
            if time.monotonic() - looked >= _PERIOD_S:
                looked = time.monotonic()
                if self._over_memory():
                    self.ended = "memory"
                    break
            self._reap()
        wall_s = self.wall_s
        self._end()
        while self._hear():
            pass
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        largest = usage.ru_maxrss * (1024 if _LINUX else 1)
        return {"ended": self.ended, "code": self.code, "wall_s": wall_s, "cpu_s": usage.ru_utime + usage.ru_stime,
                "peak_mib": max(self.peak, largest) / _MIB, "output": self.tail.decode("utf-8", "replace")}  # fmt: skip

    def _over_time(self) -> bool:
        """Whether it is time to kill; at the limit the run is asked to stop by itself."""
        wall = self.limits["wall_s"]
        if wall is None or self.wall_s < wall:
            return False
        self.ended = "wall"
        if not self.asked:
            self.asked = True
            with contextlib.suppress(OSError):
                os.kill(self.child, signal.SIGINT)
        return bool(self.wall_s >= wall + self.limits["grace_s"])

    def _over_memory(self) -> bool:
        now = sum(_resident(pid) for pid in _below(os.getpid()))
        self.peak = max(self.peak, now)
        most = self.limits["memory_mib"]
        return most is not None and now > most * _MIB

    def _hear(self) -> bool:
        """Take some output; whether there may be more."""
        chunk = _read(self.output)
        self.tail = (self.tail + (chunk or b""))[-_TAIL:]
        return bool(chunk)

    def _reap(self) -> bool:
        """Take note of processes that ended; whether any are left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self.child:
                self.code = os.waitstatus_to_exitcode(status)

    def _end(self) -> None:
        """Kill the run and all that came of it, and wait for them."""
        deadline = time.monotonic() + _END_S
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                os.killpg(self.child, signal.SIGKILL)
            for pid in _below(os.getpid()):
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            if not self._reap():
                return
            time.sleep(0.002)


def _read(handle: int) -> bytes | None:
    """What is there to read; nothing at the end of the file, None when nothing has come."""
    try:
        return os.read(handle, 65536)
    except BlockingIOError:
        return None
    except OSError:
        return b""


def _below(pid: int) -> list[int]:
    """Process ids of all descendants; none where the system does not tell."""
    found, todo = list[int](), [pid]
    while todo:
        parent = todo.pop()
        with contextlib.suppress(OSError):
            for task in os.listdir(f"/proc/{parent}/task"):
                with contextlib.suppress(OSError), open(f"/proc/{parent}/task/{task}/children") as file:
                    children = [int(word) for word in file.read().split()]
                found += children
                todo += children
    return found


def _resident(pid: int) -> int:
    """Bytes of memory that a process holds; what is shared counts for each."""
    with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


if __name__ == "__main__":
    main()
