"""Rules for a new best-known value: better, and recomputed here.

A plan is taken when the checker finds no rule broken and an objective that is better by more than `BETTER`. A bound is
taken when the certifier recomputes it from its certificate and it is better by more than `BETTER`. Nothing else can be
submitted. Where no certificate is possible (`instances.certify` names the problems it knows; systems with models of
their own have none), `take_word` notes the bound of a method, and says that it is the method's word; the project's own
`python -m results.library` calls it right after it has run the method.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import math
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from instances.certificate import Certificate
from instances.certificate_file import certificate_from_json, certificate_to_json
from instances.certify import CERTIFIABLE, certify
from instances.check import check
from instances.errors import InputError
from instances.file_lock import locked_file
from instances.instance import Instance
from instances.library.entries import HOME
from instances.library.loading import fingerprint_of, load
from instances.library.records import CERTIFICATE, SOLVER, Record, Signature, best, write_record
from instances.library.system_plans import system_plan_from_json, system_plan_to_json
from instances.library.systems import get_system
from instances.plan_file import plan_from_json, plan_to_json
from instances.scalars import number, refuse, text, whole
from instances.storage import system_error

__all__ = ["BETTER", "Offer", "Outcome", "certifiable", "measure", "submit", "take_word"]

BETTER = 1e-7
"""Part of the objective by which a plan or bound must be better: a hundred times what the checker lets pass."""
ROOM = 1e-6
"""Part of the objective by which a bound may lie beyond a checked plan for rounding."""
SCHEMAS = ("edgecut-result/2", "edgecut-library-plan/1")


@dataclasses.dataclass(frozen=True, eq=False)
class Offer:
    """What is submitted: a plan, a certificate, or both, and who found them. ``bound`` is a claim, see `take_word`.

    ``fingerprint``: of the instance that it is of.
    """

    fingerprint: str
    plan: Any
    certificate: Certificate | None
    bound: float
    by: Signature
    note: str = ""


@dataclasses.dataclass(frozen=True, eq=False)
class Outcome:
    """``better``: what was taken ("plan", "bound"); empty: nothing was. ``why``: in words. ``record``: as it is now.

    ``refuted``: a plan that breaks a rule, or a certificate that is rejected, was among what was offered.
    """

    better: tuple[str, ...]
    why: str
    record: Record
    refuted: bool = False

    @property
    def accepted(self) -> bool:
        """Whether anything was taken."""
        return bool(self.better)


def submit(name: str, result: Any, *, folder: Path = HOME, problem: Any = None) -> Outcome:
    """Offer a result for a name; it is taken when it is better and holds.

    Args:
        name: of the instance. result: a `solvers.Result`, an `Offer`, or the JSON document of either kind of `SCHEMAS`.
        folder: of the library. problem: the instance, if it is at hand.

    Raises:
        InputError: no such name, a result that cannot be read or is of another instance, or a folder that cannot be
            written.
    """
    with _alone(folder):
        return _submit(name, result, folder, problem)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One writer at a time: between reading a record and writing it nobody else may write a better one.

    The index is what is locked: it is there, and submitting does not change it.
    """
    try:
        with locked_file(folder / "index.json"):
            yield
    except OSError as error:
        raise system_error(folder / "index.json", error, "locked") from error


def _submit(name: str, result: Any, folder: Path, problem: Any) -> Outcome:
    record, problem, offer = _prepare(name, result, folder, problem)
    sense = _sense(record)
    plan = _with_plan(record, problem, offer, sense)
    bound = _with_bound(plan.record, problem, offer)
    better = tuple(word for word, step in (("plan", plan), ("bound", bound)) if step.taken)
    if better:
        write_record(bound.record, folder)
    why = "; ".join(step.why for step in (plan, bound) if step.why)
    return Outcome(better, why, bound.record, plan.refuted or bound.refuted)


def take_word(name: str, result: Any, *, folder: Path = HOME, problem: Any = None) -> Outcome:
    """Note the bound that a method claims where no certificate is possible, or that there is no plan (a bound of inf).

    Raises:
        InputError: as `submit`.
    """
    with _alone(folder):
        return _take_word(name, result, folder, problem)


def _take_word(name: str, result: Any, folder: Path, problem: Any) -> Outcome:
    record, problem, offer = _prepare(name, result, folder, problem)
    sense, claim = _sense(record), offer.bound
    if certifiable(problem) and math.isfinite(claim):
        return Outcome((), "bounds of this problem need a certificate", record)
    if math.isnan(claim) or claim == -math.inf * sense:
        return Outcome((), "no bound is claimed", record)
    if math.isinf(claim) and record.by is not None:
        return Outcome((), "a plan is known, so that there is one", record)
    if math.isfinite(claim) and record.by is not None:
        if sense * (claim - record.objective) > ROOM * _size(record.objective):
            return Outcome((), f"the bound {claim:.9g} lies beyond a checked plan of {record.objective:.9g}", record)
        claim = min(claim, record.objective) if sense > 0 else max(claim, record.objective)
    if record.word and (math.isinf(record.bound) or not sense * (claim - record.bound) > BETTER * _size(claim)):
        return Outcome((), f"the bound {claim:.9g} is no better than {record.bound:.9g}", record)
    record = dataclasses.replace(record, bound=claim, word=SOLVER, certificate_json=None, bound_by=offer.by,
                                 note=offer.note or record.note)  # fmt: skip
    write_record(record, folder)
    return Outcome(("bound",), f"bound {claim:.9g}, the word of {offer.by.method}", record)


def certifiable(problem: Any) -> bool:
    """Whether `instances.certify` knows the costs of a problem."""
    return isinstance(problem, Instance) and problem.problem in CERTIFIABLE and problem.is_plain


def measure(record: Record, problem: Any, plan: Any) -> tuple[float, tuple[str, ...]]:
    """Objective of a plan and the rules that it breaks, recomputed."""
    if not record.entry.is_joint:
        return get_system(record.entry.system).measure(problem, plan)
    report = check(problem, plan)
    return report.objective_j, tuple(str(v) for v in report.violations)


def _sense(record: Record) -> float:
    """1 where less is better, −1 where more is."""
    return -1.0 if not record.entry.is_joint and get_system(record.entry.system).sense == "max" else 1.0


def _size(value: float) -> float:
    return max(abs(value), 1e-9) if math.isfinite(value) else 1.0


def _prepare(name: str, result: Any, folder: Path, problem: Any) -> tuple[Record, Any, Offer]:
    record = best(name, folder=folder)
    if problem is None:
        problem = load(name, folder=folder)
    offer = _offer(record, problem, result)
    if offer.fingerprint != record.entry.fingerprint or fingerprint_of(problem) != record.entry.fingerprint:
        refuse("instance.fingerprint", f"is not that of '{name}'", "the result is of another instance",
               "solve the instance that the library gives")  # fmt: skip
    return record, problem, offer


def _offer(record: Record, problem: Any, result: Any) -> Offer:
    if isinstance(result, Offer):
        return result
    if not isinstance(result, Mapping):
        return Offer(result.instance.fingerprint, result.plan, result.certificate, result.bound_j,
                     sign(result.method, result.seed), result.message)  # fmt: skip
    return _read_offer(record, problem, result)


def sign(method: str, seed: int, edgecut: str | None = None) -> Signature:
    """Today's signature, with this version of edgecut unless told otherwise."""
    if edgecut is None:
        try:
            edgecut = metadata.version("edgecut")
        except metadata.PackageNotFoundError:
            edgecut = "unknown"
    return Signature(method, seed, edgecut, datetime.datetime.now(datetime.UTC).date().isoformat())


def _read_offer(record: Record, problem: Any, data: Mapping[str, Any]) -> Offer:
    for field in ("schema", "instance", "method", "plan"):
        if field not in data:
            refuse(field, "is missing", "this is not a result", "give what `edgecut solve -o` wrote")
    if data["schema"] not in SCHEMAS:
        refuse("schema", f"is {data['schema']!r}", f"this version reads {' and '.join(SCHEMAS)}", "check the file")
    if not isinstance(data["instance"], Mapping) or "fingerprint" not in data["instance"]:
        refuse("instance", "has no fingerprint", "a result belongs to an instance", "give a whole result")
    fingerprint = text(data["instance"]["fingerprint"], "instance.fingerprint")
    if fingerprint != record.entry.fingerprint:  # its plan could not even be read
        refuse("instance.fingerprint", f"is not that of '{record.entry.name}'", "the result is of another instance",
               "solve the instance that the library gives")  # fmt: skip
    plan, certificate = data["plan"], data.get("certificate")
    if plan is not None:
        plan = (plan_from_json(problem, plan) if record.entry.is_joint
                else system_plan_from_json(record.entry.system, problem, plan))  # fmt: skip
    versions = data.get("versions", {})
    version = (
        text(versions.get("edgecut", "unknown"), "versions.edgecut") if isinstance(versions, Mapping) else "unknown"
    )
    bound = data.get("bound_j")
    return Offer(
        fingerprint, plan, None if certificate is None else certificate_from_json(problem, certificate),
        -math.inf if bound is None else number(bound, "bound_j"),
        sign(text(data["method"], "method"), whole(data.get("seed", 0), "seed"), version),
    )  # fmt: skip


class _Step(NamedTuple):
    """The record afterwards, whether something was taken, in words, whether what was offered does not hold."""

    record: Record
    taken: bool
    why: str
    refuted: bool = False


def _with_plan(record: Record, problem: Any, offer: Offer, sense: float) -> _Step:
    """The record with the plan, if it is valid and better."""
    if offer.plan is None:
        return _Step(record, False, "no plan is offered")
    value, broken = measure(record, problem, offer.plan)
    if broken or not math.isfinite(value):
        return _Step(record, False, f"the plan breaks {len(broken)} rules: {'; '.join(broken[:2])}", refuted=True)
    known = record.by is not None
    if known and not sense * (record.objective - value) > BETTER * _size(record.objective):
        return _Step(record, False, f"the plan's {value:.9g} is no better than {record.objective:.9g}")
    proven = record.word == CERTIFICATE
    beyond = record.word != "" and sense * (record.bound - value) > ROOM * _size(value)
    if beyond and proven:
        raise _contradiction(record, f"a checked plan of {value:.9g} beats a certified bound of {record.bound:.9g}")
    data = plan_to_json(problem, offer.plan) if record.entry.is_joint else system_plan_to_json(problem, offer.plan)
    note = record.note if record.entry.is_joint else offer.note
    record = dataclasses.replace(record, objective=value, plan_json=data, by=offer.by, note=note)
    if beyond:  # what was only somebody's word is refuted
        record = dataclasses.replace(
            record, bound=-math.inf * sense, word="", certificate_json=None, bound_by=None, note=""
        )
    elif record.word and sense * (record.bound - value) > 0:
        record = dataclasses.replace(record, bound=value)  # apart by rounding only
    return _Step(record, True, f"plan of {value:.9g}" + (", which refutes the bound" if beyond else ""))


def _with_bound(record: Record, problem: Any, offer: Offer) -> _Step:
    """The record with the certificate, if it holds and proves more."""
    if offer.certificate is None:
        return _Step(record, False, "")
    if not certifiable(problem):
        return _Step(record, False, "no certificate is possible for this problem")
    try:
        proven = certify(problem, offer.certificate).bound_j
    except InputError as error:
        return _Step(record, False, f"the certificate is rejected: {error}", refuted=True)
    # Nothing that a plan adds to an objective is negative.
    proven = max(proven, 0.0)
    if record.by is not None and proven > record.objective + ROOM * _size(record.objective):
        raise _contradiction(record, f"the certificate proves {proven:.9g}, a checked plan is {record.objective:.9g}")
    if record.infeasible and math.isfinite(proven):
        return _Step(record, False, f"the certified bound {proven:.9g} is finite, where no plan is said to exist")
    if record.word == CERTIFICATE and not proven - record.bound > BETTER * _size(record.objective):
        return _Step(record, False, f"the certified bound {proven:.9g} is no better than {record.bound:.9g}")
    proven = min(proven, record.objective)
    data = certificate_to_json(problem, dataclasses.replace(offer.certificate, bound_j=proven))
    record = dataclasses.replace(record, bound=proven, word=CERTIFICATE, certificate_json=data, bound_by=offer.by)
    return _Step(record, True, f"certified bound {proven:.9g}")


def _contradiction(record: Record, what: str) -> InputError:
    return InputError(record.entry.name, what, "checker or certifier is at fault", "please report both files")
