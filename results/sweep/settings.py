"""A sweep's file: instances × methods × seeds, with limits. TOML; every mistake is told with its place."""

from __future__ import annotations

import dataclasses
import os
import stat
import tomllib
from pathlib import Path
from typing import Any

from instances.errors import InputError, nearest
from instances.scalars import number, text, whole
from instances.storage import read_bytes
from results.sweep.sources import MOST_RUNS, Spec, read_instances, texts
from solvers.answer import Limits
from solvers.registry import METHODS

__all__ = ["GRACE_S", "MEMORY_GIB", "OPTIONS", "Runs", "Sweep", "read_sweep"]

MEMORY_GIB = 4.0
GRACE_S = 5.0
OPTIONS: dict[str, type] = {"certify": bool}
"""Options of a run beside its limits: `solvers.solve` takes them for every method."""

_MOST_S = 10.0**8
_LIMITS = ("time_s", "gap", "nodes", "rounds")
_SHARED = ("limits", "seeds", "wall_s", "grace_s", "memory_gib")
_TOP = ("name", "output", "jobs", "instances", "methods", *_SHARED)
_OF_METHOD = ("name", "options", *_SHARED)
_OPEN_END = "without an end one run could hold up the whole sweep"


@dataclasses.dataclass(frozen=True)
class Runs:
    """One method, and how it is run on every instance.

    Args:
        method: its name. options: of `OPTIONS`. limits: that it keeps itself. seeds: one run each.
        wall_s: s from start to end, upon which it is stopped. grace_s: s that it then has to hand over its best.
        memory_gib: of the run and its processes, GiB.
    """

    method: str
    options: dict[str, Any]
    limits: Limits
    seeds: tuple[int, ...]
    wall_s: float
    grace_s: float
    memory_gib: float


@dataclasses.dataclass(frozen=True)
class Sweep:
    """What a sweep's file says. ``folder``: where all that it makes goes. ``jobs``: runs at once, None: one a core."""

    name: str
    path: Path
    folder: Path
    instances: tuple[Spec, ...]
    runs: tuple[Runs, ...]
    jobs: int | None

    @property
    def rows(self) -> Path:
        """File of the rows."""
        return self.folder / "rows.jsonl"

    @property
    def lock(self) -> Path:
        """Held by the runner at work."""
        return self.folder / ".lock"


def read_sweep(path: Path) -> Sweep:
    """Read a sweep's file.

    Raises:
        InputError: what is wrong with it, where, and what would mend it.
    """
    table = _toml(path)
    try:
        return _sweep(table, Path(os.path.abspath(path)))
    except InputError as error:
        raise InputError(f"{path}, {error.where}", error.what, error.why, error.fix) from None


def _toml(path: Path) -> dict[str, Any]:
    content = read_bytes(path)
    try:
        table = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError(str(path), f"is not UTF-8 at byte {error.start}", error.reason, "save it as UTF-8") from None
    except (ValueError, RecursionError) as error:  # a ValueError of its own: a number of thousands of digits
        raise InputError(str(path), "is not TOML", str(error), "mend that place; see docs/sweep.md") from None
    _refuse_huge(table, str(path))
    return table


def _refuse_huge(table: dict[str, Any], path: str) -> None:
    """Refuse whole numbers that nothing here holds: Python does not even print the largest."""
    todo: list[tuple[Any, str]] = [(table, "")]
    while todo:
        value, where = todo.pop()
        if isinstance(value, dict):
            todo += [(inner, f"{where}.{key}" if where else key) for key, inner in value.items()]
        elif isinstance(value, list):
            todo += [(inner, f"{where}[{k}]") for k, inner in enumerate(value)]
        elif isinstance(value, int) and not isinstance(value, bool):
            whole(value, f"{path}, {where}")


def _sweep(table: dict[str, Any], path: Path) -> Sweep:
    _known(table, _TOP, "")
    name = text(table.get("name", path.stem), "name")
    if not name or not name.isprintable():
        raise InputError("name", f"is {name!r}", "it is shown in tables", "give a short text")
    folder = path.parent / text(table.get("output", path.stem), "output")
    _check_folder(folder)
    if os.path.abspath(folder) == str(path.parent):
        raise InputError("output", "is the folder of the sweep's file", "a sweep has a folder of its own", "name one")
    jobs = None if "jobs" not in table else _at_least(table["jobs"], "jobs", 1)
    specs = [spec for k, entry in enumerate(_tables(table, "instances"))
             for spec in read_instances(entry, f"instances[{k}]", path.parent)]  # fmt: skip
    runs = [run for k, entry in enumerate(_tables(table, "methods")) for run in _runs(entry, table, f"methods[{k}]")]
    total = len(specs) * sum(len(one.seeds) for one in runs)
    if total > MOST_RUNS:
        raise InputError("the file", f"asks for {total} runs", f"{MOST_RUNS} are the most", "make several sweeps of it")
    return Sweep(name, path, Path(os.path.abspath(folder)), tuple(specs), tuple(runs), jobs)


def _check_folder(folder: Path) -> None:
    if "\0" in str(folder):
        raise InputError("output", f"is {folder.name!r}", "no name has that character", "name a folder")
    try:
        there = stat.S_ISDIR(os.stat(folder).st_mode)
    except FileNotFoundError:
        return
    except OSError as error:
        raise InputError("output", f"'{str(folder)[:80]}' cannot be had", str(error.strerror)) from None
    if not there:
        raise InputError("output", f"'{folder}' is not a folder", "rows and plans go there", "name a folder")


def _tables(table: dict[str, Any], key: str) -> list[Any]:
    entries = table.get(key, [])
    if not isinstance(entries, list) or not entries:
        what = "is missing" if key not in table else "is not a list of tables"
        raise InputError(key, what, "a sweep is instances × methods × seeds", f"write [[{key}]]")
    return entries


def _runs(entry: Any, top: dict[str, Any], where: str) -> list[Runs]:
    """One for each name that the table lists; what it does not say is said at the top of the file."""
    if not isinstance(entry, dict):
        raise InputError(where, f"is {str(entry)[:40]!r}", "it is a table", "write [[methods]]")
    _known(entry, _OF_METHOD, where)
    if "name" not in entry:
        raise InputError(f"{where}.name", "is missing", "it says which method", 'write name = "branch"')
    names = texts(entry, "name", where)
    for name in names:
        if name not in METHODS:
            raise InputError(f"{where}.name", f"no method '{name}'", fix=nearest(name, METHODS))

    def given(key: str, otherwise: Any) -> tuple[Any, str]:
        if key in entry:
            return entry[key], f"{where}.{key}"
        return top.get(key, otherwise), key

    limits = _limits(entry, top, where)
    return [
        Runs(
            method=name,
            options=_options(entry, where),
            limits=limits,
            seeds=_seeds(*given("seeds", [0])),
            wall_s=_wall_s(*given("wall_s", None), limits),
            grace_s=_positive(*given("grace_s", GRACE_S), zero=True),
            memory_gib=_positive(*given("memory_gib", MEMORY_GIB)),
        )
        for name in names
    ]


def _limits(entry: dict[str, Any], top: dict[str, Any], where: str) -> Limits:
    values: dict[str, Any] = {}
    for table, place in ((top, ""), (entry, f"{where}.")):
        limits = table.get("limits", {})
        if not isinstance(limits, dict):
            raise InputError(f"{place}limits", f"is {limits!r}", "it is a table", "write limits = { time_s = 60 }")
        _known(limits, _LIMITS, f"{place}limits")
        values |= limits
        try:
            Limits(**values)
        except InputError as error:
            raise InputError(f"{place}{error.where}", error.what, error.why, error.fix) from None
    for name in ("time_s", "gap"):  # 60 and 60.0 are one limit, and one key
        if name in values:
            values[name] = float(values[name])
    return Limits(**values)


def _options(entry: dict[str, Any], where: str) -> dict[str, Any]:
    options = entry.get("options", {})
    if not isinstance(options, dict):
        raise InputError(f"{where}.options", f"is {options!r}", "it is a table", "write options = { certify = false }")
    _known(options, tuple(OPTIONS), f"{where}.options")
    for name, value in options.items():
        if not isinstance(value, OPTIONS[name]):
            raise InputError(f"{where}.options.{name}", f"is {value!r}", f"it is a {OPTIONS[name].__name__}")
    return dict(options)


def _seeds(value: Any, where: str) -> tuple[int, ...]:
    listed = value if isinstance(value, list) else [value]
    if not listed:
        raise InputError(where, "is an empty list", "nothing would be run", "give at least one seed")
    return tuple(dict.fromkeys(_at_least(seed, where, 0) for seed in listed))


def _wall_s(value: Any, where: str, limits: Limits) -> float:
    if value is None:
        if limits.time_s is None:
            raise InputError("wall_s", "is missing, and so is limits.time_s", _OPEN_END, "give one of them, in seconds")
        return 1.5 * limits.time_s + 30.0  # room to start, list options and recompute the certificate
    return _positive(value, where)


def _positive(value: Any, where: str, *, zero: bool = False) -> float:
    if not (0 <= number(value, where) <= _MOST_S) or (value == 0 and not zero):
        raise InputError(where, f"is {value}", "it is out of range", f"give a number above zero, up to {_MOST_S:g}")
    return float(value)


def _at_least(value: Any, where: str, least: int) -> int:
    if whole(value, where) < least:
        raise InputError(where, f"is {value}", "it is out of range", f"give {least} or more")
    return int(value)


def _known(table: dict[str, Any], known: tuple[str, ...], where: str) -> None:
    for name in table:
        if name not in known:
            place = f"{where}.{name}" if where else name
            raise InputError(place, "is not known here", fix=nearest(name, known))
