"""The index of the library: one entry a name, read from index.json."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from instances.errors import InputError, nearest
from instances.json_text import check_fields, check_list, check_schema, read_json
from instances.library.naming import parse_name
from instances.scalars import refuse, text, whole

__all__ = ["HOME", "JOINT", "STORED", "Entry", "entries", "entry", "names", "write_index"]

HOME = Path(__file__).resolve().parent
"""Where the library of this package lies."""
FAMILY, VERSION = "edgecut-library", 1
JOINT = "joint"
"""The joint problem; other words are systems with models of their own."""
STORED = ("json", "parquet", "")


@dataclasses.dataclass(frozen=True)
class Entry:
    """What a name stands for.

    Args:
        name: see `instances.library.naming`.
        system: ``joint``, or a system of `instances.library.systems`.
        problem: J-E, …; for systems what they optimise, in words.
        allocation: continuous or units; empty for systems.
        generator, options, seed: how it was drawn; features of the name are applied to that.
        users, servers: how many.
        level: of load; empty for systems.
        tags: words to select by.
        stored: suffix of its file in ``files``; empty: it is drawn whenever it is asked for.
        fingerprint: SHA-256 of the content, whichever way it comes.
    """

    name: str
    system: str
    problem: str
    allocation: str
    generator: str
    options: Mapping[str, Any]
    seed: int
    users: int
    servers: int
    level: str
    tags: tuple[str, ...]
    stored: str
    fingerprint: str

    @property
    def is_joint(self) -> bool:
        """Whether it is an instance of the joint problem."""
        return self.system == JOINT

    def to_json(self) -> dict[str, Any]:
        """As plain values, in the order of the fields."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return fields | {"options": dict(self.options), "tags": list(self.tags)}


_FIELDS = {field.name: True for field in dataclasses.fields(Entry)}
_TEXTS = ("name", "system", "problem", "allocation", "generator", "level", "stored", "fingerprint")


def write_index(found: list[Entry], folder: Path) -> None:
    """Write the index, an entry a line."""
    from instances.json_text import write_json

    write_json(folder / "index.json", {"schema": f"{FAMILY}/{VERSION}", "entries": [e.to_json() for e in found]})


def entries(folder: Path = HOME) -> dict[str, Entry]:
    """All entries by name, in the order of the index.

    Raises:
        InputError: the index is missing or broken, or gives a name twice.
    """
    path = folder / "index.json"
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        changed = 0  # reading it says what is wrong
    return dict(_read(path, changed))


def entry(name: str, folder: Path = HOME) -> Entry:
    """The entry of a name.

    Raises:
        InputError: there is none; names the nearest.
    """
    known = entries(folder)
    if name not in known:
        raise InputError("library", f"has no '{name}'", fix=nearest(name, known))
    return known[name]


def names(
    *,
    problem: str | None = None,
    allocation: str | None = None,
    system: str | None = None,
    generator: str | None = None,
    level: str | None = None,
    tag: str | None = None,
    users: int | None = None,
    most_users: int | None = None,
    folder: Path = HOME,
) -> tuple[str, ...]:
    """Names of the entries of which all that is given holds; ``most_users`` is an upper limit.

    Raises:
        InputError: a word that no entry has, with the nearest one that some have.
    """
    found = list(entries(folder).values())
    asked = {"problem": problem, "allocation": allocation, "system": system, "generator": generator, "level": level}
    for field, wanted in asked.items():
        if wanted is not None:
            _known(field, wanted, {getattr(e, field) for e in found} - {""})
    if tag is not None:
        _known("tag", tag, {word for e in found for word in e.tags})
    return tuple(
        e.name for e in found
        if all(wanted is None or getattr(e, field) == wanted for field, wanted in asked.items())
        and (tag is None or tag in e.tags)
        and (users is None or e.users == users)
        and (most_users is None or e.users <= most_users)
    )  # fmt: skip


def _known(where: str, wanted: str, words: set[str]) -> None:
    if wanted not in words:
        raise InputError(where, f"no entry has '{wanted}'", fix=nearest(wanted, words))


@functools.lru_cache(maxsize=8)
def _read(path: Path, changed: int) -> dict[str, Entry]:
    """The index; read again when the file has changed."""
    data = read_json(path)
    check_fields(data, {"schema": True, "entries": True}, "")
    check_schema(data, FAMILY, VERSION)
    found: dict[str, Entry] = {}
    for k, row in enumerate(check_list(data["entries"], "entries")):
        where = f"entries[{k}]"
        one = _entry(row, where)
        if one.name in found:
            refuse(f"{where}.name", f"repeats '{one.name}'", "a name stands for one instance", "keep one of them")
        found[one.name] = one
    return found


def _entry(row: Any, where: str) -> Entry:
    check_fields(row, _FIELDS, where)
    for field in _TEXTS:
        text(row[field], f"{where}.{field}")
    for field in ("seed", "users", "servers"):
        whole(row[field], f"{where}.{field}")
    if not isinstance(row["options"], Mapping):
        refuse(f"{where}.options", "is no object", "options have names", 'write {"load": 1.0}')
    if row["stored"] not in STORED:
        refuse(f"{where}.stored", f"is '{row['stored']}'", "", "json, parquet or nothing")
    said = parse_name(row["name"])
    agrees = (said.family, said.users, said.servers, said.seed, said.rule, said.level)
    if agrees != tuple(row[field] for field in ("generator", "users", "servers", "seed", "allocation", "level")):
        refuse(where, f"is not what '{row['name']}' says", "a name describes its instance", "mend the index")
    tags = tuple(text(word, f"{where}.tags[{t}]") for t, word in enumerate(check_list(row["tags"], f"{where}.tags")))
    return Entry(**{**row, "options": dict(row["options"]), "tags": tags})
