"""Results as JSON documents, and the check of such a document against its instance."""

from __future__ import annotations

import dataclasses
import math
import platform
from importlib import metadata
from typing import Any

from instances.certificate_file import certificate_from_json, certificate_to_json
from instances.errors import InputError
from instances.files import plan_from_json, plan_to_json
from instances.instance import Instance
from solvers.answer import Answer, Limits, Progress, Stop
from solvers.result import Result, Verdict, weigh
from solvers.result_schema import SCHEMA, check_document
from solvers.solve import solve

__all__ = ["SCHEMA", "Examination", "examine", "result_from_json", "result_to_json", "verify"]

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
        "certified_j": _finite(result.certified_j),
        "gap": _finite(result.gap),
        "verdict": result.verdict.value,
        "stop": result.stop.value,
        "message": result.message,
        "build_s": result.build_s,
        "solve_s": result.solve_s,
        "certify_s": result.certify_s,
        "detail": {name: _finite(value) for name, value in result.detail.items()},
        "trace": [[p.time_s, _finite(p.best_j), _finite(p.bound_j)] for p in result.trace],
        "versions": versions(),
        "plan": None if result.plan is None else plan_to_json(result.instance, result.plan),
        "certificate": None if result.certificate is None else certificate_to_json(result.instance, result.certificate),
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
    """Result of a document, recomputed by checker and certifier.

    A certificate whose bound was not recomputed then (``certified_j`` is null, and the verdict is not that it proves
    that no plan exists) is not now either: `examine` does that.

    Raises:
        InputError: not a result document, of a newer schema, or of another instance.
    """
    document = check_document(document)
    if document["instance"]["fingerprint"] != instance.fingerprint:
        raise InputError(
            "instance.fingerprint",
            "is not that of the instance given",
            f"the result belongs to '{document['instance']['name']}'",
            "give the instance file that was solved",
        )
    plan = None if document["plan"] is None else plan_from_json(instance, document["plan"])
    said = Verdict(document["verdict"])
    answer = Answer(
        decision=None,
        stop=Stop(document["stop"]),
        bound_j=_number(document["bound_j"], math.inf if said.infeasible else -math.inf),
        objective_j=_number(document["objective_j"], math.inf),
        trace=tuple(Progress(t, _number(b, math.inf), _number(d, -math.inf)) for t, b, d in document["trace"]),
        message=document["message"],
        detail={name: _number(value, math.nan) for name, value in document["detail"].items()},
        certificate=None
        if document["certificate"] is None
        else certificate_from_json(instance, document["certificate"]),
    )
    return Result.checked(
        instance, answer, plan, method=document["method"], seed=document["seed"],
        limits=Limits(**document["limits"]), build_s=document["build_s"], solve_s=document["solve_s"],
        certify=document["certified_j"] is not None or said is Verdict.CERTIFIED_INFEASIBLE,
        certify_s=document["certify_s"],
    )  # fmt: skip


@dataclasses.dataclass(frozen=True, eq=False)
class Examination:
    """``faults``: everything in a document that does not hold. ``result``: what it amounts to, recomputed.

    ``certified_j``: J, bound recomputed from the certificate, even where the document made nothing of it; −inf without,
    inf where it proves that no plan exists.
    """

    faults: list[str]
    result: Result | None = None
    certified_j: float = -math.inf


def verify(instance: Instance, document: dict[str, Any]) -> list[str]:
    """Everything in a result document that does not hold; empty when all does. See `examine`."""
    return examine(instance, document).faults


def examine(instance: Instance, document: dict[str, Any]) -> Examination:
    """Recompute a result document from plan, certificate and instance.

    Objective, gap and verdict must be what follows from the plan, the recorded bounds and the recorded stop. What the
    certificate proves is recomputed in outward-rounded arithmetic, and must be what is recorded. A bound beyond that
    is the solver's word: it is refuted when it lies above the plan. A claim that the instance is infeasible is
    refuted when a heuristic finds a plan.

    Raises:
        InputError: not a result document at all.
    """
    document = check_document(document)
    if document["instance"]["fingerprint"] != instance.fingerprint:
        return Examination(["the result belongs to another instance (fingerprints differ)"])
    again = result_from_json(instance, document)
    if again.verdict is Verdict.WRONG:
        return Examination([again.message or "the verdict 'wrong' is no result"], again)
    faults = [
        f"recorded {name} {_shown(recorded)}, recomputed {_shown(value)}"
        for name, value, recorded in _figures(again, document)
        if not _close(value, recorded)
    ]
    if again.verdict.value != document["verdict"]:
        faults.append(f"recorded verdict '{document['verdict']}', the rest gives '{again.verdict.value}'")
    if again.plan is None and document["bound_j"] is not None and again.verdict.infeasible:
        faults.append("an infeasible instance has no bound")
    if again.verdict.infeasible and solve(instance, "greedy").valid:
        faults.append("recorded as infeasible, but a heuristic finds a plan")
    certified = again.certified_j
    if again.certificate is not None and document["certified_j"] is None and certified < math.inf:
        proof, found = weigh(instance, again.certificate)
        faults += found
        certified = -math.inf if proof is None else proof.bound_j
        if certified > again.objective_j + AGREEMENT * abs(again.objective_j):
            faults.append(f"the certificate proves {certified:.9g} J, above the plan of {again.objective_j:.9g} J")
    return Examination(faults, again, certified)


def _figures(again: Result, document: dict[str, Any]) -> list[tuple[str, float, float]]:
    """Name, recomputed and recorded value of the figures that follow from the rest."""
    figures = [
        ("objective_j", again.objective_j, _number(document["objective_j"], math.inf)),
        ("gap", again.gap, _number(document["gap"], math.inf)),
    ]
    if document["certified_j"] is not None:
        claimed = document["certificate"]["bound_j"] if document["certificate"] is not None else None
        figures += [
            ("certified_j", again.certified_j, document["certified_j"]),
            ("certificate.bound_j", again.certified_j, _number(claimed, math.inf)),
        ]
        if not again.verdict.infeasible:
            figures.append(("bound_j", again.bound_j, _number(document["bound_j"], -math.inf)))
    return figures


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _number(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else float(value)


def _close(a: float, b: float) -> bool:
    """Whether two figures agree; infinite ones only with themselves."""
    if not (math.isfinite(a) and math.isfinite(b)):
        return a == b
    return abs(a - b) <= AGREEMENT * max(abs(a), abs(b), 1e-3)


def _shown(value: float) -> str:
    return f"{value:.9g}" if math.isfinite(value) else "nothing"
