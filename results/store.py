"""Rows of an experiment, appended to a file one by one; what is written once is never written again.

A row is one line of JSON. It counts from the moment `Store.append` returns: then its newline is on the disk. A line
torn by a crash is dropped when the file is next written, and its case is simply run again. Several processes may append
to one file: each holds the file's lock while it writes, and first reads what the others wrote.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from instances.errors import InputError
from instances.storage import sync_folder, system_error
from results.lock import locked

__all__ = ["RUNS", "Store", "case_key", "latest", "make_folder", "read_rows"]

RUNS = Path(__file__).parent / "runs"
"""Folder of the committed runs, from which the figures are drawn."""


def case_key(case: dict[str, Any]) -> str:
    """Identity of a case: a hash of its content, whatever the order of its keys."""
    text = json.dumps(case, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_rows(path: Path) -> list[dict[str, Any]]:
    """All whole rows of a file; none when it does not exist.

    Raises:
        InputError: a line other than the last is not JSON, or the file cannot be read.
    """
    try:
        content = path.read_bytes() if path.exists() else b""
    except OSError as error:
        raise system_error(path, error, "read") from error
    return _parsed(content[: _whole(content)], path, 1)


def latest(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The row that counts for each key: that of the last attempt."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["key"] not in found or _attempt(row) >= _attempt(found[row["key"]]):
            found[row["key"]] = row
    return found


def make_folder(path: Path) -> None:
    """Make a folder and those above it, so that their names last through a power cut.

    Raises:
        InputError: it cannot be made.
    """
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise system_error(path, error, "written") from error
    for folder in reversed(missing):
        sync_folder(folder.parent)


class Store:
    """Append-only file of rows with their cases' keys.

    ``known``: keys that have a row. ``attempts``: number of the last attempt at each.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: set[str] = set()
        self.attempts: dict[str, int] = {}
        self._read_bytes = self._read_lines = 0
        make_folder(path.parent)
        if path.exists():
            content = path.read_bytes()
            if _whole(content) == len(content):
                self._take(content)
            else:
                self._with_file(self._catch_up)

    def append(self, case: dict[str, Any], outcome: dict[str, Any], attempt: int | None = None) -> None:
        """Write a row through to the disk; with ``attempt`` one that takes the place of earlier attempts.

        Raises:
            InputError: the case has a row (of this attempt or a later one) already; or the row cannot be written, as on
                a full disk: then the file is as it was.
        """
        key = case_key(case)
        row = {"key": key, "case": case, **({} if attempt is None else {"attempt": attempt}), **outcome}
        line = (json.dumps(row, sort_keys=True, allow_nan=False) + "\n").encode()

        def write(handle: int) -> None:
            self._catch_up(handle)
            if self.attempts.get(key, 0) >= (attempt or 1):
                raise InputError(str(self.path), f"has a row for case {key} already")
            self._write(handle, line)

        self._with_file(write)

    def _with_file(self, work: Any) -> None:
        """Let ``work`` have the file, locked; what the system says against it becomes an InputError."""
        try:
            new = not self.path.exists()
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
            try:
                if new:
                    sync_folder(self.path.parent)
                with locked(handle):
                    work(handle)
            finally:
                os.close(handle)
        except OSError as error:
            raise system_error(self.path, error, "written") from error

    def _catch_up(self, handle: int) -> None:
        """Read what others wrote since, and drop a torn line."""
        size = os.fstat(handle).st_size
        if size < self._read_bytes:  # somebody put another file in its place
            self._read_bytes = self._read_lines = 0
            self.known, self.attempts = set(), {}
        os.lseek(handle, self._read_bytes, os.SEEK_SET)
        content = bytearray()
        while chunk := os.read(handle, 1 << 20):
            content += chunk
        whole = _whole(bytes(content))
        if whole != len(content):
            os.ftruncate(handle, self._read_bytes + whole)
            os.fsync(handle)
        self._take(bytes(content[:whole]))

    def _take(self, content: bytes) -> None:
        """Know the rows of whole lines that follow those read before."""
        for row in _parsed(content, self.path, self._read_lines + 1):
            self.known.add(row["key"])
            self.attempts[row["key"]] = max(self.attempts.get(row["key"], 0), _attempt(row))
        self._read_bytes += len(content)
        self._read_lines += content.count(b"\n")

    def _write(self, handle: int, line: bytes) -> None:
        """Add a line at the end, through to the disk, or leave the file as it was."""
        os.lseek(handle, self._read_bytes, os.SEEK_SET)
        try:
            left = memoryview(line)
            while left:
                left = left[os.write(handle, left) :]
            os.fsync(handle)
        except OSError:
            with contextlib.suppress(OSError):  # else the torn line is dropped next time
                os.ftruncate(handle, self._read_bytes)
                os.fsync(handle)
            raise
        self._take(line)


def _attempt(row: dict[str, Any]) -> int:
    attempt: int = row.get("attempt", 1)
    return attempt


def _whole(content: bytes) -> int:
    """Bytes up to the end of the last whole line. A power cut may leave zeros where the last one should be."""
    whole = content.rfind(b"\n") + 1
    begin = content.rfind(b"\n", 0, max(whole - 1, 0)) + 1
    return begin if b"\0" in content[begin:whole] else whole


def _parsed(content: bytes, path: Path, first: int) -> list[dict[str, Any]]:
    """Rows of whole lines, the first of which has this number."""
    rows = []
    for number, line in enumerate(content.split(b"\n")[:-1], start=first):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path}, line {number}", "is not a row", str(error), "remove the line") from error
        if not isinstance(row, dict) or not isinstance(row.get("key"), str):
            raise InputError(f"{path}, line {number}", "is not a row", "it has no key", "remove the line")
        if type(row.get("attempt", 1)) is not int:
            raise InputError(f"{path}, line {number}", "is not a row", "its attempt is no number", "remove the line")
        rows.append(row)
    return rows
