"""Results are made by the checker: what it cannot confirm is demoted or refuted."""

from __future__ import annotations

import copy
import dataclasses
import math
from typing import Any

import pytest

from instances.errors import InputError
from instances.plan import Plan
from solvers import Limits, Result, Verdict, solve
from solvers.answer import Answer, Stop, relative_gap
from solvers.result_file import result_from_json, result_to_json, verify
from tests.builders import tiny_instance


@pytest.fixture(scope="module")
def solved() -> Result:
    return solve(tiny_instance(2, allocation="continuous", tightness=0.4, memory_limits=False), "brute_force")


def judged(solved: Result, plan: Plan | None = None, **claims: Any) -> Result:
    """The result that an answer with other claims would have become."""
    answer = Answer(None, Stop.FINISHED, solved.bound_j, solved.objective_j)
    chosen = solved.plan if plan is None else plan
    return Result.checked(solved.instance, dataclasses.replace(answer, **claims), chosen, method="test")


def test_honest_claims_are_confirmed(solved: Result) -> None:
    result = judged(solved)
    assert (result.verdict, result.message) == (Verdict.OPTIMAL, "")
    assert result.objective_j == solved.objective_j and result.gap <= 1e-9


def test_without_a_bound_it_is_feasible(solved: Result) -> None:
    result = judged(solved, bound_j=-math.inf)
    assert result.verdict is Verdict.FEASIBLE and result.gap == math.inf


def test_a_loose_bound_is_bounded(solved: Result) -> None:
    result = judged(solved, bound_j=0.9 * solved.objective_j)
    assert result.verdict is Verdict.BOUNDED and result.gap == pytest.approx(0.1)


def test_a_wrong_objective_is_refuted(solved: Result) -> None:
    result = judged(solved, objective_j=solved.objective_j * 0.999)
    assert result.verdict is Verdict.WRONG and "the plan is worth" in result.message


def test_a_bound_above_the_plan_is_refuted_and_dropped(solved: Result) -> None:
    result = judged(solved, bound_j=solved.objective_j * 1.001)
    assert result.verdict is Verdict.WRONG and result.bound_j == -math.inf


def test_infeasible_beside_a_plan_is_refuted(solved: Result) -> None:
    assert judged(solved, stop=Stop.INFEASIBLE).verdict is Verdict.WRONG


def test_an_invalid_plan_is_worth_nothing(solved: Result) -> None:
    assert solved.plan is not None
    result = judged(solved, plan=solved.plan.replace(clock=solved.plan.clock * 0.01))
    assert result.verdict is Verdict.WRONG and result.objective_j == math.inf


def test_no_plan_is_never_zero(solved: Result) -> None:
    for stop, verdict in ((Stop.TIME, Verdict.UNKNOWN), (Stop.INFEASIBLE, Verdict.INFEASIBLE)):
        result = Result.checked(solved.instance, Answer(None, stop), None, method="test")
        assert (result.verdict, result.objective_j, result.gap) == (verdict, math.inf, math.inf)


def test_gap_conventions() -> None:
    assert relative_gap(100.0, 99.0) == pytest.approx(0.01)
    assert relative_gap(5.0, 5.0) == 0.0 == relative_gap(0.0, 0.0)
    assert relative_gap(math.inf, 1.0) == math.inf == relative_gap(1.0, -math.inf)


def test_limits_are_checked() -> None:
    bad_limits: list[dict[str, Any]] = [
        {"gap": -1.0},
        {"time_s": math.nan},
        {"nodes": -1},
        {"gap": math.inf},
        {"gap": "x"},
    ]
    bad_limits += [{"nodes": 1.5}, {"time_s": True}, {"nodes": 2**31}, {"gap": None}]
    for bad in bad_limits:
        with pytest.raises(InputError, match="limits"):
            Limits(**bad)


def test_document_round_trip(solved: Result) -> None:
    document = result_to_json(solved)
    again = result_from_json(solved.instance, document)
    assert result_to_json(again) == document
    assert verify(solved.instance, document) == []


def _spoil(path: str, value: Any) -> Any:
    def change(document: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        place: Any = document
        for key in parents:
            place = place[int(key)] if isinstance(place, list) else place[key]
        place[int(last) if isinstance(place, list) else last] = value(place[last]) if callable(value) else value

    return change


LIES = {
    "objective too low": _spoil("objective_j", lambda v: v * 0.999),
    "objective too high": _spoil("objective_j", lambda v: v * 1.001),
    "objective missing": _spoil("objective_j", None),
    "bound above the plan": _spoil("bound_j", lambda v: v * 1.01),
    "gap too small": _spoil("bound_j", lambda v: v * 0.5),
    "verdict too good": lambda d: d.update(bound_j=d["bound_j"] * 0.5, gap=0.5),
    "verdict wrong": _spoil("verdict", "infeasible"),
    "another instance": _spoil("instance.fingerprint", "0" * 64),
    "plan dropped": _spoil("plan", None),
    "clock too slow": _spoil("plan.users.0.clock", 1e-3),
    "objective hidden": lambda d: d.update(objective_j=None, verdict="feasible"),
    "gap hidden": _spoil("gap", None),
    "infeasible with a forged stop": lambda d: d.update(
        plan=None, objective_j=None, bound_j=None, gap=None, verdict="infeasible", stop="infeasible"
    ),
    "infeasible beside the plan": _spoil("stop", "infeasible"),
    "unknown with a gap": lambda d: d.update(plan=None, objective_j=None, verdict="unknown"),
    "feasible with a bound": _spoil("verdict", "feasible"),
    "bounded at no gap": _spoil("verdict", "bounded"),
}


@pytest.mark.parametrize("lie", LIES)
def test_verify_refutes(lie: str, solved: Result) -> None:
    document = copy.deepcopy(result_to_json(solved))
    LIES[lie](document)
    assert verify(solved.instance, document)


BROKEN = {
    "schema missing": lambda d: d.pop("schema"),
    "newer schema": _spoil("schema", "edgecut-result/3"),
    "older schema with new fields": _spoil("schema", "edgecut-result/1"),
    "field missing": lambda d: d.pop("gap"),
    "field unknown": lambda d: d.update(colour="blue"),
    "objective a text": _spoil("objective_j", "low"),
    "verdict unknown": _spoil("verdict", "splendid"),
    "stop unknown": _spoil("stop", "tired"),
    "limits a list": _spoil("limits", []),
    "gap limit a text": _spoil("limits.gap", "small"),
    "trace of numbers": _spoil("trace", [1.0]),
    "plan of an unknown user": _spoil("plan.users.0.user", "nobody"),
    "time limit a text": _spoil("limits.time_s", "abc"),
    "nodes a fraction": _spoil("limits.nodes", 1.5),
    "time limit negative": _spoil("limits.time_s", -1.0),
    "trace with a text": _spoil("trace", [[0.0, "x", 2.0]]),
    "trace with a list": _spoil("trace", [[0.0, 1.0, []]]),
    "detail a text": _spoil("detail", {"a": "b"}),
    "seed negative": _spoil("seed", -5),
    "method unknown": _spoil("method", "nope"),
    "versions a number": _spoil("versions", 5),
    "instance name a number": _spoil("instance.name", 5),
    "build time negative": _spoil("build_s", -1.0),
    "share a text": _spoil("plan.users.0.uplink_share", "half"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_broken_documents_are_bad_input(fault: str, solved: Result) -> None:
    document = copy.deepcopy(result_to_json(solved))
    BROKEN[fault](document)
    with pytest.raises(InputError):
        verify(solved.instance, document)


def test_the_most_nodes_are_what_a_solver_counts() -> None:
    assert Limits(nodes=2**31 - 1).nodes == 2**31 - 1
    with pytest.raises(InputError, match="nodes"):
        Limits(nodes=2**31)
