"""The tutorials run from top to bottom and find what their texts say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from solvers import METHODS
from tests.docs.blocks import ROOT

pytest.importorskip("jupytext", reason="the extra docs (jupytext) is not installed")

from scripts.tutorial import TutorialPage, run_tutorial

TUTORIALS = sorted((ROOT / "docs" / "tutorial").glob("*.py"))


@pytest.fixture(autouse=True)
def _registry_as_before() -> Iterator[None]:
    """A tutorial may register a method; other tests must not see it."""
    with METHODS.restored():
        yield


def run(number: int, folder: Path) -> TutorialPage:
    (path,) = (path for path in TUTORIALS if path.name.startswith(f"{number}_"))
    return run_tutorial(path, folder)


def test_first_plan(tmp_path: Path) -> None:
    page = run(1, tmp_path)
    result = page.names["result"]
    assert result.verdict.value == "certified" and page.names["again"].verdict is result.verdict
    assert page.names["report"].valid and "broken by" in page.markdown
    assert page.pictures["plan.png"].startswith(b"\x89PNG")
    assert "  other choices" in page.markdown


def test_what_is_it_worth(tmp_path: Path) -> None:
    page = run(2, tmp_path)
    assert page.names["energy"] == sorted(page.names["energy"], reverse=True)
    steps = page.names["steps"]
    assert (steps["least_j"] <= steps["most_j"]).all() and (steps["resolved_j"] >= 0).all()
    best = page.names["best"]
    assert all(other.objective_j >= best.bound_j - 1e-9 for other in page.names["results"])
    assert set(page.pictures) == {"deadlines.png"}


def test_extend_it(tmp_path: Path) -> None:
    page = run(3, tmp_path)
    assert page.names["result"].valid
    assert "best_of_some" in METHODS, "the tutorial's method was not registered"
    rows = [line.split() for line in page.markdown.splitlines() if line.startswith("best_of_some")]
    assert len(rows) == 1 and rows[0][2] == "feasible"


def test_all_tutorials_are_tested() -> None:
    assert [path.name[0] for path in TUTORIALS] == ["1", "2", "3"]


def test_a_tutorial_that_fails_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "bad.py"
    path.write_text("# %% [markdown]\n# # Bad\n\n# %%\n1 / 0\n")
    with pytest.raises(ZeroDivisionError):
        run_tutorial(path, tmp_path)
