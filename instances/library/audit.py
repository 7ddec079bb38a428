"""Everything that the library says about a name, recomputed: instance, plan, certificate."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from instances import files
from instances.certify import certify
from instances.errors import InputError
from instances.library.entries import HOME, Entry, entry
from instances.library.loading import draw, fingerprint_of, instance_path
from instances.library.records import CERTIFICATE, Record, best, has_record
from instances.library.rules import ROOM, certifiable, measure

__all__ = ["check"]

AGREEMENT = 1e-9
"""Relative difference at which a recorded and a recomputed figure count as different."""


def check(name: str, *, folder: Path = HOME) -> list[str]:
    """What does not hold; empty when all does.

    The generator must draw the instance of the index, its file (where there is one) must hold the same, the plan must
    break no rule and be worth what is recorded, and the certificate must prove the bound.

    Raises:
        InputError: no such name.
    """
    one = entry(name, folder)
    faults: list[str] = []
    problem = _problem(one, folder, faults)
    if problem is None:
        return faults
    if not has_record(name, folder=folder):
        return [*faults, "there is no record"]
    try:
        record = best(name, folder=folder)
        return faults + _plan_faults(record, problem) + _bound_faults(record, problem)
    except InputError as error:
        return [*faults, str(error)]


def _problem(one: Entry, folder: Path, faults: list[str]) -> Any:
    """The instance, from its file where there is one; None where it is not that of the index."""
    drawn = draw(one)
    problem = drawn
    if fingerprint_of(drawn) != one.fingerprint:
        faults.append("the generator draws another instance here than the index says")
        problem = None
    if one.stored:
        try:
            problem = files.load(instance_path(one, folder))
        except InputError as error:
            return faults.append(str(error))
        if problem.fingerprint != one.fingerprint:
            return faults.append("the file holds another instance than the index says")
    return problem


def _plan_faults(record: Record, problem: Any) -> list[str]:
    plan = record.plan(problem)
    if plan is None:
        return [] if record.infeasible else ["there is no plan"]
    value, broken = measure(record, problem, plan)
    if broken:
        return [f"the plan breaks {len(broken)} rules: {'; '.join(broken[:2])}"]
    return (
        [] if _close(value, record.objective) else [f"recorded {record.objective:.12g}, the plan is worth {value:.12g}"]
    )


def _bound_faults(record: Record, problem: Any) -> list[str]:
    if not record.word:
        return ["there is no bound"] if record.entry.is_joint else []
    if record.word != CERTIFICATE:
        return ["a certificate is possible here, but the bound is somebody's word"] if (
            certifiable(problem) and not record.infeasible) else []  # fmt: skip
    certificate = record.certificate(problem)
    assert certificate is not None  # the reader makes sure
    proven = certify(problem, certificate).bound_j
    if proven >= record.bound or _close(proven, record.bound):
        beyond = record.plan_json is not None and proven > record.objective + ROOM * abs(record.objective)
        return ["the certificate proves more than the plan is worth"] if beyond else []
    return [f"recorded bound {record.bound:.12g}, the certificate proves {proven:.12g}"]


def _close(a: float, b: float) -> bool:
    if not (math.isfinite(a) and math.isfinite(b)):
        return a == b
    return abs(a - b) <= AGREEMENT * max(abs(a), abs(b), 1e-3)
