"""Bytes in and out of files: errors in the user's words, and writes that happen whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NoReturn

from instances.errors import InputError
from instances.read_limits import FILE_MB, largest_file_mb
from instances.scalars import refuse

__all__ = ["check_writable", "read_bytes", "sync_folder", "system_error", "write_atomically"]


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """Content of a file.

    Raises:
        InputError: it is missing, a folder, unreadable or empty, or larger than `read_limits.largest_file_mb`.
    """
    most = largest_file_mb() * 1e6
    try:
        with Path(path).open("rb") as stream:
            content = _read(stream, path, most)
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise system_error(path, error, "read") from error
    if not content.strip():
        refuse(str(path), "is empty", "there is nothing to read", "write the file again")
    return content


def _read(stream: BinaryIO, path: str | os.PathLike[str], most: float) -> bytes:
    """All of a stream, no more than ``most`` bytes; a pipe or device says only by and by how much it holds."""
    about = os.fstat(stream.fileno())
    if stat.S_ISREG(about.st_mode):
        return stream.read() if about.st_size <= most else _refuse_size(path, most)
    parts, size = [], 0
    while part := stream.read(1 << 20):
        parts.append(part)
        size += len(part)
        if size > most:
            _refuse_size(path, most)
    return b"".join(parts)


def _refuse_size(path: str | os.PathLike[str], most: float) -> NoReturn:
    refuse(
        str(path),
        f"holds more than {most / 1e6:g} MB",
        "that is the largest file read",
        f"set {FILE_MB}, if it is meant",
    )


def write_atomically(path: str | os.PathLike[str], write: Callable[[BinaryIO], None]) -> None:
    """Let ``write`` fill a file that takes the place of ``path`` only when it is whole and on the disk.

    A reader, a crash or a second writer sees the old file or the new one, never a part.

    Raises:
        InputError: the folder is missing or not writable, the disk is full, or ``path`` is a folder.
    """
    try:
        target = Path(os.path.realpath(path))  # through a link, so that the link stays
        if target.is_dir():
            refuse(str(path), "is a folder", "a file is written here", "add a file name")
        if target.exists() and not target.is_file():
            refuse(str(path), "is not a plain file", "a device or pipe would be replaced by one", "name another file")
        _replace(target, write)
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise system_error(path, error, "written") from error


def check_writable(path: str | os.PathLike[str]) -> None:
    """Find out before the work that a file cannot be written after it.  Raises InputError as `write_atomically`."""
    try:
        target = Path(os.path.realpath(path))
        # Not by `Path.exists`, which in some versions of Python only says that a name too long is not there.
        if not stat.S_ISREG(os.stat(target).st_mode):
            refuse(str(path), "is not a plain file", "a file is written here", "name a file")
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise system_error(path, error, "written") from error
    if not target.parent.is_dir():
        raise system_error(path, FileNotFoundError(), "written")
    if not os.access(target.parent, os.W_OK):
        refuse(str(path), "cannot be written", f"the folder '{target.parent}' is read-only", "name another folder")


def _replace(target: Path, write: Callable[[BinaryIO], None]) -> None:
    part = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.part")
    # os.open rather than tempfile: the file gets the permissions that the user's umask says.
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(handle, "wb") as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(part, target)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make the new name last through a power cut, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def system_error(path: str | os.PathLike[str], error: Exception, done: str) -> InputError:
    """What the system said about a file, as an InputError; ``done`` is "read" or "written"."""
    where = str(path)
    if isinstance(error, FileNotFoundError):
        folder = Path(where).parent
        if done == "written" or not folder.is_dir():
            return InputError(
                where, "cannot be " + done, f"there is no folder '{folder}'", "make it, or check the path"
            )
        return InputError(where, "does not exist", "", "check the path")
    if isinstance(error, IsADirectoryError):
        return InputError(where, "is a folder", "a file is needed", "name a file in it")
    reason = getattr(error, "strerror", None) or str(error)
    return InputError(where, f"cannot be {done}", reason, "check the path, its permissions and the disk")
