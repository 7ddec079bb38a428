"""Certificates in results: what CERTIFIED means, and what is read back from documents."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import numpy as np
import pytest

import instances.certify
from instances.certificate import Certificate, Dropped, Leaf, UserSplit
from instances.certificate_file import certificate_from_json, certificate_to_json
from instances.certify import certify
from instances.errors import InputError
from instances.expand import expand
from instances.generate import generate
from solvers import Limits, Result, Verdict, solve
from solvers.answer import Answer, Stop
from solvers.branch.cases import Record
from solvers.branch.proof import _tree
from solvers.branch.rates import Rates
from solvers.result_file import examine, result_from_json, result_to_json, verify
from tests.builders import tiny_admission, tiny_instance
from tests.solvers.certified import CASES, certified_result


@pytest.fixture(scope="module", params=CASES, ids=lambda p: p[0])
def certified(request: pytest.FixtureRequest) -> Result:
    return certified_result(*request.param)


@pytest.fixture(scope="module")
def priced() -> Result:
    return solve(generate("campus", users=12, servers=3, seed=1), "prices", limits=Limits(rounds=10))


def judged(result: Result, *, gap: float = 1e-4, certify: bool = True, **claims: Any) -> Result:
    """The result that an answer with other claims would have become."""
    answer = Answer(None, Stop.FINISHED, result.bound_j, result.objective_j, certificate=result.certificate)
    return Result.checked(result.instance, dataclasses.replace(answer, **claims), result.plan, method="prices",
                          limits=Limits(gap=gap), certify=certify)  # fmt: skip


def test_plan_and_bound_make_it_certified(certified: Result, priced: Result) -> None:
    for result in (certified, priced):
        assert (result.verdict, result.message) == (Verdict.CERTIFIED, "")
        assert result.certificate is not None
        proof = certify(result.instance, result.certificate)
        assert result.bound_j == result.certified_j == result.certificate.bound_j == proof.bound_j
        assert result.gap == result.certified_gap < math.inf and result.certify_s > 0


def test_without_certification_nothing_rests_on_it(priced: Result) -> None:
    result = judged(priced, certify=False)
    assert result.verdict is Verdict.BOUNDED and result.certified_j == -math.inf and result.certificate is not None
    assert result.certified_gap == math.inf


def test_a_better_bound_stays_the_solvers_word(certified: Result) -> None:
    """Further apart than the gap asked for: both bounds are kept, and the verdict is about the solver's."""
    assert certified.certified_gap > 1e-4
    result = judged(certified, bound_j=certified.objective_j)
    assert result.verdict is Verdict.OPTIMAL
    assert result.bound_j == result.objective_j and result.certified_j == certified.certified_j
    loose = judged(certified, bound_j=0.5 * (certified.objective_j + certified.certified_j))
    assert loose.verdict is Verdict.BOUNDED and loose.certified_j < loose.bound_j
    for kept in (result, loose):
        assert verify(kept.instance, result_to_json(kept)) == []


def test_a_certified_gap_within_the_limit_is_enough(certified: Result) -> None:
    result = judged(certified, gap=0.99, bound_j=certified.objective_j)
    assert result.verdict is Verdict.CERTIFIED and result.bound_j == result.certified_j
    assert result.detail["solver_bound_j"] == certified.objective_j
    document = result_to_json(result)
    assert verify(result.instance, document) == []
    assert result_to_json(result_from_json(result.instance, document)) == document


def test_a_modest_claim_gets_what_is_proven(certified: Result) -> None:
    result = judged(certified, bound_j=-math.inf)
    assert result.verdict is Verdict.CERTIFIED and result.bound_j == certified.certified_j


def test_a_certificate_that_proves_less_than_it_says_is_wrong(certified: Result) -> None:
    assert certified.certificate is not None
    more = dataclasses.replace(certified.certificate, bound_j=certified.certified_j * (1 + 1e-6))
    result = judged(certified, certificate=more)
    assert result.verdict is Verdict.WRONG and "certificate claims" in result.message
    assert result.certified_j == certified.certified_j


def test_a_certificate_that_is_not_understood_is_wrong(certified: Result) -> None:
    for root in (Leaf(np.full((3, 2), -1.0)), Leaf(np.zeros((2, 2))), None):
        result = judged(certified, certificate=Certificate(root, 0.0))  # type: ignore[arg-type]
        assert result.verdict is Verdict.WRONG and "certificate rejected" in result.message
        assert result.certificate is None and result.certified_j == -math.inf


def test_a_certificate_above_the_plan_is_wrong(certified: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    high = instances.certify.Proof(2 * certified.objective_j, 0.0, 1)
    monkeypatch.setattr("solvers.result.prove", lambda *_: high)
    result = judged(certified)
    assert result.verdict is Verdict.WRONG and "above a verified plan" in result.message
    assert result.certified_j == -math.inf


def test_without_a_plan_the_bound_is_proven_all_the_same(certified: Result) -> None:
    answer = Answer(None, Stop.TIME, certified.bound_j, certificate=certified.certificate)
    result = Result.checked(certified.instance, answer, None, method="prices")
    assert result.verdict is Verdict.UNKNOWN and result.bound_j == result.certified_j == certified.certified_j
    assert verify(result.instance, result_to_json(result)) == []


def test_interrupted_certification_keeps_the_rest(certified: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("solvers.result.prove", interrupt)
    result = judged(certified)
    assert result.verdict is Verdict.BOUNDED and result.valid and result.certified_j == -math.inf


def test_documents_round_trip(certified: Result, priced: Result) -> None:
    for result in (certified, priced, judged(priced, certify=False)):
        document = result_to_json(result)
        assert result_to_json(result_from_json(result.instance, document)) == document
        assert verify(result.instance, document) == []


def test_verify_recomputes_what_was_not(priced: Result) -> None:
    document = result_to_json(judged(priced, certify=False))
    assert document["certified_j"] is None
    assert examine(priced.instance, document).certified_j == priced.certified_j
    document["certificate"]["bound_j"] *= 1.001
    assert "certificate claims" in verify(priced.instance, document)[0]


def test_documents_of_the_first_schema_are_read() -> None:
    instance = tiny_instance(2, allocation="continuous", tightness=0.4, memory_limits=False)
    document = result_to_json(solve(instance, "brute_force"))
    old = {k: v for k, v in document.items() if k not in ("certificate", "certified_j", "certify_s")}
    old["schema"] = "edgecut-result/1"
    assert verify(instance, old) == []
    again = result_from_json(instance, old)
    assert again.verdict is Verdict.OPTIMAL and again.certificate is None
    with pytest.raises(InputError, match="verdict"):
        verify(instance, {**old, "verdict": "certified"})


@pytest.mark.parametrize("method", ["prices", "branch"])
def test_certificates_of_other_problems_count_as_no_proof(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the certifier does not know the costs, it refuses, and the verdict is by the solver's word."""
    for module in ("instances.certify", "solvers.result"):
        monkeypatch.setattr(f"{module}.CERTIFIABLE", ("J-E",))
    instance = tiny_instance(4, allocation="continuous", problem="J-L")
    result = solve(instance, method, limits=Limits(gap=1e-6))
    assert result.certificate is not None and result.certified_j == -math.inf
    assert result.verdict in (Verdict.OPTIMAL, Verdict.BOUNDED), result.message
    with pytest.raises(InputError, match="is J-L"):
        certify(instance, result.certificate)
    document = result_to_json(result)
    found = examine(instance, json.loads(json.dumps(document)))
    assert found.faults == [] and found.certified_j == -math.inf
    assert result_to_json(result_from_json(instance, document)) == document


def test_rejections_in_a_split_are_read_back() -> None:
    instance = tiny_admission(4, allocation="continuous", budgets=False)
    leaf = Leaf(np.zeros((3, instance.n_servers)))
    one = Certificate(UserSplit(1, ((-1, -1), (0, 1)), leaf, leaf), 0.0)
    document = certificate_to_json(instance, one)
    root = certificate_from_json(instance, document).root
    assert isinstance(root, UserSplit) and root.options[0] == (-1, -1)
    assert certificate_to_json(instance, Certificate(root, 0.0)) == document


def test_a_split_whose_first_part_has_nothing_to_choose_is_no_node() -> None:
    """Found on the library's metro-e-60x3-light-c-1 at a gap of 1e-7: its certificate was rejected."""
    table = expand(generate("campus", users=3, servers=2, seed=1))
    rates = Rates(np.zeros((2 + len(table.stocks), table.n_servers)))
    parts = Record(rates, np.inf), Record(rates, 1.0)
    nothing = np.zeros(0, dtype=np.int64)
    split = Record(rates, 1.0, sieve=rates, user=0, among=nothing, parts=parts)
    made = _tree(table, split, np.arange(len(table)))
    assert isinstance(made, Dropped) and isinstance(made.rest, Leaf)
