"""Saving and loading instances and results."""

from __future__ import annotations

import os
from typing import overload

from instances import files
from instances.instance import Instance
from solvers.result import Result
from solvers.result_file import result_from_json, result_to_json

__all__ = ["load", "save"]

Path = str | os.PathLike[str]


def save(thing: Instance | Result, path: Path) -> None:
    """Write an instance (``.json`` or ``.parquet``) or a result (``.json``), whole or not at all.

    Raises:
        InputError: an unknown suffix, or a place that cannot be written.
    """
    if isinstance(thing, Result):
        files.write_json(path, result_to_json(thing))
    else:
        files.save(thing, path)


@overload
def load(path: Path) -> Instance: ...
@overload
def load(path: Path, instance: Instance) -> Result: ...


def load(path: Path, instance: Instance | None = None) -> Instance | Result:
    """Read an instance; or, given the instance it belongs to, a result, which is recomputed on the way in.

    Raises:
        InputError: what is wrong with the file, where, why, and what would mend it.
    """
    if instance is None:
        return files.load(path)
    return result_from_json(instance, files.read_json(path))
