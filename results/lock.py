"""One writer at a time: a lock on a file, which the system takes back when its holder dies, however it dies."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from instances.errors import InputError
from instances.file_lock import locked, try_lock
from instances.storage import system_error

__all__ = ["hold", "holder", "locked"]

_TRIES, _PAUSE_S = 5, 0.05


@contextlib.contextmanager
def hold(path: Path, what: str) -> Iterator[None]:
    """Hold the lock at ``path``, made if need be; ``what`` is what only one process may do.

    Raises:
        InputError: another process holds it (and which), or the file cannot be written.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise system_error(path, error, "written") from error
    try:
        if not _try_for_a_moment(handle, path):
            raise InputError(what, f"is at work already: {_described(_read(handle))}", "two would do everything twice",
                             "wait for that one, or stop it") from None  # fmt: skip
        _write(handle)
        yield
        with contextlib.suppress(OSError):
            os.ftruncate(handle, 0)
    finally:
        os.close(handle)  # and with it the lock


def holder(path: Path) -> str | None:
    """Who holds the lock at ``path``, in words; None: nobody."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        return None if try_lock(handle) else _described(_read(handle))
    except OSError:  # a file system that lends its locks to writers alone
        return None
    finally:
        os.close(handle)


def _try_for_a_moment(handle: int, path: Path) -> bool:
    """Whoever asks for the `holder` has the lock for an instant, which must not look like a runner at work."""
    try:
        for _ in range(_TRIES):
            if try_lock(handle):
                return True
            time.sleep(_PAUSE_S)
    except OSError as error:
        raise system_error(path, error, "locked") from error
    return False


def _write(handle: int) -> None:
    """Note who holds it: for people alone, so that a full disk does not matter."""
    note = {"pid": os.getpid(), "host": platform.node(), "since": time.strftime("%Y-%m-%d %H:%M:%S")}
    with contextlib.suppress(OSError):
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(note).encode(), 0)


def _read(handle: int) -> dict[str, Any]:
    try:
        note = json.loads(os.pread(handle, 4096, 0))
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def _described(note: dict[str, Any]) -> str:
    if not {"pid", "host", "since"} <= set(note):
        return "another process"
    return f"process {note['pid']} on {note['host']}, since {note['since']}"
