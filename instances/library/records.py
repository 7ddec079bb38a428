"""Records: the best plan known for an instance, what is proven about it, and who found either.

One file a name in ``records``. Up to `INLINE` users it is JSON::

    {"schema": "edgecut-library-record/1", "name": "campus-e-20x3-critical-u-1", "fingerprint": "…",
     "best": {"objective": 9.95, "by": {"method": "branch", "seed": 0, "edgecut": "0.1.0", "date": "2026-11-21"},
              "plan": {…}},
     "bound": {"value": 9.94, "word": "certificate", "by": {…}, "certificate": {…}},
     "note": ""}

``best`` null: no plan is known; ``bound`` null: nothing is; a bound's ``value`` null: there is no plan. ``word`` says
on whose word the bound is: the certificate's, which anybody can recompute, or the solver's. ``plan`` and
``certificate`` are those of result files. Above, it is Parquet with a row for each of the users u0, u1, … (``server``,
null on the device; ``cut``, null when turned away; shares; clock), and the rest as JSON in the column ``record``.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from instances.certificate import Certificate
from instances.certificate_file import certificate_from_json
from instances.errors import InputError
from instances.instance import Instance
from instances.json_text import check_fields, check_schema, read_json, write_json
from instances.library.entries import HOME, Entry, entry
from instances.library.record_table import read_table, write_table
from instances.library.system_plans import system_plan_from_json
from instances.plan_file import plan_from_json
from instances.scalars import number, refuse, text, whole

__all__ = ["CERTIFICATE", "INLINE", "SOLVER", "Record", "Signature", "best", "has_record", "record_path",
           "write_record"]  # fmt: skip

FAMILY, VERSION = "edgecut-library-record", 1
INLINE = 20
"""Users up to which a record is one JSON text."""
CERTIFICATE, SOLVER = "certificate", "solver"
WORDS = (CERTIFICATE, SOLVER)


@dataclasses.dataclass(frozen=True)
class Signature:
    """Who found something: method, its seed, version of edgecut, and the day (ISO 8601, UTC)."""

    method: str
    seed: int
    edgecut: str
    date: str


@dataclasses.dataclass(frozen=True, eq=False)
class Record:
    """What is known about one instance.

    Args:
        entry: of the index.
        objective: of the best plan, in the problem's unit; inf without one (−inf where more is better).
        plan_json, by: the plan as in its file, and who found it; None without one.
        bound: what no plan undercuts (exceeds, where more is better); ±inf: nothing is known, or there is no plan.
        word: whose word the bound is, certificate or solver; empty without one.
        certificate_json, bound_by: behind the bound, and who found it.
        note: in words.
    """

    entry: Entry
    objective: float = math.inf
    plan_json: Mapping[str, Any] | None = None
    by: Signature | None = None
    bound: float = -math.inf
    word: str = ""
    certificate_json: Mapping[str, Any] | None = None
    bound_by: Signature | None = None
    note: str = ""

    @property
    def infeasible(self) -> bool:
        """Whether it is said that there is no plan."""
        return self.by is None and self.word != "" and math.isinf(self.bound)

    @property
    def gap(self) -> float:
        """|objective − bound|/|objective|; inf when either is missing."""
        if not (math.isfinite(self.objective) and math.isfinite(self.bound)):
            return math.inf
        apart = abs(self.objective - self.bound)
        return 0.0 if apart <= 1e-12 * max(1.0, abs(self.objective)) else apart / max(abs(self.objective), 1e-300)

    def plan(self, problem: Any) -> Any:
        """The plan, for the instance that `load` gives; None without one.

        Raises:
            InputError: what the file holds is no plan of it.
        """
        if self.plan_json is None:
            return None
        if not self.entry.is_joint:
            return system_plan_from_json(self.entry.system, problem, self.plan_json)
        return plan_from_json(problem, self.plan_json)

    def certificate(self, instance: Instance) -> Certificate | None:
        """The certificate; None without one.  Raises InputError when the file holds none of this instance."""
        return None if self.certificate_json is None else certificate_from_json(instance, self.certificate_json)


def record_path(one: Entry, folder: Path = HOME) -> Path:
    """Where an entry's record lies."""
    suffix = "json" if one.users <= INLINE or not one.is_joint else "parquet"
    return folder / "records" / f"{one.name}.{suffix}"


def has_record(name: str, *, folder: Path = HOME) -> bool:
    """Whether anything is known about a name."""
    return record_path(entry(name, folder), folder).exists()


def best(name: str, *, folder: Path = HOME) -> Record:
    """The record of a name; an empty one when nothing is known yet.

    Raises:
        InputError: no such name, or its file is broken or of another instance.
    """
    one = entry(name, folder)
    path = record_path(one, folder)
    if not path.exists():
        return Record(one)
    data = read_json(path) if path.suffix == ".json" else read_table(path)
    try:
        return _record(one, data)
    except InputError as error:
        raise InputError(f"{path}, {error.where}", error.what, error.why, error.fix) from None


def write_record(record: Record, folder: Path) -> None:
    """Write a record whole or not at all.

    Raises:
        InputError: the folder cannot be written.
    """
    path = record_path(record.entry, folder)
    data = _to_json(record)
    if path.suffix == ".json":
        write_json(path, data)
    else:
        write_table(path, data)


def _to_json(record: Record) -> dict[str, Any]:
    best_part = bound_part = None
    if record.by is not None:
        best_part = {"objective": record.objective, "by": dataclasses.asdict(record.by), "plan": record.plan_json}
    if record.bound_by is not None:
        value = record.bound if math.isfinite(record.bound) else None
        bound_part = {"value": value, "word": record.word, "by": dataclasses.asdict(record.bound_by),
                      "certificate": record.certificate_json}  # fmt: skip
    return {"schema": f"{FAMILY}/{VERSION}", "name": record.entry.name, "fingerprint": record.entry.fingerprint,
            "best": best_part, "bound": bound_part, "note": record.note}  # fmt: skip


_FIELDS = dict.fromkeys(("schema", "name", "fingerprint", "best", "bound", "note"), True)


def _record(one: Entry, data: Mapping[str, Any]) -> Record:
    check_fields(data, _FIELDS, "")
    check_schema(data, FAMILY, VERSION)
    if (data["name"], data["fingerprint"]) != (one.name, one.fingerprint):
        refuse("fingerprint", "is not that of the instance", f"the record is of '{data['name']}'", "get it again")
    found: dict[str, Any] = {"entry": one, "note": text(data["note"], "note")}
    if data["best"] is not None:
        check_fields(data["best"], {"objective": True, "by": True, "plan": True}, "best")
        found |= {"objective": number(data["best"]["objective"], "best.objective"),
                  "plan_json": data["best"]["plan"], "by": _signature(data["best"]["by"], "best.by")}  # fmt: skip
    if data["bound"] is not None:
        part = data["bound"]
        check_fields(part, {"value": True, "word": True, "by": True, "certificate": True}, "bound")
        if part["word"] not in WORDS:
            refuse("bound.word", f"is {part['word']!r}", "", " or ".join(WORDS))
        if (part["word"] == CERTIFICATE) != (part["certificate"] is not None):
            refuse("bound.certificate", "does not go with the word", "a certificate is there when it is its word")
        value = math.inf if part["value"] is None else number(part["value"], "bound.value")
        found |= {"bound": value, "word": part["word"], "certificate_json": part["certificate"],
                  "bound_by": _signature(part["by"], "bound.by")}  # fmt: skip
    return Record(**found)


def _signature(data: Any, where: str) -> Signature:
    check_fields(data, dict.fromkeys(("method", "seed", "edgecut", "date"), True), where)
    texts = {name: text(data[name], f"{where}.{name}") for name in ("method", "edgecut", "date")}
    return Signature(seed=whole(data["seed"], f"{where}.seed"), **texts)
