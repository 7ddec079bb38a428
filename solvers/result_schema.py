"""The shape of a result document: every field, its type and its range, before anything is made of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from instances.errors import InputError, nearest
from instances.scalars import number, refuse, text, whole
from solvers.answer import Limits, Stop
from solvers.registry import METHODS
from solvers.result import Verdict

__all__ = ["SCHEMA", "check_document"]

SCHEMA = "edgecut-result/2"
BEFORE = "edgecut-result/1"
"""Without certificates; still read."""


def check_document(document: dict[str, Any]) -> dict[str, Any]:
    """Check the shape of a result document and return it in the present schema.

    What is in ``plan`` and ``certificate`` is checked by `plan_from_json` and `certificate_from_json`.

    Raises:
        InputError: the field, what is wrong with it and what would be right.
    """
    if "schema" not in document:
        raise InputError("schema", "is missing", "this is not a result file", f"its schema must be '{SCHEMA}'")
    if document["schema"] == BEFORE:
        new = sorted(set(_NEW) & set(document))
        if new or document.get("verdict") == Verdict.CERTIFIED.value:
            raise InputError(new[0] if new else "verdict", f"is of '{SCHEMA}', the schema says '{BEFORE}'")
        document = {**document, **_NEW, "schema": SCHEMA}
    if document["schema"] != SCHEMA:
        raise InputError("schema", f"is {document['schema']!r}", f"this version reads '{SCHEMA}'")
    for name in [*_FIELDS, *document]:
        if name not in document:
            raise InputError(name, "is missing", "the file is not complete")
        if name not in _FIELDS and name != "schema":
            raise InputError(name, "is not a field of a result", fix=nearest(name, _FIELDS))
    for name, check in _FIELDS.items():
        check(document[name], name)
    return document


def _finite(value: Any, where: str) -> None:
    if not math.isfinite(number(value, where)):
        refuse(where, f"is {value}", "a finite number is needed")


def _finite_or_null(value: Any, where: str) -> None:
    if value is not None:
        _finite(value, where)


def _not_negative(value: Any, where: str) -> None:
    _finite(value, where)
    if value < 0:
        refuse(where, f"is {value}", "it cannot be negative")


def _record(value: Any, where: str, fields: tuple[str, ...] | None = None) -> dict[str, Any]:
    if not isinstance(value, dict) or (fields is not None and set(value) != set(fields)):
        refuse(where, f"is {str(value)[:60]}", "it holds " + (", ".join(fields) if fields else "names and values"))
    return dict(value)


def _limits(value: Any, where: str) -> None:
    Limits(**_record(value, where, ("time_s", "gap", "nodes", "rounds")))


def _instance(value: Any, where: str) -> None:
    for name, entry in _record(value, where, ("name", "fingerprint")).items():
        text(entry, f"{where}.{name}")


def _detail(value: Any, where: str) -> None:
    for name, entry in _record(value, where).items():
        _finite_or_null(entry, f"{where}.{name}")


def _versions(value: Any, where: str) -> None:
    for name, entry in _record(value, where).items():
        text(entry, f"{where}.{name}")


def _trace(value: Any, where: str) -> None:
    if not isinstance(value, list):
        refuse(where, "is not a list", "it holds [time_s, best_j, bound_j] rows")
    for k, row in enumerate(value):
        if not (isinstance(row, list) and len(row) == 3):
            refuse(f"{where}[{k}]", f"is {str(row)[:60]}", "a row is [time_s, best_j, bound_j]")
        _not_negative(row[0], f"{where}[{k}][0]")
        for j in (1, 2):
            _finite_or_null(row[j], f"{where}[{k}][{j}]")


def _object_or_null(value: Any, where: str) -> None:
    if value is not None:
        _record(value, where)


def _one_of(known: Callable[[], list[str]]) -> Callable[[Any, str], None]:
    def check(value: Any, where: str) -> None:
        if text(value, where) not in known():
            refuse(where, f"is {value!r}", "it is not known", nearest(str(value), known()))

    return check


def _seed(value: Any, where: str) -> None:
    if whole(value, where) < 0:
        refuse(where, f"is {value}", "a seed is not negative")


_FIELDS: dict[str, Callable[[Any, str], Any]] = {
    "method": _one_of(lambda: list(METHODS)),
    "seed": _seed,
    "limits": _limits,
    "instance": _instance,
    "objective_j": _finite_or_null,
    "bound_j": _finite_or_null,
    "certified_j": _finite_or_null,
    "gap": _finite_or_null,
    "verdict": _one_of(lambda: [v.value for v in Verdict]),
    "stop": _one_of(lambda: [s.value for s in Stop]),
    "message": text,
    "build_s": _not_negative,
    "solve_s": _not_negative,
    "certify_s": _not_negative,
    "detail": _detail,
    "trace": _trace,
    "versions": _versions,
    "plan": _object_or_null,
    "certificate": _object_or_null,
}
_NEW: dict[str, Any] = {"certified_j": None, "certify_s": 0.0, "certificate": None}
"""What a document of the schema before says of itself by leaving it out."""
