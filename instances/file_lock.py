"""One process at a time: the lock of an open file, which the system takes back when its holder dies."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

fcntl: Any
try:
    import fcntl
except ImportError:  # pragma: no cover  not a POSIX system: files are read there, and written by one process
    fcntl = None

__all__ = ["locked", "locked_file", "try_lock"]


@contextlib.contextmanager
def locked(handle: int) -> Iterator[None]:
    """Wait for the lock of an open file, and hold it."""
    if fcntl is None:
        yield
        return
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(handle, fcntl.LOCK_UN)


@contextlib.contextmanager
def locked_file(path: Path) -> Iterator[None]:
    """Wait for the lock of a file that is there, and hold it; the file is not changed, and may be read-only.

    Raises:
        OSError: it cannot be opened or locked.
    """
    # Some file systems lend this lock to writers alone.
    handle = os.open(path, os.O_RDWR if os.access(path, os.W_OK) else os.O_RDONLY)
    try:
        with locked(handle):
            yield
    finally:
        os.close(handle)


def try_lock(handle: int) -> bool:
    """Take the lock of an open file, if nobody has it; it goes when the file is closed."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
