"""Submitting: only what is better and holds is taken."""

from __future__ import annotations

import copy
import dataclasses
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from instances.certificate import Certificate, Leaf
from instances.errors import InputError
from instances.file_lock import try_lock
from instances.instance import Instance
from instances.json_text import read_json
from instances.library import best, check, load, submit, take_word
from instances.library.entries import entry
from instances.library.records import Record, record_path, write_record
from instances.library.rules import Offer, sign
from instances.library.system_plans import system_plan_to_json
from solvers import Limits, solve
from solvers.result_file import result_to_json
from solvers.systems.droo import all_local
from tests.library.copies import copy_of

NAME, QUALITY, SYSTEM = "roadside-e-5x3-critical-c-1", "mixed-q-5x2-light-c-1", "droo-5x1-1"
EMPTY = "campus-e-5x2-impossible-c-remote-1"
POOR = "greedy"
"""A method whose plan is worse than the best."""
LIMITS = Limits(gap=1e-6, nodes=200)


@pytest.fixture(scope="module")
def instance() -> Instance:
    found: Instance = load(NAME)
    return found


@pytest.fixture(scope="module")
def solved(instance: Instance) -> Any:
    """What branch and price finds, as a result."""
    return solve(instance, limits=LIMITS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copy_of([NAME, QUALITY, EMPTY, SYSTEM], tmp_path / "library")


def weaken(folder: Path, instance: Instance, method: str = POOR) -> Record:
    """The record as if only a heuristic had run: a worse plan, a bound from prices of 0."""
    write_record(Record(entry(NAME, folder)), folder)
    by = sign(method, 0)
    nothing = Certificate(Leaf(np.zeros((3, instance.n_servers))), 0.0)
    offer = Offer(instance.fingerprint, solve(instance, method).plan, nothing, -math.inf, by)
    outcome = submit(NAME, offer, folder=folder)
    assert outcome.better == ("plan", "bound")
    return outcome.record


def test_what_is_known_already_is_not_taken(folder: Path, solved: Any) -> None:
    before = record_path(entry(NAME), folder).read_bytes()
    outcome = submit(NAME, solved, folder=folder)
    assert not outcome.accepted and not outcome.refuted and "no better" in outcome.why
    assert record_path(entry(NAME), folder).read_bytes() == before


def test_worse_is_not_taken(folder: Path, instance: Instance) -> None:
    worse = solve(instance, POOR)
    assert worse.objective_j > best(NAME).objective * 1.0001
    assert not submit(NAME, worse, folder=folder).accepted


def test_better_is_taken_with_its_signature(folder: Path, instance: Instance, solved: Any) -> None:
    old = weaken(folder, instance)
    outcome = submit(NAME, result_to_json(solved), folder=folder)
    assert outcome.better == ("plan", "bound")
    record = best(NAME, folder=folder)
    assert record.objective < old.objective and record.bound > old.bound and record.gap <= 2e-6
    assert record.by is not None and (record.by.method, record.by.edgecut) == ("branch", "0.1.0")
    assert check(NAME, folder=folder) == []


def test_plan_and_bound_are_taken_one_by_one(folder: Path, instance: Instance, solved: Any) -> None:
    old, document = weaken(folder, instance), result_to_json(solved)
    plan_only = {**document, "certificate": None}
    assert submit(NAME, plan_only, folder=folder).better == ("plan",)
    assert best(NAME, folder=folder).bound == old.bound, "the bound that the document claims is nobody's word here"
    assert submit(NAME, {**document, "plan": None}, folder=folder).better == ("bound",)
    record = best(NAME, folder=folder)
    assert record.by is not None and record.bound_by is not None and check(NAME, folder=folder) == []


def test_hardly_better_is_not_better(folder: Path, solved: Any) -> None:
    record = best(NAME, folder=folder)
    write_record(dataclasses.replace(record, objective=record.objective * (1 + 5e-8)), folder)
    assert not submit(NAME, solved, folder=folder).accepted


def test_a_result_of_another_instance_is_refused(folder: Path, solved: Any) -> None:
    for other in (QUALITY, EMPTY):
        with pytest.raises(InputError, match="fingerprint"):
            submit(other, solved, folder=folder)
        with pytest.raises(InputError, match="fingerprint"):
            submit(other, result_to_json(solved), folder=folder)


def starve(document: dict[str, Any]) -> None:
    row = next(row for row in document["plan"]["users"] if row["server"] is not None)
    row["uplink_share"] /= 1000


def doze(document: dict[str, Any]) -> None:
    for row in document["plan"]["users"]:
        row["clock"] = 0.01


@pytest.mark.parametrize("change", [starve, doze])
def test_a_plan_that_breaks_a_rule_is_refuted(folder: Path, instance: Instance, solved: Any, change: Any) -> None:
    old = weaken(folder, instance)
    document = copy.deepcopy(result_to_json(solved)) | {"certificate": None}
    change(document)
    outcome = submit(NAME, document, folder=folder)
    assert outcome.refuted and not outcome.accepted and "breaks" in outcome.why
    assert best(NAME, folder=folder).objective == old.objective


def test_what_a_document_claims_counts_for_nothing(folder: Path, instance: Instance, solved: Any) -> None:
    old = weaken(folder, instance)
    poor = result_to_json(solve(instance, POOR))
    claims = {"objective_j": 0.001, "bound_j": poor["objective_j"], "certified_j": poor["objective_j"], "gap": 0.0,
              "verdict": "certified"}  # fmt: skip
    assert not submit(NAME, {**poor, **claims}, folder=folder).accepted
    certificate = {**result_to_json(solved)["certificate"]}
    certificate["nodes"] = [{"prices": [[0.0] * instance.n_servers] * 3}]
    outcome = submit(NAME, {**poor, "certificate": {**certificate, "bound_j": 1e6}}, folder=folder)
    assert not outcome.accepted and best(NAME, folder=folder).bound == old.bound


def test_a_certificate_that_is_no_tree_is_refuted(folder: Path, instance: Instance, solved: Any) -> None:
    weaken(folder, instance)
    negative = Certificate(Leaf(np.full((3, instance.n_servers), -1.0)), 5.0)
    offer = Offer(instance.fingerprint, None, negative, 5.0, sign("branch", 0))
    outcome = submit(NAME, offer, folder=folder)
    assert outcome.refuted and not outcome.accepted and "rejected" in outcome.why


@pytest.mark.parametrize("document", [
    {}, {"schema": "edgecut-result/1", "instance": {}, "method": "x", "plan": None},
    {"schema": "edgecut-result/2", "instance": {}, "method": "x", "plan": None},
])  # fmt: skip
def test_other_documents_are_refused(folder: Path, document: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        submit(NAME, document, folder=folder)


def test_nobodys_word_is_taken_where_a_certificate_is_possible(folder: Path, solved: Any) -> None:
    assert not take_word(NAME, solved, folder=folder).accepted


def test_words_are_noted_as_words(folder: Path) -> None:
    quality: Instance = load(QUALITY)
    result = solve(quality, limits=LIMITS)
    write_record(Record(entry(QUALITY, folder)), folder)
    assert submit(QUALITY, result, folder=folder).better == ("plan",)
    assert take_word(QUALITY, result, folder=folder).accepted
    record = best(QUALITY, folder=folder)
    assert record.word == "solver" and record.certificate_json is None and record.gap <= 1e-5
    high = Offer(quality.fingerprint, None, None, record.objective * 1.1, sign("branch", 0))
    assert "beyond a checked plan" in take_word(QUALITY, high, folder=folder).why
    assert not take_word(QUALITY, dataclasses.replace(high, bound=math.inf), folder=folder).accepted
    assert not take_word(QUALITY, dataclasses.replace(high, bound=-math.inf), folder=folder).accepted
    assert check(QUALITY, folder=folder) == []


def test_a_plan_refutes_a_word(folder: Path) -> None:
    quality: Instance = load(QUALITY)
    result = solve(quality, limits=LIMITS)
    false = Record(entry(QUALITY, folder), bound=result.objective_j * 1.5, word="solver", bound_by=sign("branch", 0))
    write_record(false, folder)
    outcome = submit(QUALITY, result, folder=folder)
    assert outcome.accepted and "refutes" in outcome.why
    assert best(QUALITY, folder=folder).word == ""


def test_a_contradiction_of_two_proofs_is_an_error(folder: Path, solved: Any) -> None:
    record = best(NAME, folder=folder)
    write_record(dataclasses.replace(record, objective=record.objective * 3, bound=record.objective * 2), folder)
    with pytest.raises(InputError, match="at fault"):
        submit(NAME, solved, folder=folder)


def test_that_there_is_no_plan_can_be_certified(folder: Path) -> None:
    nothing: Instance = load(EMPTY)
    record = best(EMPTY, folder=folder)
    assert record.infeasible and check(EMPTY, folder=folder) == []
    finite = Certificate(Leaf(np.zeros((3, nothing.n_servers))), 0.0)
    if record.word == "solver":  # a finite bound is less than that there is no plan
        offer = Offer(nothing.fingerprint, None, finite, 0.0, sign("branch", 0))
        assert not submit(EMPTY, offer, folder=folder).accepted


def test_systems_take_better_plans(folder: Path) -> None:
    frame = load(SYSTEM)
    before = best(SYSTEM, folder=folder)
    write_record(Record(entry(SYSTEM, folder)), folder)
    header = {"schema": "edgecut-library-plan/1", "method": "droo_local",
              "instance": {"name": SYSTEM, "fingerprint": entry(SYSTEM).fingerprint}}  # fmt: skip
    plan = system_plan_to_json(frame, all_local(frame))
    assert submit(SYSTEM, {**header, "plan": plan}, folder=folder).better == ("plan",)
    assert best(SYSTEM, folder=folder).objective < before.objective, "more is better here"
    better = Offer(entry(SYSTEM).fingerprint, before.plan(frame), None, before.bound, sign("droo_branch", 0))
    assert submit(SYSTEM, better, folder=folder).accepted and take_word(SYSTEM, better, folder=folder).accepted
    assert not submit(SYSTEM, {**header, "plan": plan}, folder=folder).accepted
    assert best(SYSTEM, folder=folder).objective == before.objective
    with pytest.raises(InputError, match="is missing"):
        submit(SYSTEM, {**header, "plan": {}}, folder=folder)


def test_a_record_is_written_whole_or_not_at_all(folder: Path, instance: Instance, solved: Any) -> None:
    weaken(folder, instance)
    path = record_path(entry(NAME), folder)
    before = path.read_bytes()

    def fail(*_: Any) -> None:
        raise OSError("no space left")

    with pytest.MonkeyPatch.context() as patch, pytest.raises(InputError, match="no space"):
        patch.setattr("os.fsync", fail)
        submit(NAME, solved, folder=folder)
    assert path.read_bytes() == before and list(path.parent.glob(".*")) == []
    assert read_json(path)["name"] == NAME


@pytest.mark.parametrize("offer", [submit, take_word])
def test_one_at_a_time(offer: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two at once the second would not see what the first writes, and could put a worse record in its place."""
    problem = load(EMPTY)
    free: list[bool] = []

    def is_free() -> bool:
        handle = os.open(folder / "index.json", os.O_RDONLY)
        try:
            return try_lock(handle)
        finally:
            os.close(handle)

    def look(*given: Any, **named: Any) -> Record:
        free.append(is_free())
        return best(*given, **named)

    monkeypatch.setattr("instances.library.rules.best", look)
    assert is_free()
    offer(EMPTY, Offer(problem.fingerprint, None, None, math.inf, sign("mine", 0)), folder=folder, problem=problem)
    assert free == [False] and is_free()
    (folder / "index.json").unlink()
    with pytest.raises(InputError, match=r"index\.json"):
        offer(EMPTY, Offer(problem.fingerprint, None, None, math.inf, sign("mine", 0)), folder=folder, problem=problem)
