"""Tables of learned policies in docs are those of the stored benchmark, and that is what the committed rows give."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.learned import GROUPS, summary
from results.experiment import rows_of

ROOT = Path(__file__).resolve().parents[2]
PAGES = {"learned_flights": ("online", 2), "learned_pieces": ("parts", 1), "road_rivals": ("systems", 2)}
"""Experiment → page with its table, digits."""


def shown(part: float, digits: int) -> str:
    """A part of 1 in percent; + 0.0 turns −0 into 0."""
    return f"{round(100 * part, digits) + 0.0:.{digits}f}"


@pytest.mark.parametrize("name", GROUPS)
def test_table_is_the_benchmark_and_the_benchmark_the_rows(name: str) -> None:
    stored = json.loads((ROOT / "benchmarks" / "results" / "learned.json").read_text(encoding="utf-8"))["groups"][name]
    by, figure = GROUPS[name]
    for label, told in stored.items():
        now = summary([row for row in rows_of(name) if by.format(**row) == label], figure)
        assert now["cases"] == told["cases"]
        assert all(now["methods"][m]["mean"] == pytest.approx(told["methods"][m]["mean"]) for m in told["methods"])
    page, digits = PAGES[name]
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    assert "| method | " + " | ".join(stored) + " |" in text
    for method in next(iter(stored.values()))["methods"]:
        figures: list[dict[str, Any]] = [group["methods"][method] for group in stored.values()]
        cells = ["{} ({} … {})".format(*(shown(f[key], digits) for key in ("mean", "low", "high"))) for f in figures]
        assert "| " + " | ".join([f"`{method}`", *cells]) + " |" in text


@pytest.mark.parametrize("name", GROUPS)
def test_no_method_is_better_than_the_bound(name: str) -> None:
    for row in rows_of(name):
        assert min(row[GROUPS[name][1]]) >= -1e-6
