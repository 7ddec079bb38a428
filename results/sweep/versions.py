"""What code made a row: versions of packages, and a hash of the code of our own folders."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

from instances.errors import InputError
from solvers.result_file import versions

__all__ = ["code_versions", "differences", "require_same"]

_PACKAGES = ("pyomo", "cvxpy", "clarabel")
"""Those that answers come through, beside those that every result names."""
_FOLDERS = ("instances", "formulations", "solvers", "results/sweep")
_DATA = (".json",)
_NOT_CODE = "instances/library/"
"""Instances are told apart by their fingerprints; more of them are no other code."""


def code_versions() -> dict[str, str]:
    """Name → version, of packages; and of each of our folders a hash of its code and the data that code reads."""
    root = Path(__file__).resolve().parents[2]
    found = versions()
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "none"
    return {**found, **{f"code of {folder}": _hash(root, folder) for folder in _FOLDERS}}


def _hash(root: Path, folder: str) -> str:
    digest = hashlib.sha256()
    for path in sorted((root / folder).rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.suffix == ".py" or (path.suffix in _DATA and not name.startswith(_NOT_CODE)):
            content = path.read_bytes()
            digest.update(f"{name}:{len(content)}:".encode())
            digest.update(content)
    return digest.hexdigest()[:12]


def differences(one: dict[str, str], other: dict[str, str]) -> list[str]:
    """What differs between two versions of the code, in words."""
    names = sorted(set(one) | set(other))
    return [f"{name} {one.get(name, 'none')}, now {other.get(name, 'none')}" for name in names
            if one.get(name) != other.get(name)]  # fmt: skip


def require_same(rows: Iterable[dict[str, Any]], ours: dict[str, str], where: Path) -> None:
    """Refuse to add rows of this code to rows of another.

    Raises:
        InputError: which package or folder differs, and how.
    """
    for row in rows:
        found = differences(row.get("versions", {}), ours)
        if found:
            raise InputError(
                str(where),
                f"holds rows of other code ({'; '.join(found)})",
                "rows of different code are not one experiment",
                "take another output folder, go back to that code, or allow it with --mix-versions",
            )
