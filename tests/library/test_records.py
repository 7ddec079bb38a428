"""Every record: the plan breaks no rule and is worth what is said, the certificate proves what is said."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from instances.errors import InputError
from instances.json_text import read_json, write_json
from instances.library import best, check, load, names
from instances.library.entries import entries, entry
from instances.library.records import INLINE, Record, has_record, record_path, write_record
from instances.library.rules import certifiable, measure
from tests.library.copies import copy_of

CHECKED_ALWAYS = 10
"""Users up to which every test run recomputes plan and certificate."""
SAMPLE = ("campus-e-20x3-critical-u-1", "campus-a-20x3-critical-c-weighted-budget-1", "metro-l-60x3-critical-c-1",
          "roadside-e-100x20-critical-c-1", "campus-m-20x3-critical-c-1", "mixed-q-20x3-critical-c-1", "uav-4x1-1",
          "online-120x2-admission-1")  # fmt: skip


@pytest.mark.parametrize("name", [n for n, e in entries().items() if e.users <= CHECKED_ALWAYS or n in SAMPLE])
def test_record_holds(name: str) -> None:
    assert check(name) == []


@pytest.mark.nightly
@pytest.mark.parametrize("name", [n for n, e in entries().items() if e.users > CHECKED_ALWAYS and n not in SAMPLE])
def test_larger_record_holds(name: str) -> None:
    assert check(name) == []


def test_every_record_says_who_found_what() -> None:
    for name, one in entries().items():
        assert has_record(name), f"{name} was never solved"
        record = best(name)
        assert record.infeasible or record.by is not None
        for signature in (record.by, record.bound_by):
            if signature is not None:
                assert signature.method and signature.edgecut and len(signature.date) == 10
        if one.is_joint:
            assert record.word in ("certificate", "solver")
            if not record.infeasible and record.word == "solver":
                assert one.problem in ("J-M", "J-Q") or one.generator == "mixed"
        assert record.infeasible or (math.isfinite(record.objective) and record.gap >= 0) or not record.word


def test_most_small_instances_are_solved() -> None:
    small = [best(n) for n in names(system="joint", most_users=20)]
    solved = sum(r.infeasible or r.gap <= 1e-6 for r in small)
    assert solved >= 0.8 * len(small)


FIRST = "campus-e-5x2-light-c-1"


def changed(folder: Path, name: str, change: Any) -> None:
    path = record_path(entry(name), folder)
    data = read_json(path)
    change(data)
    write_json(path, data)


def lower_objective(data: dict[str, Any]) -> None:
    data["best"]["objective"] *= 0.999


def raise_bound(data: dict[str, Any]) -> None:
    data["bound"]["value"] = data["best"]["objective"] * 1.5


def cheaper_certificate(data: dict[str, Any]) -> None:
    nodes = data["bound"]["certificate"]["nodes"]
    leaf = next(node for node in nodes if "prices" in node)
    leaf["prices"] = [[0.0 for _ in row] for row in leaf["prices"]]


def starve(data: dict[str, Any]) -> None:
    served = next(row for row in data["best"]["plan"]["users"] if row["server"] is not None)
    served["compute_share"] /= 1000


def lose_a_user(data: dict[str, Any]) -> None:
    data["best"]["plan"]["users"].pop()


def other_instance(data: dict[str, Any]) -> None:
    data["fingerprint"] = "0" * 64


def other_name(data: dict[str, Any]) -> None:
    data["name"] = "campus-e-5x2-critical-u-1"


def no_certificate(data: dict[str, Any]) -> None:
    data["bound"]["certificate"] = None


def on_word(data: dict[str, Any]) -> None:
    data["bound"] |= {"certificate": None, "word": "solver"}


def no_bound(data: dict[str, Any]) -> None:
    data["bound"] = None


def no_plan(data: dict[str, Any]) -> None:
    data["best"] = None


@pytest.mark.parametrize("change", [lower_objective, raise_bound, cheaper_certificate, starve, lose_a_user,
                                    other_instance, other_name, no_certificate, on_word, no_bound, no_plan],
                         ids=lambda change: change.__name__)  # fmt: skip
def test_a_changed_record_is_found(tmp_path: Path, change: Any) -> None:
    folder = copy_of([FIRST], tmp_path / "library")
    assert check(FIRST, folder=folder) == []
    changed(folder, FIRST, change)
    assert check(FIRST, folder=folder) != []


def test_a_changed_word_of_a_system_is_found(tmp_path: Path) -> None:
    folder = copy_of(["droo-5x1-1"], tmp_path / "library")
    assert check("droo-5x1-1", folder=folder) == []
    changed(folder, "droo-5x1-1", lambda data: data["best"]["plan"]["send_s"].__setitem__(0, 2.0))
    assert any("breaks" in fault for fault in check("droo-5x1-1", folder=folder))


def test_a_file_of_another_instance_is_found(tmp_path: Path) -> None:
    folder = copy_of([FIRST], tmp_path / "library")
    path = folder / "files" / f"{FIRST}.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    data["users"][0]["deadline_s"] *= 1.01
    write_json(path, data)
    assert any("another instance" in fault for fault in check(FIRST, folder=folder))


@pytest.mark.parametrize("name", [FIRST, "roadside-e-100x20-critical-c-1", "metro-e-300x15-critical-u-1", "iao-5x1-1"])
def test_records_survive_being_written(name: str, tmp_path: Path) -> None:
    folder, record = copy_of([name], tmp_path / "library"), best(name)
    path = record_path(record.entry, folder)
    content = path.read_bytes()
    assert (path.suffix == ".parquet") == (record.entry.users > INLINE)
    write_record(record, folder)
    assert path.read_bytes() == content
    problem = load(name)
    value, broken = measure(record, problem, best(name, folder=folder).plan(problem))
    assert not broken and value == pytest.approx(record.objective, rel=1e-9)


def test_broken_tables_are_refused(tmp_path: Path) -> None:
    name = "metro-e-300x15-critical-u-1"
    folder = copy_of([name], tmp_path / "library")
    path = record_path(entry(name), folder)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="not a whole record"):
        best(name, folder=folder)


def test_gaps_are_of_the_better_side() -> None:
    one = entry(FIRST)
    assert Record(one).gap == math.inf and not Record(one).infeasible
    signed = best(FIRST).by
    assert Record(one, objective=2.0, by=signed, bound=1.5, word="solver").gap == pytest.approx(0.25)
    assert Record(one, objective=0.0, by=signed, bound=0.0, word="solver").gap == 0.0
    assert certifiable(load(FIRST)) and not certifiable(load("droo-5x1-1"))
