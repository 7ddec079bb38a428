"""Results as JSON documents, and the check of such a document against its instance."""

from __future__ import annotations

import math
import platform
from importlib import metadata
from typing import Any

from instances.check import check
from instances.errors import InputError
from instances.files import plan_from_json, plan_to_json
from instances.instance import Instance
from solvers.answer import Answer, Limits, Progress, Stop, relative_gap
from solvers.result import Result, Verdict

__all__ = ["SCHEMA", "result_from_json", "result_to_json", "verify"]

SCHEMA = "edgecut-result/1"
_FIELDS = {
    "schema", "method", "seed", "limits", "instance", "objective_j", "bound_j", "gap", "verdict", "stop", "message",
    "build_s", "solve_s", "detail", "trace", "versions", "plan",
}  # fmt: skip
AGREEMENT = 1e-9
"""Relative difference at which recorded and recomputed figures count as different."""


def result_to_json(result: Result) -> dict[str, Any]:
    """JSON document of a result; infinite figures are written as null."""
    limits = result.limits
    return {
        "schema": SCHEMA,
        "method": result.method,
        "seed": result.seed,
        "limits": {"time_s": limits.time_s, "gap": limits.gap, "nodes": limits.nodes, "rounds": limits.rounds},
        "instance": {"name": result.instance.name, "fingerprint": result.instance.fingerprint},
        "objective_j": _finite(result.objective_j),
        "bound_j": _finite(result.bound_j),
        "gap": _finite(result.gap),
        "verdict": result.verdict.value,
        "stop": result.stop.value,
        "message": result.message,
        "build_s": result.build_s,
        "solve_s": result.solve_s,
        "detail": {name: _finite(value) for name, value in result.detail.items()},
        "trace": [[p.time_s, _finite(p.best_j), _finite(p.bound_j)] for p in result.trace],
        "versions": versions(),
        "plan": None if result.plan is None else plan_to_json(result.instance, result.plan),
    }


def versions() -> dict[str, str]:
    """Versions that a result depends on."""
    names = ("edgecut", "highspy", "numpy", "scipy")
    return {"python": platform.python_version(), **{name: _version(name) for name in names}}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "unknown"


def result_from_json(instance: Instance, document: dict[str, Any]) -> Result:
    """Result of a document, recomputed by the checker.

    Raises:
        InputError: not a result document, of a newer schema, or of another instance.
    """
    _check_shape(document)
    if document["instance"]["fingerprint"] != instance.fingerprint:
        raise InputError(
            "instance.fingerprint",
            "is not that of the instance given",
            f"the result belongs to '{document['instance']['name']}'",
            "give the instance file that was solved",
        )
    plan = None if document["plan"] is None else plan_from_json(instance, document["plan"])
    answer = Answer(
        decision=None,
        stop=Stop(document["stop"]),
        bound_j=_number(document["bound_j"], math.inf if document["verdict"] == "infeasible" else -math.inf),
        objective_j=_number(document["objective_j"], math.inf),
        trace=tuple(Progress(t, _number(b, math.inf), _number(d, -math.inf)) for t, b, d in document["trace"]),
        message=document["message"],
        detail={name: _number(value, math.nan) for name, value in document["detail"].items()},
    )
    return Result.checked(
        instance, answer, plan, method=document["method"], seed=document["seed"],
        limits=Limits(**document["limits"]), build_s=document["build_s"], solve_s=document["solve_s"],
    )  # fmt: skip


def verify(instance: Instance, document: dict[str, Any]) -> list[str]:
    """Everything in a result document that does not hold; empty when all does.

    The plan is recomputed; the recorded objective, gap and verdict must follow from it. The bound is the solver's
    word; it is only refuted here when it lies above the plan.

    Raises:
        InputError: not a result document at all.
    """
    _check_shape(document)
    if document["instance"]["fingerprint"] != instance.fingerprint:
        return ["the result belongs to another instance (fingerprints differ)"]
    objective, bound = _number(document["objective_j"], math.inf), _number(document["bound_j"], -math.inf)
    faults = []
    if document["plan"] is None:
        if math.isfinite(objective):
            faults.append(f"objective {objective:.9g} J is recorded without a plan")
        if document["verdict"] not in (Verdict.INFEASIBLE.value, Verdict.UNKNOWN.value):
            faults.append(f"verdict '{document['verdict']}' is recorded without a plan")
        return faults
    report = check(instance, plan_from_json(instance, document["plan"]))
    faults += [str(violation) for violation in report.violations]
    if not _close(report.objective_j, objective):
        faults.append(f"recorded objective {objective:.9g} J, the plan is worth {report.objective_j:.9g} J")
    if bound > objective * (1 + 1e-6) + 1e-12:
        faults.append(f"recorded bound {bound:.9g} J lies above the objective {objective:.9g} J")
    gap = max(relative_gap(objective, bound), 0.0)
    if not _close(gap, _number(document["gap"], math.inf), 1e-6):
        faults.append(f"recorded gap {document['gap']}, objective and bound give {gap:.6g}")
    faults += _verdict_faults(document, gap, bound)
    return faults


def _verdict_faults(document: dict[str, Any], gap: float, bound: float) -> list[str]:
    verdict, asked = document["verdict"], max(float(document["limits"]["gap"]), 1e-9)
    wrong = (
        (verdict == Verdict.OPTIMAL.value and gap > asked)
        or (verdict == Verdict.BOUNDED.value and not math.isfinite(bound))
        or verdict in (Verdict.INFEASIBLE.value, Verdict.UNKNOWN.value, Verdict.WRONG.value)
    )
    return [f"verdict '{verdict}' does not follow from the plan and a gap of {gap:.3g}"] if wrong else []


def _check_shape(document: dict[str, Any]) -> None:
    if "schema" not in document:
        raise InputError("schema", "is missing", "this is not a result file", f"its schema must be '{SCHEMA}'")
    if document["schema"] != SCHEMA:
        raise InputError("schema", f"is {document['schema']!r}", f"this version reads '{SCHEMA}'")
    missing, unknown = _FIELDS - set(document), set(document) - _FIELDS
    if missing:
        raise InputError(sorted(missing)[0], "is missing", "the file is not complete")
    if unknown:
        raise InputError(sorted(unknown)[0], "is not a field of a result")
    _check_types(document)


def _check_types(document: dict[str, Any]) -> None:
    number, text = (int, float), (str,)
    wanted: dict[str, tuple[type, ...]] = {
        "method": text, "seed": (int,), "limits": (dict,), "instance": (dict,), "verdict": text, "stop": text,
        "message": text, "build_s": number, "solve_s": number, "detail": (dict,), "trace": (list,),
        "objective_j": (int, float, type(None)), "bound_j": (int, float, type(None)), "gap": (int, float, type(None)),
        "plan": (dict, type(None)),
    }  # fmt: skip
    for name, kinds in wanted.items():
        if not isinstance(document[name], kinds) or isinstance(document[name], bool):
            raise InputError(name, f"is {document[name]!r}", "of the wrong type")
    if document["verdict"] not in {v.value for v in Verdict}:
        raise InputError("verdict", f"'{document['verdict']}' is not a verdict")
    if document["stop"] not in {s.value for s in Stop}:
        raise InputError("stop", f"'{document['stop']}' is not a reason to stop")
    if set(document["limits"]) != {"time_s", "gap", "nodes", "rounds"}:
        raise InputError("limits", "does not have the fields time_s, gap, nodes, rounds")
    if not isinstance(document["limits"]["gap"], number) or isinstance(document["limits"]["gap"], bool):
        raise InputError("limits.gap", f"is {document['limits']['gap']!r}", "not a number")
    if not {"name", "fingerprint"} <= set(document["instance"]):
        raise InputError("instance", "does not have the fields name and fingerprint")
    for k, row in enumerate(document["trace"]):
        if not (isinstance(row, list) and len(row) == 3):
            raise InputError(f"trace[{k}]", f"is {row!r}", "not [time_s, best_j, bound_j]")


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _number(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else float(value)


def _close(a: float, b: float, relative: float = AGREEMENT) -> bool:
    return a == b or abs(a - b) <= relative * max(abs(a), abs(b), 1e-9)
