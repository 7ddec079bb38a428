"""Where the instances of a sweep come from: one registered source for each way to name them.

A source turns a table ``[[instances]]`` into plain specifications, one an instance, and a specification into the
instance. Another source is one more function with `@source`.
"""

from __future__ import annotations

import dataclasses
import glob
import importlib
import itertools
import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from instances import files
from instances.errors import InputError, nearest
from instances.generate import GENERATORS, generate
from instances.instance import Instance
from instances.registry import Registry

__all__ = ["MOST_RUNS", "SOURCES", "Source", "load_spec", "read_instances", "stamp"]

Spec = dict[str, Any]
Table = dict[str, Any]


MOST_RUNS = 200_000
"""Runs of one sweep, each a process: they are listed before the first begins."""


@dataclasses.dataclass(frozen=True)
class Source:
    """One way to name instances.

    Args:
        name: the key of the table that says so.
        read: specifications of a table; ``(table, where, base)``, ``base`` being the folder that paths start from.
        load: the instance of a specification.
    """

    name: str
    read: Callable[[Table, str, Path], Iterator[Spec]]
    load: Callable[[Spec], Instance]


SOURCES = Registry[Source]("source of instances")


def source(name: str, load: Callable[[Spec], Instance]) -> Callable[[Any], Any]:
    """Decorator: register what reads the tables that have the key ``name``."""

    def register(read: Callable[[Table, str, Path], Iterator[Spec]]) -> Any:
        SOURCES.add(name, Source(name, read, load))
        return read

    return register


def read_instances(table: Any, where: str, base: Path) -> list[Spec]:
    """Specifications of one table ``[[instances]]``.

    Raises:
        InputError: what is wrong in it.
    """
    if not isinstance(table, dict):
        raise InputError(where, f"is {str(table)[:40]!r}", "it is a table", "write [[instances]]")
    named = [name for name in SOURCES if name in table]
    if len(named) != 1:
        known, found = ", ".join(SOURCES), " and ".join(named) or f"none, but {', '.join(map(str, table)) or 'nothing'}"
        raise InputError(where, f"names {found}", f"instances come from one of {known}", "give exactly one of them")
    return [{"source": named[0], **spec} for spec in SOURCES[named[0]].read(table, where, base)]


def load_spec(spec: Spec) -> Instance:
    """The instance of a specification."""
    return SOURCES[spec["source"]].load(spec)


def stamp(spec: Spec) -> Spec:
    """The specification with what tells whether its file is still the same; others as they are."""
    if spec["source"] != "files":
        return spec
    try:
        state = os.stat(spec["file"])
    except OSError as error:
        raise InputError(spec["file"], "cannot be read", str(error), "check the path") from error
    return {**spec, "bytes": state.st_size, "changed_ns": state.st_mtime_ns}


def texts(table: Table, key: str, where: str) -> list[str]:
    """The text, or list of texts, under a key."""
    value = table[key]
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not listed or not all(isinstance(item, str) and item for item in listed):
        raise InputError(
            f"{where}.{key}", f"is {str(value)[:60]!r}", "text is needed", "give a text or a list of texts"
        )
    return listed


def _no_more(table: Table, key: str, where: str) -> None:
    for name in table:
        if name != key:
            raise InputError(f"{where}.{name}", f"does not go with '{key}'", fix=f"'{key}' stands alone in its table")


@source("files", lambda spec: files.load(spec["file"]))
def _files(table: Table, where: str, base: Path) -> Iterator[Spec]:
    _no_more(table, "files", where)
    for pattern in texts(table, "files", where):
        if "\0" in pattern:
            raise InputError(f"{where}.files", f"is {pattern!r}", "no name has that character", "check the path")
        found = sorted(glob.glob(os.path.join(base, pattern), recursive=True))
        found = [path for path in found if os.path.splitext(path)[1].lower() in files.SUFFIXES]
        if not found:
            raise InputError(f"{where}.files", f"no instance file fits '{pattern}'", f"it starts from '{base}'",
                             "check the path; instance files end in .json or .parquet")  # fmt: skip
        yield from ({"file": os.path.abspath(path)} for path in found)


def _generated(spec: Spec) -> Instance:
    given = {name: value for name, value in spec.items() if name not in ("source", "generator")}
    return generate(spec["generator"], **given)


@source("generator", _generated)
def _generator(table: Table, where: str, base: Path) -> Iterator[Spec]:
    """Every combination of the values; a list is several values, of ``networks`` and ``devices`` a list of lists is."""
    kinds = texts(table, "generator", where)
    for kind in kinds:
        if kind not in GENERATORS:
            raise InputError(f"{where}.generator", f"'{kind}' is not known", fix=nearest(kind, GENERATORS))
    for name in ("users", "servers"):
        if name not in table:
            raise InputError(f"{where}.{name}", "is missing", "a generator draws so many", "give a number or a list")
    choices = {"seed": [0]} | {
        name: _values(name, value, where) for name, value in table.items() if name != "generator"
    }
    for kind in kinds:
        known = {field.name: field for field in dataclasses.fields(GENERATORS[kind].settings)}
        for name, values in choices.items():
            if name in ("users", "servers", "seed"):
                for value in values:
                    _whole(value, f"{where}.{name}", 0 if name == "seed" else 1)
            elif name not in known:
                near = nearest(name, [*known, "users", "servers", "seed"])
                raise InputError(f"{where}.{name}", f"is not an option of '{kind}'", fix=near)
            else:
                for value in values:
                    GENERATORS[kind].settings.read({name: value}, where)
        if math.prod(map(len, choices.values())) > MOST_RUNS:
            raise InputError(
                where, "is more instances than one sweep has", f"{MOST_RUNS} are the most", "give fewer values"
            )
        for chosen in itertools.product(*choices.values()):
            yield {"generator": kind, **dict(zip(choices, chosen, strict=True))}


def _values(name: str, value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        return [value]
    if not value:
        raise InputError(f"{where}.{name}", "is an empty list", "nothing would be run", "give at least one value")
    if name in ("networks", "devices") and all(isinstance(item, str) for item in value):
        return [value]
    return value


def _whole(value: Any, where: str, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InputError(where, f"is {value!r}", "a whole number is needed", f"give {least} or more, or a list of them")


def _from_library(spec: Spec) -> Instance:
    instance: Instance = _library("library").load(spec["library"])
    return instance


@source("library", _from_library)
def _library_names(table: Table, where: str, base: Path) -> Iterator[Spec]:
    _no_more(table, "library", where)
    _library(f"{where}.library")
    yield from ({"library": name} for name in texts(table, "library", where))


def _library(where: str) -> Any:
    try:
        return importlib.import_module("instances.library")
    except ModuleNotFoundError as error:
        raise InputError(where, "there is no instance library in this version", str(error),
                         "give files, or a generator") from error  # fmt: skip
