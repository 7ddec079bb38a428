"""Saving and loading instances and results."""

from __future__ import annotations

import os
from typing import overload

from instances import files
from instances.errors import InputError
from instances.instance import Instance
from instances.library.loading import load_instance
from instances.storage import check_writable
from solvers.result import Result
from solvers.result_file import result_from_json, result_to_json

__all__ = ["check_result_path", "load", "of_file", "save"]

Path = str | os.PathLike[str]
LIBRARY = "library:"
"""What stands before a name of the library where a file is asked for."""


def save(thing: Instance | Result, path: Path) -> None:
    """Write an instance (``.json`` or ``.parquet``) or a result (``.json``), whole or not at all.

    Raises:
        InputError: an unknown suffix, or a place that cannot be written.
    """
    if isinstance(thing, Result):
        check_result_path(path)
        files.write_json(path, result_to_json(thing))
    else:
        files.save(thing, path)


@overload
def load(path: Path) -> Instance: ...
@overload
def load(path: Path, instance: Instance) -> Result: ...


def load(path: Path, instance: Instance | None = None) -> Instance | Result:
    """Read an instance; or, given the instance it belongs to, a result, which is recomputed on the way in.

    ``library:NAME`` is the instance of that name in the library.

    Raises:
        InputError: what is wrong with the file, where, why, and what would mend it.
    """
    if instance is None:
        name = os.fspath(path)
        return load_instance(name.removeprefix(LIBRARY)) if name.startswith(LIBRARY) else files.load(path)
    try:
        return result_from_json(instance, files.read_json(path))
    except InputError as error:
        raise of_file(path, error) from None


def check_result_path(path: Path) -> None:
    """Find out before solving that a result cannot be written there.

    Raises:
        InputError: another suffix than .json, a missing or read-only folder, something that is not a plain file.
    """
    if os.path.splitext(path)[1].lower() != ".json":
        raise InputError(str(path), "does not end in .json", "results are JSON", "name it .json")
    check_writable(path)


def of_file(path: Path, error: InputError) -> InputError:
    """The error with the file's name before the place in it."""
    where = error.where if error.where.startswith(str(path)) else f"{path}, {error.where}"
    return InputError(where, error.what, error.why, error.fix)
