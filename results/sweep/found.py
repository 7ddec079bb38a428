"""The instances of a sweep: made once, known by fingerprint, lying in files that runs and `edgecut verify` read."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from pathlib import Path

from instances import files
from instances.errors import InputError
from instances.instance import Instance
from results.store import Store, case_key, latest, make_folder
from results.sweep.rows import read_index
from results.sweep.settings import Sweep
from results.sweep.sources import Spec, load_spec, stamp

__all__ = ["Found", "find_all", "known_instances"]

_BINARY = 2000
"""Users from which on an instance is kept as Parquet: JSON of so many is slow to read."""


@dataclasses.dataclass(frozen=True)
class Found:
    """One instance: its specification, what it is called and how it is recognised, and its file."""

    spec: Spec
    name: str
    fingerprint: str
    path: Path


def known_instances(sweep: Sweep) -> list[Found | None]:
    """For each specification the instance that the folder knows of, or None: nothing was run on it yet."""
    index = latest(read_index(_index(sweep)))
    return [_of_row(sweep, spec, index.get(_key(spec))) for spec in sweep.instances]


def find_all(sweep: Sweep, code: str, tell: Callable[[str], None]) -> list[Found]:
    """All instances, made where the folder does not have them; ``code``: hash of the code that makes them.

    Raises:
        InputError: one cannot be read, drawn or written.
    """
    store = Store(_index(sweep))
    index = latest(read_index(_index(sweep)))
    found = []
    for number, spec in enumerate(sweep.instances, start=1):
        row = index.get(_key(spec))
        old = _of_row(sweep, spec, row)
        if row is not None and old is not None and row["code"] == code and old.path.exists():
            found.append(old)
            continue
        tell(f"instance {number} of {len(sweep.instances)}: {described(spec)}")
        new = _make(sweep, spec)
        store.append(stamp(spec), {"name": new.name, "fingerprint": new.fingerprint, "code": code},
                     attempt=store.attempts.get(_key(spec), 0) + 1)  # fmt: skip
        found.append(new)
    return found


def described(spec: Spec) -> str:
    """A specification in a few words."""
    return ", ".join(f"{name} {value}" for name, value in spec.items() if name != "source")


def _index(sweep: Sweep) -> Path:
    return sweep.folder / "instances" / "index.jsonl"


def _key(spec: Spec) -> str:
    return case_key(stamp(spec))


def _of_row(sweep: Sweep, spec: Spec, row: dict[str, str] | None) -> Found | None:
    if row is None:
        return None
    return Found(spec, row["name"], row["fingerprint"], _place(sweep, spec, row["fingerprint"]))


def _place(sweep: Sweep, spec: Spec, fingerprint: str) -> Path:
    """File of an instance: its own, or one in the sweep's folder, of whichever form is there."""
    if spec["source"] == "files":
        return Path(spec["file"])
    small, large = (sweep.folder / "instances" / f"{fingerprint[:16]}{suffix}" for suffix in files.SUFFIXES)
    return large if large.exists() else small


def _make(sweep: Sweep, spec: Spec) -> Found:
    instance = _load(spec)
    path = _place(sweep, spec, instance.fingerprint)
    if not path.exists():
        make_folder(path.parent)
        path = path.with_suffix(files.SUFFIXES[instance.n_users >= _BINARY])
        files.save(instance, path)
    return Found(spec, instance.name, instance.fingerprint, path)


def _load(spec: Spec) -> Instance:
    try:
        return load_spec(spec)
    except InputError as error:
        raise InputError(f"instance ({described(spec)}), {error.where}", error.what, error.why, error.fix) from None


def unique(found: Iterable[Found]) -> list[Found]:
    """Each instance once, whatever it was called."""
    return list({instance.fingerprint: instance for instance in reversed(list(found))}.values())[::-1]
