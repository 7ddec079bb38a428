"""The report: what it says is right, it hides nothing, needs nothing else, and no name from data can change it."""

from __future__ import annotations

import copy
import html.parser
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instances.errors import InputError
from results.report import SECTIONS, Material, page_text, parts_of, read_run, section
from results.report.known import know
from results.report.record import read_records
from results.report.run import Run
from results.store import RUNS, case_key
from results.tables import Table

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = "<script>alert(1)</script> \"'&$x$ \\ _%\x1b\u202e <img src=x onerror=alert(1)>"
VOID = {"meta", "br", "path", "use", "line", "rect"}
SOLVED = {"status": "finished", "verdict": "certified", "stop": "finished"}


def row(method: str, instance: str, objective: float | None = None, **fields: Any) -> dict[str, Any]:
    case = {
        "instance": instance,
        "method": method,
        "seed": fields.pop("seed", 0),
        "limits": {"time_s": 10.0, "gap": 0.01},
    }
    case |= fields.pop("case", {})
    figures = {"status": "finished", "verdict": "feasible" if objective is not None else "unknown",
               "objective_j": objective, "bound_j": None, "certified_j": None, "wall_s": 1.0, "error": "", "trace": [],
               "versions": {"edgecut": "0.1.0", "numpy": "2.4.6"}}  # fmt: skip
    return {"key": case_key(case), "case": case, **figures, **fields}


def write(path: Path, rows: list[dict[str, Any]], tail: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(one) + "\n" for one in rows) + tail)
    return path


def tables_of(parts: Any) -> dict[str, list[dict[str, str]]]:
    """Title of a table → its rows, heading → text."""
    return {
        block.title or title: [
            {column.heading: cell.text + "†" * cell.claimed for column, cell in zip(block.columns, cells, strict=True)}
            for cells in block.rows
        ]
        for title, blocks in parts for block in blocks if isinstance(block, Table)
    }  # fmt: skip


def texts_of(parts: Any) -> str:
    return "\n".join(block.text for _, blocks in parts for block in blocks if hasattr(block, "text"))


class Page(html.parser.HTMLParser):
    """What is on a page, and that its tags close each other."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in VOID or tag in ("line", "rect"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID or tag in ("line", "rect"):
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def assert_stands_alone(text: str) -> Page:
    page = Page(text)
    assert not page.tags & {
        "script",
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "base",
        "form",
        "image",
        "foreignobject",
    }
    for name, value in page.attributes:
        assert not name.startswith("on"), name
        assert name not in ("src", "srcset", "action", "data", "background")
        if name in ("href", "xlink:href"):
            assert value.startswith("#") and value[1:] in page.ids, value
    assert "@import" not in text and not re.search(r"url\((?!#)", text)
    assert len(page.ids) == len(set(page.ids)), "a name of a part is used twice"
    assert "Content-Security-Policy" in text
    return page


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two instances and four methods, with what can go wrong."""
    rows = [
        row("branch", "campus-1", 10.0, **SOLVED, bound_j=9.99, certified_j=9.99, wall_s=3.0,
            trace=[[1.0, 20.0, 5.0], [2.0, 10.0, 9.99]]),
        row("branch", "metro-1", 5.0, status="finished", verdict="bounded", bound_j=4.0, certified_j=3.9, wall_s=10.5,
            trace=[[4.0, 5.0, 4.0]]),
        row("greedy", "campus-1", 12.5, wall_s=0.0, trace=[[0.0, 12.5, None]]),
        row("greedy", "metro-1", 5.0, wall_s=0.0, trace=[[0.0, 5.0, None]]),
        row("genetic", "campus-1", status="crashed", error="exit code 1: boom", wall_s=2.0),
        row("genetic", "metro-1", 4.5, status="wrong", verdict="wrong", error="user 'u3' misses its deadline"),
        row("whale", "campus-1", status="refused", error="only for J-E"),
        row("whale", "metro-1", status="time", error="reached its wall limit", wall_s=12.0),
    ]  # fmt: skip
    old = row("branch", "campus-1", 99.0)
    folder = tmp_path_factory.mktemp("report") / "nightly"
    write(folder / "rows.jsonl", [old, *rows], tail='{"key": "torn')
    (folder / "sweep.toml").write_text('name = "<nightly>"\n  seeds = [0]\n')
    return folder


def test_the_figures_of_a_small_sweep_by_hand(small: Path) -> None:
    parts = parts_of(read_run(small))
    tables = tables_of(parts)
    counts = {r[" "]: r["count"] for r in tables["Summary"]}
    assert counts == {"runs": "8", "methods": "4", "instances": "2", "runs with a checked plan": "4",
                      "runs that proved their answer": "1", "runs that failed": "3", "runs refused by the method": "1",
                      "instances with a certified bound": "2", "instances with a claimed bound only": "0"}  # fmt: skip
    by_method = {r["method"]: r for r in tables["By method"]}
    # time: √((3 + 1)(10.5 + 1)) − 1; PAR-2: (3 + 2 · 10)/2; primal integral: campus 1 + 1/2, metro 4 + 0
    # gap: campus 0.1 % to the certified 9.99, metro 20 % to the claimed 4
    branch = by_method["branch"]
    assert (branch["Time (s)"], branch["PAR-2 (s)"], branch["Primal integral (s)"]) == ("5.78", "11.5", "2.75")
    assert branch["Gap (%)"] == "10 [0.1, 20]†" and branch["Claims kept"] == "1 confirmed"
    greedy = by_method["greedy"]  # gaps 2.51/12.5 and 1/5; primal gap of campus 2.5/12.5 over 10 s
    assert greedy["Gap (%)"] == "20 [20, 20.1]†" and greedy["proven"] == "–" and greedy["PAR-2 (s)"] == "–"
    assert greedy["Primal integral (s)"] == "1"
    assert by_method["genetic"]["Gap (%)"] == "–" and by_method["genetic"]["failed"] == "2"
    assert by_method["genetic"]["Time (s)"] == "10" and by_method["whale"]["runs"] == "1"
    campus, metro = tables["By instance"]
    assert (campus["certified"], campus["Found by"], campus["Best bound (J)"]) == ("yes", "branch", "9.99")
    assert (metro["certified"], metro["Found by"], metro["Best bound (J)"]) == ("claimed", "branch, greedy", "4†")


def test_nothing_that_went_wrong_is_hidden(small: Path) -> None:
    parts = parts_of(read_run(small))
    bad = {(r["method"], r["instance"]): (r["what happened"], r["reason"])
           for r in tables_of(parts)["Failures one by one"]}  # fmt: skip
    assert bad == {
        ("genetic", "campus-1"): ("crashed", "exit code 1: boom"),
        ("genetic", "metro-1"): ("refuted by the checker", "user 'u3' misses its deadline"),
        ("whale", "campus-1"): ("cannot run on this instance", "only for J-E"),
        ("whale", "metro-1"): ("stopped at its wall limit", "reached its wall limit"),
    }
    text = texts_of(parts)
    assert "1 run refuted" in text and "1 line of the file left out" in text and "1 row left out: replaced" in text


def test_the_page_of_a_sweep_stands_alone(small: Path) -> None:
    run = read_run(small)
    text = page_text(run, parts_of(run))
    page = assert_stands_alone(text)
    assert page.text.count("edgecut sweep sweep.toml") == 1 and 'name = "<nightly>"\n  seeds = [0]' in page.text
    assert "svg" in page.tags and run.digest in page.text and run.name == "nightly"
    assert page_text(run, parts_of(run)) == text, "the same rows give the same page"
    assert read_run(small / "rows.jsonl").name == "nightly"


@pytest.mark.parametrize("name", ["energy_against_users", "front_regret", "online"])
def test_committed_runs_have_a_page(name: str) -> None:
    run = read_run(RUNS / f"{name}.jsonl")
    page = assert_stands_alone(page_text(run, parts_of(run)))
    assert f"run_experiment('{name}')" in page.text and "highspy" in page.text


def test_every_committed_run_can_be_read() -> None:
    for path in sorted(RUNS.glob("*.jsonl")):
        run = read_run(path)
        with_methods = read_records(run.rows)
        assert len(with_methods) in (0, len(run.rows)), path
        assert run.unreadable == run.replaced == 0


def test_hostile_names_are_shown_and_do_nothing(tmp_path: Path) -> None:
    h = HOSTILE
    rows = [
        row(f"{h} {k}", f"{h} {n}", 3.0 + k, bound_j=2.0, status="finished", unit=h, family=h, error=h,
            versions={h: h}, machine={h: h}, trace=[[0.5, 3.0 + k, 2.0]])
        for k in range(3) for n in range(2)
    ]  # fmt: skip
    rows += [row(h, h, status=f"crashed {h}", verdict=h, error=h, command=h), row("_hidden", f"{h} 0", 9.0)]
    write(tmp_path / "x" / "rows.jsonl", rows)
    (tmp_path / "x" / "sweep.toml").write_text(h + "\n</pre>")
    run = read_run(tmp_path / "x")
    page = assert_stands_alone(page_text(run, parts_of(run)))
    assert "<script>alert(1)</script>" in page.text and "\u202e" not in page.text and "\x1b" not in page.text
    others = [{"case": {h: k, "z": h}, "key": str(k), h: 1.5 * k, f"{h} list": [h, 1.0]} for k in range(4)]
    run = read_run(write(tmp_path / "others.jsonl", others))
    page = assert_stands_alone(page_text(run, parts_of(run)))
    assert "svg" in page.tags and "<script>alert(1)</script>" in page.text


def test_a_bound_above_a_plan_is_told(tmp_path: Path) -> None:
    rows = [row("a", "i", 10.0, verdict="optimal", bound_j=9.999, certified_j=9.999), row("b", "i", 8.0)]
    parts = parts_of(read_run(write(tmp_path / "r.jsonl", rows)))
    assert "On 1 instance a bound lies above a checked plan" in texts_of(parts)
    assert tables_of(parts)["By instance"][0]["certified"] == "CONTRADICTED"
    assert tables_of(parts)["By method"][0]["Claims kept"] == "1 inconclusive"


def test_a_claim_that_a_better_plan_refutes_is_violated(tmp_path: Path) -> None:
    rows = [row("a", "i", 10.0, verdict="optimal", bound_j=None), row("b", "i", 8.0)]
    by_method = tables_of(parts_of(read_run(write(tmp_path / "r.jsonl", rows))))["By method"]
    assert by_method[0]["Claims kept"] == "1 violated"  # 10 is not within 1 % of 8
    close = [row("a", "i", 10.0, verdict="optimal"), row("b", "i", 9.95)]
    by_method = tables_of(parts_of(read_run(write(tmp_path / "s.jsonl", close))))["By method"]
    assert by_method[0]["Claims kept"] == "1 inconclusive"  # within 1 %, and nothing is certified


def test_settings_tell_runs_of_one_method_apart(tmp_path: Path) -> None:
    rows = [row("a", "i", 3.0, case={"limits": {"time_s": t, "gap": 0.01}}) for t in (1.0, 2.0)]
    assert [record.method for record in read_records(rows)] == ["a (time_s 1.0)", "a (time_s 2.0)"]
    rows = [row("a", f"i{t:g}", 3.0, case={"limits": {"time_s": t, "gap": 0.01}}) for t in (1.0, 2.0)]
    assert [record.method for record in read_records(rows)] == ["a", "a"]
    prints = [row("a", "i", 3.0, case={"fingerprint": print_}) for print_ in ("abcdef012", "123456789")]
    assert [record.instance for record in read_records(prints)] == ["i #abcdef", "i #123456"]
    told = [{**print_, "spec": {"load": load}} for print_, load in zip(prints, (0.5, 1.0), strict=True)]
    assert [record.instance for record in read_records(told)] == ["i (load 0.5)", "i (load 1.0)"]


def test_cases_without_an_instance_are_told_by_their_fields() -> None:
    rows = [{"case": {"method": "exact", "seed": 3, "users": 5}, "objective_j": 1.0, "stop": "finished",
             "build_s": 0.25, "solve_s": 0.5}]  # fmt: skip
    (record,) = read_records(rows)
    assert (record.instance, record.group, record.seed) == ("users 5, seed 3", "users 5", None)
    assert record.time_s == 0.75 and record.limit_s is None and not record.failed


def test_bad_files_are_refused(tmp_path: Path) -> None:
    for path, what in (
        (tmp_path / "none.jsonl", "none.jsonl"),
        (tmp_path, "rows.jsonl"),
        (write(tmp_path / "e.jsonl", []), "empty"),
        (write(tmp_path / "t.jsonl", [], "[1]\n{}\n"), "rows"),
    ):
        with pytest.raises(InputError, match=what):
            read_run(path)  # fmt: skip


def test_a_section_is_one_decorated_function(small: Path) -> None:
    with pytest.raises(ValueError, match="twice"):
        section("Summary", order=1)(SECTIONS["Summary"].make)
    assert len({one.order for one in SECTIONS.values()}) == len(SECTIONS)


def test_the_command_writes_page_and_tables(small: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "edgecut", "report", str(small), "-o", "p.html", "--tables", "t"]
    done = subprocess.run(command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[0] == "p.html" and "t/methods-1.tex" in done.stdout
    assert_stands_alone((tmp_path / "p.html").read_text())
    assert "| branch |" in (tmp_path / "t" / "methods-1.md").read_text()
    assert r"\toprule" in (tmp_path / "t" / "methods-1.tex").read_text()


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
NAMES = ("status", "verdict", "objective_j", "bound_j", "certified_j", "certified", "wall_s", "trace", "error",
         "versions", "solve_s", "valid", "unit", "family")  # fmt: skip
CASE = ("instance", "method", "seed", "limits", "gap", "fingerprint", "options", "wall_s")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from((*NAMES, *CASE)), st.booleans(), anything), max_size=12))
def test_no_field_is_relied_on(faults: list[tuple[int, str, bool, Any]]) -> None:
    """Rows with any of their fields lost or replaced by anything still make all that is not drawn."""
    rows = [row(m, i, 2.0 + k, bound_j=1.0, certified_j=1.0) for k, m in enumerate("abc") for i in ("x-1", "y-1")]
    rows = copy.deepcopy(rows)
    for number, name, lost, value in faults:
        place = rows[number]["case"] if name in CASE else rows[number]
        if lost:
            place.pop(name, None)
        else:
            place[name] = value
    records = tuple(read_records(rows))
    material = Material(Run("r", Path("r.jsonl"), tuple(rows), "0"), records, know(records))
    for title in ("Summary", "Methods", "Instances", "Failures", "Environment", "Reproduce"):
        SECTIONS[title].make(material, np.random.default_rng(0))
    if not faults:
        assert [record.failed for record in records] == [False] * 6
