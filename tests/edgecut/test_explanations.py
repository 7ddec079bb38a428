"""Exact arithmetic beside the checker, explanations, cards and pictures: what they say of every kind of result."""

from __future__ import annotations

import dataclasses
import io
import json
import math
from pathlib import Path

import numpy as np
import pytest

from edgecut import exact as exactly
from edgecut.card import percent_up, result_card
from edgecut.explain import explain_user, explanation_text
from instances.check import check
from instances.errors import InputError
from instances.generate import generate
from instances.instance import Instance
from instances.verify import Wrong
from results.plan_picture import draw_plan
from solvers import Limits, Result, Verdict, solve
from solvers.answer import Answer, Stop
from solvers.result_file import examine, result_to_json
from tests.builders import tiny_admission, tiny_instance
from tests.family_builders import tiny_families


def documents(instance: Instance, result: Result) -> dict[str, object]:
    found: dict[str, object] = json.loads(json.dumps(result_to_json(result)))
    return found


@pytest.fixture(scope="module")
def solved() -> tuple[Instance, Result]:
    instance = tiny_instance(4, tightness=0.3, memory_limits=False)
    return instance, solve(instance, "branch")


def test_exact_arithmetic_is_left_to_small_json_files(
    solved: tuple[Instance, Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    instance, result = solved
    document = documents(instance, result)
    found = examine(instance, document)
    for path, wanted, why in ((Path("i.parquet"), None, "no JSON file"), (Path("i.json"), False, "--no-exact")):
        told = exactly.run_exactly(path, instance, document, found, wanted)
        assert why in told.line and not told.ran and not told.faults
    monkeypatch.setattr(exactly, "MOST_LINKS", 0)
    assert "unless --exact" in exactly.run_exactly(Path("i.json"), instance, document, found, None).line
    assert exactly.run_exactly(Path("i.json"), instance, document, found, True).ran


def test_an_exact_verifier_that_disagrees_is_a_fault(
    solved: tuple[Instance, Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refuted, senseless, or other figures: what the checker confirmed becomes a fault; what it refuted stays one."""
    instance, result = solved
    document = documents(instance, result)
    found, path = examine(instance, document), Path("i.json")

    def refutes(*_: object) -> None:
        raise Wrong("the plan is late", 4)

    def trips(*_: object) -> None:
        raise KeyError("users")

    for verifier, why in ((refutes, "the plan is late"), (trips, "make no sense")):
        monkeypatch.setattr(exactly, "verify", verifier)
        told = exactly.run_exactly(path, instance, document, found, None)
        assert told.ran and why in told.line and why in told.faults[0]
        beside = dataclasses.replace(found, faults=["something"])
        told = exactly.run_exactly(path, instance, document, beside, None)
        assert told.ran and not told.faults and "as well" in told.line
    monkeypatch.setattr(exactly, "verify", lambda *_: (2 * result.objective_j, 0.0))
    told = exactly.run_exactly(path, instance, document, found, None)
    assert told.line == "exact arithmetic: something else"
    assert [fault.split(":")[0].rsplit(" ", 1)[1] for fault in told.faults] == ["objective", "bound"]
    told = exactly.run_exactly(path, instance, document, beside, None)
    assert "something else that the file says" in told.line and not told.faults


def test_a_certificate_that_is_not_handled_leaves_the_plan(
    solved: tuple[Instance, Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    instance, result = solved
    document = documents(instance, result)
    found, path = examine(instance, document), Path("i.json")
    whole = exactly.verify

    def without_certificates(stored: object, given: dict[str, object]) -> object:
        if given["certificate"] is not None:
            raise Wrong("a certificate of another kind", exactly.UNKNOWN)
        return whole(stored, given)

    monkeypatch.setattr(exactly, "verify", without_certificates)
    told = exactly.run_exactly(path, instance, document, found, None)
    assert told.ran and not told.faults and told.bound is None
    assert "the plan holds" in told.line and "not handled: a certificate of another kind" in told.line
    assert told.objective == pytest.approx(result.objective_j)

    def late(stored: object, given: dict[str, object]) -> object:
        raise (
            Wrong("not handled at all", exactly.UNKNOWN)
            if given["certificate"] is not None
            else Wrong("the plan is late", 4)
        )

    monkeypatch.setattr(exactly, "verify", late)
    assert "the plan is late" in exactly.run_exactly(path, instance, document, found, None).faults[0]

    def never(stored: object, given: dict[str, object]) -> object:
        raise Wrong("not handled at all", exactly.UNKNOWN)

    monkeypatch.setattr(exactly, "verify", never)
    told = exactly.run_exactly(path, instance, document, found, None)
    assert not told.ran and not told.faults and "not handled (not handled at all)" in told.line


def no_plan() -> Result:
    instance = generate("campus", users=3, servers=1, seed=3)
    return solve(instance.replace(users=instance.users.replace(deadline_s=np.full(3, 1e-6))), "greedy")


def admission() -> Result:
    """A plan that admits some and turns others away."""
    for seed in range(20):
        result = solve(tiny_admission(seed), "branch", limits=Limits(gap=1e-4, nodes=50))
        if result.valid and result.report is not None and 0 < result.report.admitted.sum() < result.instance.n_users:
            return result
    raise AssertionError("every instance admits all or nobody")


def test_a_user_that_is_turned_away_is_told_so(tmp_path: Path) -> None:
    result = admission()
    assert result.report is not None
    for i, name in enumerate(result.instance.users.name):
        explained = explain_user(result, str(name))
        assert (explained["choice"] == "turned away") == (not result.report.admitted[i])
        assert explained["cost"] == pytest.approx(result.report.user_cost[i])
        assert explained["choice"] in explanation_text(explained)
    draw_plan(result, tmp_path / "plan.png")
    assert (tmp_path / "plan.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(InputError, match="no kind of picture known here"):
        draw_plan(result, tmp_path / "plan.bmp")
    out = io.StringIO()
    result_card(result, out)
    kept = result.report.admitted
    assert f"{int(kept.sum())} of {len(kept)} users" in out.getvalue()


def test_budgets_that_bind_are_named() -> None:
    """What the plan spends is made the budget: of every device that is admitted, and of every server with work."""
    result = admission()
    assert result.report is not None and result.plan is not None
    report, admitted = result.report, result.report.admitted
    spent = np.where(admitted, report.compute_j + report.radio_j, 1.0)
    tight = result.instance.replace(
        device_budget_j=np.maximum(spent, 1e-12),
        energy_budget_j=np.where(report.server_energy_j > 0, report.server_energy_j, 1e9),
    )
    again = Result.checked(tight, Answer(None, Stop.FINISHED), result.plan, method="branch")
    assert again.valid, again.message
    for i, name in enumerate(tight.users.name):
        binding, server = explain_user(again, str(name))["binding"], int(result.plan.server[i])
        assert ("the energy budget of its device" in binding) == bool(admitted[i])
        if server >= 0:
            named = f"the energy budget of {tight.servers.name[server]}" in binding
            assert named == bool(report.server_energy_j[server] > 0)


def test_what_a_server_passes_on_is_told() -> None:
    """Somewhere a cloud behind the server runs some layers: how many, and which cloud."""
    for seed in range(40):
        result = solve(tiny_families(seed), "greedy")
        if not result.valid or result.plan is None:
            continue
        for i, name in enumerate(result.instance.users.name):
            way = result.plan.cuts[int(result.plan.cut[i])]
            choice = explain_user(result, str(name))["choice"]
            passes = result.plan.server[i] >= 0 and way.passed_on is not None
            assert ("layers on to" in choice) == passes
            if passes:
                assert way.passed_on is not None
                cloud = result.instance.clouds.name[result.instance.server_cloud[result.plan.server[i]]]
                assert f"passes {int(way.passed_on.sum())} layers on to {cloud}" in choice
                return
    raise AssertionError("no plan uses a cloud")


def test_cards_round_up_and_say_whose_word_it_is(solved: tuple[Instance, Result]) -> None:
    assert percent_up(math.inf) == "∞" and percent_up(0.0) == "0.0000 %"
    assert percent_up(1.00000001e-6) == "0.0002 %"
    instance, result = solved
    out = io.StringIO()
    result_card(no_plan(), out)
    assert "note" in out.getvalue() and "J-E" not in out.getvalue() and "load" not in out.getvalue()
    half = Answer(None, Stop.NODES, bound_j=0.9 * result.objective_j)
    out = io.StringIO()
    result_card(Result.checked(instance, half, result.plan, method="prices"), out)
    assert "the solver's word" in out.getvalue() and result.verdict is Verdict.CERTIFIED
    assert check(instance, result.plan).valid if result.plan is not None else False


def test_no_plan_no_picture(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no valid plan to draw"):
        draw_plan(no_plan(), tmp_path / "p.png")
    assert not (tmp_path / "p.png").exists()
