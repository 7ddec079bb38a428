"""One run of a method on an instance, read from a row whatever fields that has."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from results.metrics import relative_gap
from results.report.run import Row
from results.sweep.labels import labels

__all__ = ["GAP", "Record", "read_records"]

GAP = 1e-4
"""Gap that counts as proven where a case does not say which."""

_NO_PLAN = ("infeasible", "certified infeasible")
_PROVEN = ("certified", "optimal", *_NO_PLAN)
_BAD = re.compile(r"error|fail|crash|kill|died|memory|timeout|interrupted|invalid|wrong|lost|signal|^time$", re.I)
_NOT_OF_INSTANCE = ("method", "options", "limits", "limit_s", "time_s", "gap", "nodes", "rounds", "wall_s", "grace_s",
                    "memory_gib", "threads", "take", "bar", "attempt")  # fmt: skip
_SETTINGS = ("options", "limits", "limit_s", "gap", "wall_s", "memory_gib", "threads")

Event = tuple[float, float, float]
"""Seconds, best objective (inf: none), bound (−inf: none)."""


@dataclass(frozen=True)
class Record:
    """A run of a method.

    Args:
        method: its name, with its settings where the same method was run with several.
        instance: what it was run on. group: to what that belongs.
        seed: of the method; None where the seed belongs to the instance.
        limit_s: s that it had; None if unlimited or unknown. time_s: s that it took; None if unknown.
        status: how it ended. verdict: what is known of its result; "" where a row does not say.
        objective, bound, certified: inf, −inf, −inf where missing. gap: that counts as proven.
        trace: progress. reason: why it failed, in the row's words. unit: of the objective.
    """

    method: str
    instance: str
    group: str
    seed: int | None
    limit_s: float | None
    time_s: float | None
    status: str
    verdict: str
    objective: float
    bound: float
    certified: float
    gap: float
    trace: tuple[Event, ...]
    reason: str
    unit: str
    row: Row

    @property
    def has_plan(self) -> bool:
        """Whether there is a plan that the checker accepts, of a run that it refuted in nothing."""
        return math.isfinite(self.objective) and self.verdict != "wrong"

    @property
    def refused(self) -> bool:
        """Whether the method said that it cannot run on the instance."""
        return self.status == "refused"

    @property
    def proven(self) -> bool:
        """Whether the run itself proved its answer: by its verdict, or else by its gap."""
        if self.verdict:
            return self.verdict in _PROVEN
        return not self.failed and relative_gap(self.objective, max(self.bound, self.certified)) <= self.gap

    @property
    def failed(self) -> bool:
        """Whether something went wrong, or no plan was found where there may be one."""
        if self.refused:
            return False
        return (
            self.verdict == "wrong" or bool(_BAD.search(self.status)) or not (self.has_plan or self.verdict in _NO_PLAN)
        )

    @property
    def trouble(self) -> str:
        """What went wrong, in a few words."""
        if self.verdict == "wrong" and self.status != "wrong":
            return f"{self.status}, refuted by the checker" if self.status else "refuted by the checker"
        if _BAD.search(self.status) or self.refused:
            return _IN_WORDS.get(self.status, self.status)
        return f"no plan ({self.status})" if self.status else "no plan"


_IN_WORDS = {
    "time": "stopped at its wall limit", "memory": "out of memory", "wrong": "refuted by the checker",
    "invalid": "no readable result", "refused": "cannot run on this instance",
}  # fmt: skip


def read_records(rows: Iterable[Row]) -> list[Record]:
    """Records of the rows that are runs of methods; other rows are left out."""
    made = [record for row in rows if (record := _record(row)) is not None]
    return _told_apart(_grouped(_methods_told_apart(made)))


def _record(row: Row) -> Record | None:
    case = row["case"]
    if "method" not in case or not ({"objective", "objective_j", "status", "verdict"} & row.keys()):
        return None
    limits = case.get("limits") if isinstance(case.get("limits"), dict) else {}
    objective = _number(row, "objective_j", "objective")
    if row.get("valid") is False:
        objective = None
    bound, certified = _number(row, "bound_j", "bound"), _number(row, "certified_j", "certified")
    if row.get("certified") is True and certified is None:
        certified = bound
    gap = _number(limits, "gap")
    return Record(
        method=str(case["method"]),
        instance=_instance(case),
        group=_group(case, row),
        seed=case["seed"] if "instance" in case and isinstance(case.get("seed"), int) else None,
        limit_s=_positive(_number(case, "limit_s", "time_s"), _number(limits, "time_s"), _number(case, "wall_s")),
        time_s=_time(row),
        status=str(row.get("status") or row.get("stop") or ""),
        verdict=str(row.get("verdict") or ""),
        objective=math.inf if objective is None else objective,
        bound=-math.inf if bound is None else bound,
        certified=-math.inf if certified is None else certified,
        gap=max(_first(gap, _number(case, "gap"), GAP) or 0.0, 1e-9),
        trace=tuple(_events(row.get("trace"))),
        reason=_reason(row),
        unit=str(row.get("unit") or ("J" if "objective_j" in row else "")),
        row=row,
    )


def _number(values: Any, *names: str) -> float | None:
    """The first of the fields that is a finite number."""
    for name in names:
        value = values.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
    return None


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)


def _positive(*values: float | None) -> float | None:
    """The first that is there; None where it is no limit."""
    found = _first(*values)
    return found if found is not None and found > 0 else None


def _time(row: Row) -> float | None:
    wall = _number(row, "wall_s")
    if wall is not None:
        return max(wall, 0.0)
    parts = [_number(row, name) for name in ("build_s", "solve_s")]
    return None if parts[1] is None else max(sum(part or 0.0 for part in parts), 0.0)


def _reason(row: Row) -> str:
    for name in ("error", "reason", "message", "fault"):
        if row.get(name):
            return str(row[name])
    violations = row.get("violations")
    return "; ".join(map(str, violations)) if isinstance(violations, list) else ""


def _events(trace: Any) -> Iterable[Event]:
    """Events in order; what is no event is left out, as is one that goes back in time."""
    last = 0.0
    for event in trace if isinstance(trace, list) else []:
        if not isinstance(event, list) or len(event) < 2:
            continue
        fields = dict(zip(("time", "best", "bound"), event, strict=False))
        time_s, best, bound = (_number(fields, name) for name in ("time", "best", "bound"))
        if time_s is not None and time_s >= last:
            last = time_s
            yield time_s, math.inf if best is None else best, -math.inf if bound is None else bound


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _fields(case: dict[str, Any], without: tuple[str, ...] = ()) -> str:
    """Fields as text, the seed last."""
    names = sorted((name for name in case if name not in without), key=lambda name: name == "seed")
    return ", ".join(f"{name} {_text(case[name])}" for name in names)


def _instance(case: dict[str, Any]) -> str:
    """Its name; of a case without one, all that says what is solved."""
    given = case.get("instance")
    if isinstance(given, dict):
        return _fields(given)
    if given is not None:
        return str(given)
    return _fields(case, _NOT_OF_INSTANCE) or "the instance"


def _group(case: dict[str, Any], row: Row) -> str:
    """To what the instance belongs, as far as the case says; "" where it does not."""
    for name in ("group", "family", "generator"):
        value = case.get(name) or row.get(name)
        if isinstance(value, str):
            return value
    given = case.get("instance")
    if isinstance(given, dict):
        return str(given.get("generator") or given.get("family") or "")
    if given is not None:
        found = re.match(r"[^\W\d_]+", str(given).replace("\\", "/").rsplit("/", 1)[-1])
        return found.group() if found else ""
    return _fields(case, (*_NOT_OF_INSTANCE, "seed"))


_MOST_GROUPS = 12


def _grouped(records: list[Record]) -> list[Record]:
    """Without groups where these are too many to stand side by side."""
    groups = {record.group for record in records}
    if len(groups) <= _MOST_GROUPS and "" not in groups:
        return records
    return [replace(record, group="all") for record in records]


def _methods_told_apart(records: list[Record]) -> list[Record]:
    """Names with those settings in which runs of a method on the same instance differ."""
    flat = [_flat(record.row["case"]) for record in records]
    seen: dict[tuple[str, str, int | None], dict[str, set[str]]] = {}
    for record, mine in zip(records, flat, strict=True):
        values = seen.setdefault((record.method, record.instance, record.seed), {})
        for name, value in mine.items():
            values.setdefault(name, set()).add(value)
    differ: dict[str, set[str]] = {}
    for (method, _, _), values in seen.items():
        differ.setdefault(method, set()).update(name for name in values if len(values[name]) > 1)
    made = []
    for record, mine in zip(records, flat, strict=True):
        told = [f"{name} {mine[name]}" for name in mine if name in differ[record.method]]
        made.append(replace(record, method=f"{record.method} ({', '.join(told)})" if told else record.method))
    return made


def _flat(case: dict[str, Any]) -> dict[str, str]:
    """Settings of a run, one level deep."""
    found: dict[str, str] = {}
    for name in _SETTINGS:
        value = case.get(name)
        inner = value if isinstance(value, dict) else {name: value}
        found |= {str(key): _text(one) for key, one in inner.items() if one is not None}
    return found


def _told_apart(records: list[Record]) -> list[Record]:
    """Instances of one name and several fingerprints get behind their names what tells them apart."""
    named: dict[str, list[tuple[str, str, Any]]] = {}
    for record in records:
        named.setdefault(record.instance, []).append((_fingerprint(record), record.instance, record.row.get("spec")))
    found = {name: labels(same) for name, same in named.items()}
    return [replace(record, instance=found[record.instance][_fingerprint(record)]) for record in records]


def _fingerprint(record: Record) -> str:
    return str(record.row["case"].get("fingerprint", ""))
