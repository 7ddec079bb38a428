"""docs/library.md is what the records say, and its example runs."""

from __future__ import annotations

import re
from typing import Any

import pytest

from instances.library import best, names
from results.library.page import PAGE, page_text, table_line


def test_page_is_what_the_records_say() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == page_text(), "write it again: python -m results.library --page"
    for name in names():
        assert page.count(f"| `{name}` |") == 1
    assert "<!--" not in page


def test_totals_add_up() -> None:
    rows = [line.strip("| ").split(" | ") for line in page_text().splitlines()]
    totals = [[int(cell) for cell in row[1:]] for row in rows if len(row) == 8 and row[1].strip().isdigit()]
    *kinds, everything = totals
    assert everything == [sum(column) for column in zip(*kinds, strict=True)]
    assert all(row[0] == sum(row[1:6]) for row in totals) and everything[0] == len(names())


def test_gaps_are_rounded_up() -> None:
    for name in names(system="joint"):
        record = best(name)
        shown = re.search(r"([\d.]+) %", table_line(record))
        if shown is not None:
            assert float(shown[1]) / 100 >= record.gap - 1e-12


def test_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    found: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL):
        exec(compile(block, "docs/library.md", "exec"), found)
    assert "certificate branch" in capsys.readouterr().out
