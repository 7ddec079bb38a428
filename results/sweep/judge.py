"""What a run left is evidence, not truth: it is checked here, in the parent, and becomes a row and a result file.

A result counts as far as `examine` confirms it. Where there is none, or a wrong one, the best plan that the run left on
the way counts for what the checker says that it is worth.
"""

from __future__ import annotations

import dataclasses
import json
import math
import signal
from collections.abc import Callable
from typing import Any

from instances.errors import InputError
from instances.files import plan_from_json
from instances.instance import Instance
from instances.json_text import parse_json
from instances.plan import Plan
from results.sweep.jobs import Job
from results.sweep.launch import Raw
from solvers.answer import Answer, Limits, Progress, Stop
from solvers.result import Result
from solvers.result_file import examine, result_to_json

__all__ = ["FAILED", "STATUSES", "Judged", "judge", "versions_of"]

STATUSES = {
    "finished": "it ended by itself, with a result that the checker confirms as far as it can be",
    "refused": "the method cannot run on this instance",
    "time": "stopped at its wall limit",
    "memory": "stopped at its memory limit, or out of memory",
    "crashed": "it ended by an error or a signal",
    "killed": "somebody else killed it",
    "interrupted": "it was interrupted by somebody else",
    "invalid": "it ended as if well, without a result that can be read",
    "wrong": "the checker refutes what it claims",
}
FAILED = frozenset(STATUSES) - {"finished", "refused"}
_OWN_WORDS = ("refused", "memory", "interrupted", "invalid", "crashed")
"""What a run may say of its own end: none of it makes it look better."""
_NO_MEMORY = ("bad_alloc", "MemoryError", "annot allocate memory", "ut of memory")
_STOPS = {"time": Stop.TIME, "interrupted": Stop.INTERRUPTED}
_LONGEST_TRACE = 1000
_LONGEST_ERROR = 1000


@dataclasses.dataclass(frozen=True)
class Judged:
    """``outcome``: fields of the row. ``document``: result file that goes with it, or None."""

    outcome: dict[str, Any]
    document: dict[str, Any] | None


def versions_of(raw: Raw) -> dict[str, str] | None:
    """Versions of the code that a run worked with; None when it did not come to say so."""
    try:
        found = parse_json(raw["files"]["versions.json"], "versions.json")
    except (KeyError, InputError):
        return None
    return {str(name): str(value) for name, value in found.items()}


def judge(job: Job, raw: Raw, load: Callable[[], Instance]) -> Judged:
    """Outcome of a run; ``load`` gives its instance, if there is anything to check."""
    left, report = raw["files"], raw["report"]
    status, error = _ending(raw)
    trace = _trace(left.get("trace.jsonl", b""))
    claimed, best = None, None
    if "result.json" in left:
        claimed, faults, unreadable = _examined(job, left["result.json"], load)
        if faults:
            status, error = "wrong", "; ".join(faults)
        elif unreadable and status == "finished":
            status, error = "invalid", unreadable
    elif status == "finished":
        status, error = "invalid", "it ended without a result"
    if status != "finished" and "best.json" in left:
        stop, bound = _STOPS.get(status, Stop.ERROR), _bound(status, trace)
        best, refuted = _plan_on_the_way(job, left["best.json"], load, stop, bound, trace)
        if refuted:
            status, error = "wrong", refuted
    kept = claimed
    if status != "finished":
        kept = min((r for r in (claimed, best) if r is not None), key=lambda r: r.objective_j, default=None)
    outcome = {
        "status": status,
        **_figures(kept, status),
        "wall_s": report["wall_s"],
        "cpu_s": report["cpu_s"],
        "peak_mib": report["peak_mib"],
        "trace": _thinned(_rows(kept.trace) if kept is not None and kept.trace else trace),
        "error": error[:_LONGEST_ERROR],
    }
    return Judged(outcome, None if kept is None else result_to_json(kept))


def _ending(raw: Raw) -> tuple[str, str]:
    """Status and error by how the process ended; "finished" if nothing speaks against it."""
    report, said = raw["report"], _said(raw)
    ended, code, output = report["ended"], report["code"], report["output"].strip()
    if ended == "wall":
        return "time", "reached its wall limit"
    if ended == "memory":
        return "memory", "reached its memory limit"
    if ended == "lost":
        return "killed", output
    if code == -signal.SIGKILL:
        return "killed", "killed, not by this sweep (the system may be out of memory)"
    if code == 0:
        return (said["status"], str(said.get("error", ""))) if said.get("status") in _OWN_WORDS else ("finished", "")
    last = output[-_LONGEST_ERROR:]
    if any(word in output for word in _NO_MEMORY):
        return "memory", last
    if code == -signal.SIGINT:
        return "interrupted", last
    how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    return "crashed", f"{how}: {last}" if last else how


def _said(raw: Raw) -> dict[str, Any]:
    try:
        return parse_json(raw["files"]["end.json"], "end.json")
    except (KeyError, InputError):
        return {}


def _examined(job: Job, content: bytes, load: Callable[[], Instance]) -> tuple[Result | None, list[str], str]:
    """What is left of a result when it has been recomputed; what is wrong in it; why it cannot be read."""
    try:
        document = parse_json(content, "result.json")
        instance = load()
        found = examine(instance, document)
        asked = {"method": job.case["method"], "seed": job.seed, "limits": job.case["limits"]}
        for name, value in asked.items():
            if found.result is not None and document[name] != value:
                found.faults.append(f"the result is of {name} {document[name]}, the run was of {value}")
    except Exception as error:  # whatever a file can hold must not end the sweep
        return None, [], f"the result cannot be read: {type(error).__name__}: {error}"
    result = found.result
    if not found.faults:
        return result, [], ""
    plan = None if result is None or not result.valid else result.plan
    return _of_plan(job, instance, plan, Stop.ERROR, -math.inf, ()), found.faults, ""


def _plan_on_the_way(
    job: Job, content: bytes, load: Callable[[], Instance], stop: Stop, bound: float, trace: list[list[Any]]
) -> tuple[Result | None, str]:
    """The best plan that a run left, recomputed; and what is wrong with the bound that it claims beside it."""
    try:
        instance = load()
        plan = plan_from_json(instance, parse_json(content, "best.json")["plan"])
    except Exception:  # as above
        return None, ""
    way = tuple(Progress(t, *(math.inf * s if v is None else v for s, v in ((1, b), (-1, d)))) for t, b, d in trace)
    result = _of_plan(job, instance, plan, stop, bound, way)
    if result is None or not result.message:
        return result, ""
    return _of_plan(job, instance, plan, stop, -math.inf, way), result.message


def _of_plan(
    job: Job, instance: Instance, plan: Plan | None, stop: Stop, bound: float, trace: tuple[Progress, ...]
) -> Result | None:
    """Result of a plan, if it is valid, and a bound on somebody's word."""
    if plan is None:
        return None
    result = Result.checked(instance, Answer(None, stop, bound, trace=trace), plan, method=job.case["method"],
                            seed=job.seed, limits=Limits(**job.case["limits"]))  # fmt: skip
    return result if result.valid else None


def _bound(status: str, trace: list[list[Any]]) -> float:
    """The best bound on the way. A run that went wrong in itself is not taken at its word."""
    known = [bound for _, _, bound in trace if bound is not None]
    return max(known, default=-math.inf) if status in ("time", "memory", "killed", "interrupted") else -math.inf


def _trace(content: bytes) -> list[list[Any]]:
    """Rows ``[time_s, best, bound]`` of a trace; what is torn or no number is left out."""
    rows = []
    for line in content.split(b"\n")[:-1]:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(row, list) and len(row) == 3 and _is_number(row[0]) and all(map(_is_number_or_none, row[1:])):
            rows.append(row)
    return rows


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < math.inf


def _is_number_or_none(value: Any) -> bool:
    return value is None or _is_number(value)


def _rows(trace: tuple[Progress, ...]) -> list[list[Any]]:
    return [[p.time_s, _finite(p.best_j), _finite(p.bound_j)] for p in trace]


def _thinned(trace: list[list[Any]]) -> list[list[Any]]:
    """A long trace at even places, the first and last row among them."""
    if len(trace) <= _LONGEST_TRACE:
        return trace
    step = (len(trace) - 1) / (_LONGEST_TRACE - 1)
    return [trace[round(k * step)] for k in range(_LONGEST_TRACE)]


def _figures(kept: Result | None, status: str) -> dict[str, Any]:
    """Figures of what is kept; infinite ones as None."""
    names = ("objective_j", "bound_j", "certified_j", "gap", "build_s", "solve_s", "certify_s")
    if kept is None:
        verdict = "wrong" if status == "wrong" else "unknown"
        return {**dict.fromkeys(names), "verdict": verdict, "stop": _STOPS.get(status, Stop.ERROR).value}
    return {
        **{name: _finite(getattr(kept, name)) for name in names},
        "verdict": "wrong" if status == "wrong" else kept.verdict.value,
        "stop": kept.stop.value,
    }


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
