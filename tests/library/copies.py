"""Copies of a few entries of the library, to change at will."""

from __future__ import annotations

import shutil
from pathlib import Path

from instances.library.entries import HOME, entry, write_index
from instances.library.loading import instance_path
from instances.library.records import record_path

__all__ = ["copy_of"]


def copy_of(names: list[str], folder: Path, *, records: bool = True) -> Path:
    """A library of these names alone, with their files and, unless told otherwise, their records."""
    for part in ("files", "records"):
        (folder / part).mkdir(parents=True)
    found = [entry(name) for name in names]
    write_index(found, folder)
    for one in found:
        if one.stored:
            shutil.copy(instance_path(one, HOME), instance_path(one, folder))
        if records:
            shutil.copy(record_path(one, HOME), record_path(one, folder))
    return folder
