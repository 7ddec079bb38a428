"""The process that reads broken files: `python -m results.trust.fuzz.child CPU_S MODULE ...`.

Reads a JSON object a line, ``{"kind", "path"}``; answers ``{"outcome", "message"}``. Before the first it has read valid
files of each kind, so that libraries are loaded; from then on it may take `MORE_MB` of memory beyond that, and
``CPU_S`` seconds of its own time for each file, however busy the machine is.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from instances.errors import InputError
from results.trust.fuzz.all_kinds import KINDS
from results.trust.fuzz.kinds import FileKind

__all__ = ["FINE", "MORE_MB", "read"]

MORE_MB = 512
FINE = ("read", "refused", "usage")
"""What may come of a file: it is read after all, refused with an `InputError`, or the command line explains itself."""


class _Overtime(BaseException):
    """No Exception: readers must not swallow it."""


def read(kind: FileKind, path: Path) -> tuple[str, str]:
    """Outcome and message of reading one file.

    *read*, *refused* (an InputError that says what and where), *mute* (one that does not), *raised* (anything else),
    *memory*.
    """
    try:
        kind.read(path)
    except InputError as error:
        out_of_memory = "malloc" in str(error) or "out of memory" in str(error)
        told = bool(error.where) and bool(error.what) and "\n" not in error.where
        return ("memory" if out_of_memory else "refused" if told else "mute"), str(error)[:300]
    except MemoryError:
        return "memory", _last_line()
    except SystemExit as error:
        return _of_exit(error)
    except Exception:
        return "raised", _last_line()
    return "read", ""


def _of_exit(error: SystemExit) -> tuple[str, str]:
    """A command line's status: those of `edgecut.exits` are documented."""
    if error.code in (0, 1, 3, 4, None):
        return "read", ""
    return ("usage", "") if error.code in (2, 65) else ("raised", f"exit status {error.code}")


def _last_line() -> str:
    lines = traceback.format_exc().strip().splitlines()
    places = [line.strip() for line in lines if line.lstrip().startswith("File ")]
    return f"{lines[-1][:200]} at {places[-1] if places else '?'}"


def _watched(act: Callable[[], tuple[str, str]], most_cpu_s: float) -> tuple[str, str]:
    """The same, or *slow*, within so many seconds of this process's own time."""

    def stop(*_: Any) -> None:
        raise _Overtime

    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, most_cpu_s)
    try:
        return act()
    except _Overtime:
        return "slow", f"over {most_cpu_s:g} s"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _limit_memory() -> None:
    """No more than `MORE_MB` beyond what is taken now."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MORE_MB * 10**6
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def main() -> None:
    """Answer until there are no more files."""
    most_cpu_s = float(sys.argv[1])
    # What readers and commands print is no answer: the answers have a descriptor of their own.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    for module in sys.argv[2:]:
        import_module(module)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for kind in KINDS.values():
            for k, content in enumerate(kind.valid()):
                path = Path(folder) / f"valid{k}{kind.suffix}"
                path.write_bytes(content)
                outcome, message = read(kind, path)
                if outcome != "read":
                    raise RuntimeError(f"a valid file of kind '{kind.name}' is {outcome}: {message}")
        _limit_memory()
        print(json.dumps({"ready": sorted(KINDS)}), file=answers, flush=True)
        for line in sys.stdin:
            asked = json.loads(line)
            kind, path = KINDS[asked["kind"]], Path(asked["path"])
            outcome, message = _watched(lambda kind=kind, path=path: read(kind, path), most_cpu_s)  # type: ignore[misc]
            print(json.dumps({"outcome": outcome, "message": message}), file=answers, flush=True)


if __name__ == "__main__":
    main()
