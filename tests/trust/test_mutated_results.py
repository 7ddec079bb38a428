"""Files that say what is not so are refused: thousands of mutations of results, certificates and instances.

What is false in a mutated file is found out by other code than the verifier's: the checker for plans, brute force for
bounds, the certifier for what a certificate proves. A mutation that leaves everything true (a price that never bore,
say) is not counted; if it is accepted, what it states must hold against brute force.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from instances.certificate_file import certificate_from_json
from instances.certify import certify
from instances.check import check
from instances.errors import InputError
from instances.json_file import instance_from_json
from instances.plan_file import plan_from_json
from instances.verify import NO_SENSE, Wrong, verify
from solvers.result_file import examine
from tests.trust.mutations import Case, Document, cases, mutate

HANDLED, REFUTED, UNKNOWN = "holds", "refuted", "not handled"
SMALLEST_LIE = 1e-8
"""Relative difference from which a figure counts as false; both verifiers allow 1e-9 of the sums for rounding."""
FORM = "form"
MALFORMED = (InputError, KeyError, TypeError, ValueError, AttributeError, IndexError)


def exactly(given: Document, result: Document) -> str:
    """What the exact verifier says."""
    try:
        verify(given, result)
    except Wrong as error:
        return UNKNOWN if error.args[1] == 65 else REFUTED
    except NO_SENSE:
        return REFUTED
    return HANDLED


def roughly(given: Document, result: Document) -> str:
    """What checker and certifier say."""
    try:
        with np.errstate(all="ignore"):  # figures of 1e300
            return REFUTED if examine(instance_from_json(given), result).faults else HANDLED
    except MALFORMED:
        return REFUTED


def falsehood(given: Document, d: Document) -> str:
    """Something false in a result, by checker and certifier; empty where all is true, or less than the truth."""
    try:
        instance = instance_from_json(given)
        with np.errstate(all="ignore"):  # figures of 1e300
            report = check(instance, plan_from_json(instance, d["plan"]))
    except MALFORMED as error:
        return f"{FORM} of the plan: {error}"
    if not report.valid:
        return f"plan: {report.violations[0]}"
    cost, room = report.objective_j, SMALLEST_LIE * max(report.objective_j, 1e-12)
    if not isinstance(d["objective_j"], int | float) or abs(d["objective_j"] - cost) > room:
        return "objective"
    try:
        certificate = certificate_from_json(instance, d["certificate"])
        proven = max(certify(instance, certificate).bound_j, 0.0)
    except MALFORMED as error:
        return f"{FORM} of the certificate: {error}"
    claims = [certificate.bound_j, d["certified_j"], d["bound_j"] if d["verdict"] == "certified" else None]
    for claim in claims:
        if claim is not None and (not isinstance(claim, int | float) or claim > proven + room):
            return f"claim {claim}, proven {proven}"
    if d["bound_j"] is not None and (not isinstance(d["bound_j"], int | float) or d["bound_j"] > cost + 200 * room):
        return "bound above the plan"
    if d["gap"] is not None:
        bound = -math.inf if d["bound_j"] is None else d["bound_j"]
        if not isinstance(d["gap"], int | float) or cost - bound > d["gap"] * cost + 2e-12 * max(1.0, cost) + room:
            return "gap"
    known = d["bound_j"] is not None
    near = known and cost - d["bound_j"] <= 2e-6 * cost
    true = {"certified": known, "bounded": known, "feasible": not known, "optimal": near}
    return "" if true.get(d["verdict"], False) else "verdict"


def states_nothing_false(case: Case, given: Document, d: Document) -> bool:
    """Whether an accepted file agrees with brute force: no certified bound above the optimum, no plan below it."""
    if given != case.given:  # another instance: brute force does not know it, checker and certifier do
        return True
    top = case.optimum * (1 + SMALLEST_LIE)
    bounds = [x for x in (d["certified_j"], d["certificate"] and d["certificate"]["bound_j"]) if x is not None]
    return all(x <= top for x in bounds) and (
        d["plan"] is None or d["objective_j"] >= case.optimum * (1 - SMALLEST_LIE)
    )


def trial(count: int, seeds: range, seed: int) -> dict[str, int]:
    """Mutations until ``count`` of them are false; what became of them, by kind."""
    found, rng = cases(seeds), np.random.default_rng(seed)
    assert {case.name.split()[0] for case in found} == {"J-E", "J-L", "J-C", "J-A"}
    for case in found:
        assert roughly(case.given, case.result) == HANDLED, case.name
        assert exactly(case.given, case.result) in (HANDLED, UNKNOWN), case.name
    seen = {"false": 0, "by exact arithmetic": 0, "true": 0}
    while seen["false"] < count:
        case = found[rng.integers(len(found))]
        others = [other for other in found if other is not case and other.name.split()[0] == case.name.split()[0]]
        kind, given, result = mutate(case, others, rng)
        lie, exact = falsehood(given, result), exactly(given, result)
        if not lie:
            assert exact != HANDLED or states_nothing_false(case, given, result), (case.name, kind)
            seen["true"] += 1
            continue
        if exact == HANDLED and lie.startswith(FORM):
            # Stricter readers refuse it for what changes nothing: a layer named twice, an option that nobody has.
            assert states_nothing_false(case, given, result), (case.name, kind, lie)
            assert kind == "layers" or "plan" not in lie, (case.name, kind, lie)
            seen["true"] += 1
            continue
        rejected = exact == REFUTED if exact != UNKNOWN else roughly(given, result) == REFUTED
        assert rejected, (case.name, kind, lie)
        seen["false"] += 1
        seen["by exact arithmetic"] += exact == REFUTED
    return seen


def test_300_false_files_are_refused() -> None:
    seen = trial(300, range(2), seed=1)
    assert seen["by exact arithmetic"] > 150


@pytest.mark.nightly
def test_10000_false_files_are_refused() -> None:
    seen = trial(10_000, range(6), seed=2)
    print(seen)
    assert seen["by exact arithmetic"] > 5_000
