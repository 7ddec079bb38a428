"""Faults in our own source: which there are, that tests are run against them, and what came of it."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from results.store import RUNS, read_rows
from scripts import mutation
from scripts.faults import chosen_faults, faults_in, with_fault
from scripts.navigation import ROOT
from scripts.nearest_tests import LEFT_OUT, NEAREST, is_left_out, nearest_tests

SOURCE = '''"""Doc."""
def f(a, b, rows, wait_s):
    """Says 3 < 4."""
    total = a**2 + b * max(a, 2.5)
    for row in rows:
        if row < 0 and a:
            continue
        total += row
    if total != rows[0]:
        raise ValueError(f"{a + b}", 1 + 1)
    return g(total, wait_s), rows[1:], a - b
'''


def changes() -> dict[str, set[str]]:
    """Kind → what becomes of SOURCE's expressions."""
    found: dict[str, set[str]] = {}
    for fault in faults_in(SOURCE, "f.py"):
        found.setdefault(fault.kind, set()).add(f"{fault.before} => {fault.after}")
    return found


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("power", "a**2 => (a ** 3)"),
        ("sign", "a - b => (a + b)"),
        ("product", "b * max(a, 2.5) => (b / max(a, 2.5))"),
        ("extremum", "max(a, 2.5) => (min(a, 2.5))"),
        ("dropped term", "a - b => (a)"),
        ("milliseconds", "wait_s => (1000 * wait_s)"),
        ("wrong index", "rows[0] => rows[1]"),
        ("missing element", "rows[1:] => rows[2:]"),
        ("missing element", "rows => list(rows)[1:]"),
        ("comparison", "row < 0 => (row <= 0)"),
        ("and for or", "row < 0 and a => (row < 0 or a)"),
        ("condition", "total != rows[0] => (not (total != rows[0]))"),
        ("returned early", "row < 0 and a => True"),
        ("returned early", "total += row => total += row; break"),
        ("dropped statement", "total += row => pass"),
        ("swapped arguments", "g(total, wait_s) => (g(wait_s, total))"),
        ("constant", "2.5 => 2500.0"),
    ],
)
def test_kinds_of_faults(kind: str, change: str) -> None:
    assert change in changes()[kind]


def test_messages_are_left_alone() -> None:
    assert not [fault for fault in faults_in(SOURCE, "f.py") if fault.line == 10]


def test_a_fault_changes_one_stretch_of_a_text_that_can_be_parsed() -> None:
    source = (ROOT / "instances/physics.py").read_text(encoding="utf-8")  # with letters of more than one byte
    faults = faults_in(source, "instances/physics.py")
    assert len(faults) > 100
    for fault in faults:
        changed = with_fault(source, fault)
        ast.parse(changed)
        assert changed != source
        assert len(changed) - len(source) == len(fault.after) - len(fault.before)
        assert changed.encode()[: fault.start] == source.encode()[: fault.start]


def test_the_choice_follows_from_the_seed_and_takes_every_kind() -> None:
    faults = faults_in(SOURCE, "f.py")
    first, again, other = (chosen_faults(faults, 15, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first == again != other
    assert {fault.kind for fault in first} == {fault.kind for fault in faults}
    assert chosen_faults(faults, 10**6, np.random.default_rng(0)) == faults


def test_tests_are_named_that_exist() -> None:
    for beginning, groups in NEAREST.items():
        assert mutation.sources() and any(name.startswith(beginning) for name in mutation.sources()), beginning
        assert all((ROOT / name).exists() for group in groups for name in group), beginning
    assert nearest_tests("instances/check_costs.py") == NEAREST["instances/check_costs.py"]
    for name in ("setup.py", "results/style.py"):
        with pytest.raises(KeyError, match="nearest_tests"):
            nearest_tests(name)


def test_every_source_has_tests_named_or_a_reason_why_not() -> None:
    packages = ("instances", "formulations", "solvers", "results", "edgecut")
    names = {path.relative_to(ROOT).as_posix() for package in packages for path in (ROOT / package).rglob("*.py")}
    names = {name for name in names if not name.endswith("__init__.py")}
    assert names - set(mutation.sources()) == {name for name in names if is_left_out(name)}
    for beginning, reason in LEFT_OUT.items():
        assert any(name.startswith(beginning) for name in names), beginning
        assert len(reason) > 5


def test_a_sample_over_all_packages_can_be_parsed() -> None:
    rng = np.random.default_rng(0)
    names = [str(name) for name in rng.choice(mutation.sources(), 12, replace=False)]
    for name in names:
        source = (ROOT / name).read_text(encoding="utf-8")
        for fault in chosen_faults(faults_in(source, name), 6, rng):
            ast.parse(with_fault(source, fault))


@pytest.fixture
def half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[mutation.Tests]:
    """A source of one function, and tests that see some of it."""
    (tmp_path / "half.py").write_text(
        "def half(x):\n    while x < 0:\n        x += 1.0\n    return x * 0.5\n\n\ndef unseen(x):\n    return x + 1\n"
    )
    (tmp_path / "test_half.py").write_text("from half import half\n\n\ndef test_half():\n    assert half(-3.0) == 0\n"
                                           "    assert half(4) == 2\n")  # fmt: skip
    monkeypatch.setattr(mutation, "nearest_tests", lambda file: (("test_half.py",),))
    tests = mutation.Tests(tmp_path, limit_s=20.0)
    yield tests
    tests.close()


@pytest.mark.slow
def test_killed_survived_and_hanging(half: mutation.Tests) -> None:
    path = half.copy / "half.py"
    source = path.read_text()
    faults = {(fault.kind, fault.line): fault for fault in faults_in(source, "half.py")}
    product = mutation._try_fault(faults["product", 4], half)
    assert product["killed"] and product["by"] == "test_half.py::test_half"
    assert not mutation._try_fault(faults["sign", 8], half)["killed"]
    half.limit_s = 3.0
    hanging = mutation._try_fault(faults["dropped statement", 3], half)
    assert hanging["killed"] and hanging["by"] == "hangs"
    assert path.read_text() == source
    (half.copy / "test_half.py").write_text("def test_half():\n    assert False\n")
    with pytest.raises(RuntimeError, match="does not pass without a fault"):
        half._proven.clear()
        mutation._try_fault(faults["sign", 8], half)


def test_equivalent_faults_are_faults_of_today_and_have_a_reason() -> None:
    for entry in json.loads(mutation.EQUIVALENT.read_text(encoding="utf-8"))["faults"]:
        source = (ROOT / entry["file"]).read_text(encoding="utf-8")
        cases = [fault.case() for fault in faults_in(source, entry["file"])]
        names = ("code", "column", "before", "after")
        assert any(all(case[name] == entry[name] for name in names) for case in cases), entry
        assert len(entry["reason"]) > 20
        assert mutation.equivalent_reason({**entry, "kind": "any", "line": 1}) == entry["reason"]
        assert not mutation.equivalent_reason({**entry, "after": "another"})


def test_the_bars_are_reached_by_the_committed_rows() -> None:
    """95 % over the whole package, 90 % of what is outside of the sources in which everything has to be killed."""
    rows = read_rows(RUNS / mutation.ROWS)
    table = {name: counts for name, *counts in mutation.by_part(rows)}
    assert set(table) == set(mutation.PARTS)
    others = [part for part in mutation.PARTS if part not in mutation.FULLY]
    for parts, bar in ((mutation.PARTS, 0.95), (others, 0.9)):
        faults, killed, equivalent = np.sum([table[part][1:] for part in parts], axis=0)
        assert faults - equivalent >= 100
        assert killed >= bar * (faults - equivalent), parts
    for part, least in (("instances/physics.py", 100), ("instances/check", 60), ("instances/verify.py", 60)):
        _, faults, killed, equivalent = table[part]
        assert faults >= least and killed + equivalent == faults, part
    assert len(mutation.survivors(rows)) == sum(counts[1] - counts[2] - counts[3] for counts in table.values())


def test_the_page_shows_the_committed_rows() -> None:
    page = (ROOT / "docs/mutation.md").read_text(encoding="utf-8")
    rows = read_rows(RUNS / mutation.ROWS)
    shown = [line for line in page.splitlines() if line.startswith("| ") and line.count("|") == 7]
    assert shown[1:] == mutation.table_lines(rows)
    for case in mutation.survivors(rows):
        assert f"`{case['file']}`" in page, case
