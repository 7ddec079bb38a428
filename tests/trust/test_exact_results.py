"""`instances.verify`: what a result says of its plan and its bound, and the verdicts that follow."""

from __future__ import annotations

import copy
import json
import math
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from instances import verify as exact
from tests.trust.exact_words import SPLIT, prices, proven, still
from tests.trust.hand_made import (
    Document,
    certificate,
    cost_of,
    given,
    network,
    plan,
    result,
    stay,
)


@pytest.fixture(scope="module")
def sound() -> tuple[Document, Document]:
    """An instance, and a result about it all of which is true: a plan that costs 3 % more than what is proven."""
    d = still("J-L")
    rows = [SPLIT[0] | {"clock": 1.0}, SPLIT[1] | {"clock": 1.0}, stay("cid")]
    bound = proven(d, prices())
    objective = float(cost_of(d, rows))
    gap = (objective - bound) / objective
    said = {"bound_j": bound, "certified_j": bound, "gap": gap * (1 + 1e-12), "verdict": "certified"}
    return d, result(rows, objective, certificate=certificate(bound, prices()), **said)


def refused(d: Document, r: Document) -> str:
    try:
        exact.verify(copy.deepcopy(d), copy.deepcopy(r))
    except exact.Wrong as error:
        assert error.args[1] == 4
        return str(error.args[0])
    return ""


def test_what_a_result_says(sound: tuple[Document, Document]) -> None:
    d, r = sound
    cost_, bound = exact.verify(copy.deepcopy(d), copy.deepcopy(r))
    assert float(cost_) == r["objective_j"] and float(bound) == pytest.approx(r["bound_j"], rel=1e-15)
    objective, certified = r["objective_j"], r["bound_j"]
    for factor in (1 + 5e-10, 1 - 5e-10):
        assert refused(d, {**r, "objective_j": objective * factor, "gap": 1.0}) == ""
    for objective_j in (objective * (1 + 2e-9), objective * (1 - 2e-9), None, 0.0, -objective):
        assert refused(d, {**r, "objective_j": objective_j, "gap": 1.0}).startswith("the plan costs")
    for factor, broken in ((1 + 5e-10, False), (1 + 3e-9, True), (0.5, False)):
        found = refused(d, {**r, "certified_j": certified * factor})
        assert found.startswith("the certified bound is") == broken and bool(found) == broken
    for factor, broken in ((1 + 5e-10, False), (1 + 3e-9, True), (0.5, False)):
        found = refused(d, {**r, "certificate": {**r["certificate"], "bound_j": certified * factor}})
        assert found.startswith("the certificate proves") == broken and bool(found) == broken
    assert refused(d, {**r, "certified_j": None}) == ""
    gap = r["gap"]
    for factor, broken in ((1.0, False), (1 - 1e-6, True), (2.0, False)):
        assert refused(d, {**r, "gap": gap * factor}) == ("the gap is larger than stated" if broken else "")
    assert refused(d, {**r, "gap": None}) == ""
    assert refused(d, {**r, "bound_j": None, "certified_j": None, "gap": 0.5, "verdict": "feasible"}).startswith(
        "the gap"
    )
    assert (
        refused(d, {**r, "bound_j": objective * (1 + 2e-6), "verdict": "bounded"})
        == "a bound above what the plan costs"
    )
    assert refused(d, {**r, "bound_j": objective * (1 + 5e-7), "verdict": "bounded"}) == ""
    for schema in ("edgecut-result/1", None):
        with pytest.raises(exact.Wrong) as caught:
            exact.verify(copy.deepcopy(d), {**r, "schema": schema})
        assert caught.value.args[1] == 65
    whole = {**r["certificate"], "whole": True}
    with pytest.raises(exact.Wrong) as caught:
        exact.verify(copy.deepcopy(d), {**r, "certificate": whole})
    assert caught.value.args[1] == 65
    for broken in ({"servers": ["near"]}, {"servers": ["near", "else"]}, {"more": 1}, {"nodes": []}):
        assert refused(d, {**r, "certificate": {**r["certificate"], **broken}}) if broken != {"nodes": []} else True
    turned = {**r["certificate"], "servers": ["far", "near"]}
    assert refused(d, {**r, "certificate": turned}) == ""


def test_verdicts(sound: tuple[Document, Document]) -> None:
    d, r = sound
    objective, certified = r["objective_j"], r["bound_j"]

    def verdicts(**said: Any) -> set[str]:
        names = ("certified", "bounded", "feasible", "optimal", "infeasible", "unknown", "odd")
        found = {name: refused(d, {**r, **said, "verdict": name}) for name in names}
        assert set(found.values()) <= {"", "the verdict does not follow"}
        return {name for name, broken in found.items() if not broken}

    assert verdicts() == {"certified", "bounded"}
    better = certified + 0.5 * (objective - certified)
    assert verdicts(bound_j=better) == {"bounded"}
    assert verdicts(bound_j=certified * 0.9, gap=None) == {"certified", "bounded"}
    assert verdicts(bound_j=None, certified_j=None, gap=None) == {"feasible"}
    assert verdicts(bound_j=objective) == {"bounded", "optimal"}
    assert verdicts(bound_j=objective * (1 - 0.9e-6)) == {"bounded", "optimal"}
    assert verdicts(bound_j=objective * (1 - 1.1e-6)) == {"bounded"}
    assert verdicts(bound_j=certified, limits={"gap": 0.9 * r["gap"]}) == {"certified", "bounded"}
    assert verdicts(bound_j=certified, limits={"gap": 1.1 * r["gap"]}) == {"certified", "bounded", "optimal"}
    for part, names in ((0.25 * (1 + 5e-10), {"bounded", "optimal"}), (0.25 * (1 + 2e-9), {"bounded"})):
        assert verdicts(bound_j=objective * (1 - part), gap=None, limits={"gap": 0.25}) - {"certified"} == names
    assert verdicts(bound_j=objective * (1 - 0.8e-9), limits={"gap": 0.0}) == {"bounded", "optimal"}
    assert verdicts(bound_j=objective * (1 - 3e-9), limits={"gap": 0.0}) == {"bounded"}
    nothing: Document = {"plan": None, "objective_j": None, "gap": None, "certificate": None, "certified_j": None}
    assert verdicts(**nothing) == {"infeasible", "unknown"}
    for said in ({"objective_j": 1.0}, {"gap": 0.5}):
        assert refused(d, {**r, **nothing, **said, "verdict": "unknown"}) == "the plan costs inf"
    assert exact.verify(copy.deepcopy(d), {**r, **nothing, "verdict": "unknown"}) == (math.inf, -math.inf)


def test_a_case_without_a_plan_is_proven_infeasible() -> None:
    """Nobody can be in time: every user is without an option, and whatever is claimed is proven."""
    d = given()
    for user in d["users"]:
        user["deadline_s"] = 0.25
    nothing = result([stay("ann")], 0.0, plan=None, objective_j=None, verdict="infeasible",
                     certificate=certificate(None, prices()), certified_j=None)  # fmt: skip
    assert exact.verify(copy.deepcopy(d), copy.deepcopy(nothing)) == (math.inf, math.inf)
    assert refused(given(), nothing) == "the certificate proves 0" or refused(given(), nothing).startswith(
        "the certificate"
    )
    assert refused(d, {**nothing, "plan": plan(stay("ann"), stay("bob"), stay("cid")), "objective_j": 1.0}).endswith(
        "is late"
    )


def test_a_bound_below_nothing_counts_as_nothing() -> None:
    """Prices so high that the dual is negative prove that costs are not."""
    d = still()
    r = result([stay("ann"), stay("bob"), stay("cid")], float(cost_of(d, [stay(u) for u in ("ann", "bob", "cid")])))
    high = prices((1e6,) * 3, (1e6,) * 3)
    for claim, broken in ((0.0, False), (-5.0, False), (1.0, True)):
        found = refused(d, {**r, "certificate": certificate(claim, high)})
        assert bool(found) == broken, found
    _, bound = exact.verify(copy.deepcopy(d), {**r, "certificate": certificate(0.0, high)})
    assert bound == 0


def test_the_program(sound: tuple[Document, Document], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    d, r = sound
    files = {"i": d, "r": r, "lie": {**r, "objective_j": 2 * r["objective_j"]}, "old": {**r, "schema": "?"}, "bad": []}
    for name, content in files.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    words = {"r": (0, "holds: the plan costs"), "lie": (4, "WRONG: the plan costs"),
             "old": (65, "not handled: an older"), "bad": (4, "WRONG: the files make no sense: TypeError"),
             "gone": (4, "WRONG: the files make no sense")}  # fmt: skip
    for name, (status, word) in words.items():
        assert exact.main(str(tmp_path / "i.json"), str(tmp_path / f"{name}.json")) == status
        said = capsys.readouterr().out
        assert said.startswith(word) and len(said.splitlines()) == 1
    assert exact.main(str(tmp_path / "i.json"), str(tmp_path / "r.json")) == 0
    said = capsys.readouterr().out
    assert said == f"holds: the plan costs {r['objective_j']:.9g}, and no plan less than {r['bound_j']:.9g}\n"
    named = {**d, "networks": [{"name": "net"}]}
    (tmp_path / "i.json").write_text(json.dumps(named))
    (tmp_path / "net.json").write_text(json.dumps(network()))
    assert exact.main(str(tmp_path / "i.json"), str(tmp_path / "r.json")) == 4
    assert exact.main(str(tmp_path / "i.json"), str(tmp_path / "r.json"), str(tmp_path)) == 0
    shutil.copy(exact.__file__, tmp_path / "verify.py")
    for name, status in (("r", 0), ("lie", 4)):
        done = subprocess.run([sys.executable, "-I", "-S", "verify.py", "i.json", f"{name}.json", "."], cwd=tmp_path,
                              capture_output=True, text=True, timeout=120)  # fmt: skip
        assert done.returncode == status and done.stdout.startswith(("holds", "WRONG")), done.stderr
