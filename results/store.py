"""Rows of an experiment, appended to a file one by one; what is written once is never written again.

A row is one line of JSON. It counts from the moment its newline is on the disk; a line torn by a crash is dropped when
the file is opened again, and its case is simply run again.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from instances.errors import InputError

__all__ = ["RUNS", "Store", "case_key", "read_rows"]

RUNS = Path(__file__).parent / "runs"
"""Folder of the committed runs, from which the figures are drawn."""


def case_key(case: dict[str, Any]) -> str:
    """Identity of a case: a hash of its content, whatever the order of its keys."""
    text = json.dumps(case, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_rows(path: Path) -> list[dict[str, Any]]:
    """All whole rows of a file; none when it does not exist.

    Raises:
        InputError: a line other than the last is not JSON.
    """
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")
    rows = []
    for number, line in enumerate(lines[:-1], start=1):
        try:
            rows.append(json.loads(line))
        except ValueError as error:
            raise InputError(f"{path}, line {number}", "is not a row", str(error), "remove the line") from error
    return rows


class Store:
    """Append-only file of rows with their cases' keys."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self.known = {row["key"] for row in read_rows(path)}
        self._drop_torn_line()

    def _drop_torn_line(self) -> None:
        if self.path.exists():
            content = self.path.read_bytes()
            whole = content.rfind(b"\n") + 1
            if whole != len(content):
                with self.path.open("r+b") as file:
                    file.truncate(whole)

    def append(self, case: dict[str, Any], outcome: dict[str, Any]) -> None:
        """Write a row through to the disk.

        Raises:
            InputError: the case has a row already.
        """
        key = case_key(case)
        if key in self.known:
            raise InputError(str(self.path), f"has a row for case {key} already")
        line = json.dumps({"key": key, "case": case, **outcome}, sort_keys=True, allow_nan=False) + "\n"
        with self.path.open("ab") as file:
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())
        self.known.add(key)
