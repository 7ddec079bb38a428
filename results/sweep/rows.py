"""Rows and list of instances of a sweep, as they lie on the disk: what others rely on is checked here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from instances.json_text import check_object
from instances.scalars import number, refuse, text
from results.store import read_rows

__all__ = ["read_index", "read_sweep_rows"]

_FIX = "remove the line: its run is then done again"


def read_sweep_rows(path: Path) -> list[dict[str, Any]]:
    """All rows of a sweep's runs.

    Raises:
        InputError: a line is no such row: which, and why.
    """
    rows = read_rows(path)
    for line, row in enumerate(rows, start=1):
        where = f"{path}, row {line}: "
        _require(row, ("case", "status", "wall_s"), where)
        case = check_object(row["case"], ("method", "wall_s"), f"{where}case")
        _require(case, ("method", "wall_s"), f"{where}case.")
        text(case["method"], f"{where}case.method")
        number(case["wall_s"], f"{where}case.wall_s")
        text(row["status"], f"{where}status")
        if row["wall_s"] is not None:
            number(row["wall_s"], f"{where}wall_s")
        _check_versions(row.get("versions", {}), f"{where}versions")
    return rows


def read_index(path: Path) -> list[dict[str, Any]]:
    """All rows of a sweep's list of instances.

    Raises:
        InputError: as `read_sweep_rows`.
    """
    rows = read_rows(path)
    for line, row in enumerate(rows, start=1):
        where = f"{path}, row {line}: "
        names = ("name", "fingerprint", "code")
        _require(row, names, where)
        for name in names:
            text(row[name], where + name)
        if not row["fingerprint"].isalnum():  # it names a file
            refuse(f"{where}fingerprint", f"is {row['fingerprint'][:40]!r}", "it is letters and digits", _FIX)
    return rows


def _require(row: Any, names: tuple[str, ...], where: str) -> None:
    for name in names:
        if name not in row:
            refuse(where + name, "is missing", "every row has it", _FIX)


def _check_versions(versions: Any, where: str) -> None:
    for name, version in check_object(versions, ("numpy",), where).items():
        text(version, f"{where}.{name}")
