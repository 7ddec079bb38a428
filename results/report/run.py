"""A run as it lies on the disk: a file of rows, or the folder of a sweep."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from instances.errors import InputError
from instances.storage import read_bytes

__all__ = ["Row", "Run", "read_run"]

Row = dict[str, Any]

ROWS = "rows.jsonl"
"""File of a sweep's rows in its folder."""


@dataclass(frozen=True)
class Run:
    """Rows of a run.

    Args:
        name: what it is called. path: as it was given. rows: the last of each key, in the order of the file.
        digest: of the file's content, so that a page can be told to belong to it.
        replaced: rows that a later one with the same key replaces. unreadable: lines that are no rows.
        sweep_path, sweep_text: the sweep's file, where there is one.
    """

    name: str
    path: Path
    rows: tuple[Row, ...]
    digest: str
    replaced: int = 0
    unreadable: int = 0
    sweep_path: Path | None = None
    sweep_text: str | None = None


def read_run(path: Path) -> Run:
    """Read a run; lines that cannot be read (the last may be torn) are counted, not hidden.

    Raises:
        InputError: there is no such file, or no row in it.
    """
    file = path / ROWS if path.is_dir() else path
    if path.is_dir() and not file.exists():
        raise InputError(str(path), f"has no {ROWS}", "a folder is read as that of a sweep", "give a file of rows")
    content = read_bytes(file)
    rows, unreadable = [], 0
    for line in filter(bytes.strip, content.split(b"\n")):
        row = _row(line)
        if row is None:
            unreadable += 1
        else:
            rows.append(row)
    if not rows:
        raise InputError(
            str(file), "has no rows", "a row is a line of JSON with a case", "give a file of rows (.jsonl)"
        )
    kept = _latest(rows)
    sweep = _sweep_file(path, file)
    name = path.resolve().name if path.is_dir() else file.stem if file.name != ROWS else file.resolve().parent.name
    return Run(name, path, tuple(kept), hashlib.sha256(content).hexdigest(), len(rows) - len(kept), unreadable, sweep,
               None if sweep is None else sweep.read_text(errors="replace"))  # fmt: skip


def _row(line: bytes) -> Row | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) and isinstance(row.get("case"), dict) else None


def _latest(rows: list[Row]) -> list[Row]:
    """The last row of each key; rows without a key stand for themselves."""
    place = {str(row.get("key", f"row {number}")): number for number, row in enumerate(rows)}
    return [rows[number] for number in sorted(place.values())]


def _sweep_file(path: Path, file: Path) -> Path | None:
    """The file of a sweep: in its folder, or beside that under the same name."""
    if file.name != ROWS:
        return None
    folder = file.resolve().parent
    for candidate in (folder / "sweep.toml", folder.with_suffix(".toml"), *sorted(folder.glob("*.toml"))):
        if candidate.is_file():
            return candidate
    return None
