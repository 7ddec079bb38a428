"""Pages that follow from the code are up to date, every page has a place, every link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts.api import api_pages
from scripts.navigation import ROOT, docs_by_section, navigation, short_title, title_of
from scripts.pages import written_pages

TOPS = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
ALL = [*TOPS, *(path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").rglob("*.md")))]


@pytest.mark.parametrize("name", list(written_pages()))
def test_written_pages_are_up_to_date(name: str) -> None:
    path = ROOT / name
    assert path.exists() and path.read_text(encoding="utf-8") == written_pages()[name], "run `make pages`"


def test_every_page_stands_in_one_section() -> None:
    sections = docs_by_section()
    placed = [name for names in sections.values() for name in names]
    there = {p.relative_to(ROOT / "docs").as_posix() for p in (ROOT / "docs").rglob("*.md")} - {"README.md"}
    assert len(placed) == len(set(placed)) and there <= set(placed)
    assert {"Start", "Tutorial", "How-to", "Topics", "Theory", "Catalogue", "Decisions"} <= set(sections)


def test_a_new_page_comes_under_topics_and_a_missing_one_is_passed_over(tmp_path: Path) -> None:
    for name in ("index.md", "split.md", "library.md", "brand_new.md", "decisions/0001-first.md"):
        path = tmp_path / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# Page {path.stem}\n")
    assert docs_by_section(tmp_path) == {
        "Start": ["index.md"],
        "Topics": ["split.md", "brand_new.md"],
        "Experiments": ["library.md"],
        "Decisions": ["decisions/0001-first.md"],
    }
    assert {"Experiments": "library.md"} in navigation(tmp_path)
    assert {"Topics": [{"Page split": "split.md"}, {"Page brand_new": "brand_new.md"}]} in navigation(tmp_path)


def test_there_are_twenty_tasks_and_each_says_what_for_and_what_comes_out() -> None:
    tasks = [path for path in (ROOT / "docs" / "howto").glob("*.md") if path.name != "README.md"]
    assert len(tasks) >= 20
    for path in tasks:
        text = path.read_text(encoding="utf-8")
        assert text.count("**What for.**") == 1, path.name
        assert "```" in text and ("```text" in text or "prints `" in text), f"{path.name} does not show what comes out"
        assert len(text.splitlines()) <= 100, f"{path.name} is no short task"


def anchors(text: str) -> set[str]:
    """Anchors of headings, as forges make them."""
    found = re.findall(r"^#+ +(.+?)(?: *\{.*\})?$", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in found}


@pytest.mark.parametrize("name", ALL)
def test_links_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"(?<!`)\]\(([^)\s]+)\)", prose):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (ROOT / name).parent / path if path else ROOT / name
        if path.startswith("tutorial/") or "/tutorial/" in path or (ROOT / name).parent.name == "tutorial":
            there = there.with_suffix(".py")  # a page of the site, made of the script
        if there.name == "contributing.md":
            there = ROOT / "CONTRIBUTING.md"
        assert there.exists(), f"{name}: {target} leads nowhere"
        if anchor:
            assert anchor in anchors(there.read_text(encoding="utf-8")), f"{name}: {target}: no such heading"


def test_every_module_is_in_the_api() -> None:
    pages = api_pages()
    text = "\n".join(page for _, _, page in pages)
    for package in ("edgecut", "instances", "formulations", "solvers", "results"):
        for path in (ROOT / package).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if parts[-1] in ("__init__", "__main__"):
                continue
            assert f"\n::: {'.'.join(parts)}\n" in text, f"{'.'.join(parts)} is on no page"
    names = [name for name, _, _ in pages]
    assert len(names) == len(set(names))


def test_titles() -> None:
    assert title_of(ROOT / "docs" / "tutorial" / "1_first_plan.py") == "1. A first plan"
    assert title_of(ROOT / "docs" / "split.md") == "One request, one network"
    assert all(len(short_title(ROOT / "docs" / n)) <= 60 for names in docs_by_section().values() for n in names)


def test_every_command_is_on_the_page_of_commands() -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    for name in ("generate", "solve", "verify", "compare", "explain", "prices", "plot", "split", "methods", "dnn show"):
        assert f"## edgecut {name}\n" in page
    assert "| `--gap GAP` | relative gap that counts as solved | `0.0001` |" in page
