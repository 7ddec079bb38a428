"""Kinds of files of the instance library: its index, and its records in both forms."""

from __future__ import annotations

import functools
import shutil
from pathlib import Path

from instances.instance import Instance
from instances.library import HOME
from instances.library.audit import check
from instances.library.entries import Entry, entries, names, write_index
from instances.library.loading import draw, load_instance
from instances.library.records import best, record_path
from instances.library.rules import measure
from results.trust.fuzz.broken import JSON
from results.trust.fuzz.kinds import FileKind, file_kind, written
from results.trust.fuzz.tables import PARQUET

__all__: list[str] = []

_PLAIN, _SYSTEM, _TABLE = "campus-e-5x2-light-c-1", "iao-5x1-1", "campus-e-40x3-light-u-1"
_LARGEST = 20
"""Users and servers up to which an entry of the index is drawn: that larger ones take more is no fault."""


@functools.cache
def _entries() -> tuple[Entry, ...]:
    known = entries(HOME)
    return known[_PLAIN], known[_SYSTEM], known[_TABLE]


def _folder() -> Path:
    """A library of three names in an empty folder, where files are read."""
    folder = Path("library").absolute()
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("files", "records"):
        (folder / name).mkdir(parents=True)
    write_index(list(_entries()), folder)
    for one in _entries():
        shutil.copy(record_path(one), record_path(one, folder))
        if one.stored:
            shutil.copy(HOME / "files" / f"{one.name}.{one.stored}", folder / "files")
    return folder


def _use_record(path: Path, name: str) -> None:
    check(name, folder=_with_record(path, name))


def _with_record(path: Path, name: str) -> Path:
    folder = _folder()
    shutil.copy(path, record_path(entries(folder)[name], folder))
    return folder


@functools.cache
def _problem(name: str) -> Instance:
    return load_instance(name)


def _use_table(path: Path) -> None:
    """The plan alone: to recompute a certificate of many users takes long, and its reader is that of the JSON form."""
    record, problem = best(_TABLE, folder=_with_record(path, _TABLE)), _problem(_TABLE)
    plan = record.plan(problem)
    if plan is not None:
        measure(record, problem, plan)
    record.certificate(problem)


def _use_index(path: Path) -> None:
    folder = _folder()
    shutil.copy(path, folder / "index.json")
    for name in names(folder=folder):
        one = entries(folder)[name]
        if max(one.users, one.servers) <= _LARGEST:
            draw(one)


def _index() -> list[bytes]:
    return [written(_write_index, ".json")]


def _write_index(path: Path) -> None:
    write_index(list(_entries()), path.parent)
    (path.parent / "index.json").rename(path)


def _record(k: int) -> bytes:
    return record_path(_entries()[k]).read_bytes()


for _kind in (
    FileKind("index of a library", ".json", _index, _use_index, JSON),
    FileKind("record, JSON", ".json", lambda: [_record(0)], lambda path: _use_record(path, _PLAIN), JSON),
    FileKind("record of a system", ".json", lambda: [_record(1)], lambda path: _use_record(path, _SYSTEM), JSON),
    FileKind("record, Parquet", ".parquet", lambda: [_record(2)], _use_table, PARQUET),
):
    file_kind(_kind)
