"""docs/theory.md: every proposition has tests under its number, in the folder that the page names or another."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "theory.md").read_text(encoding="utf-8")
SOURCES = {path: path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py")}


@pytest.mark.parametrize("number", re.findall(r"^### P(\d+)\.", PAGE, flags=re.MULTILINE))
def test_a_proposition_is_tried(number: str) -> None:
    assert any(re.search(rf"^def test_p{number}[a-z]?_", text, flags=re.MULTILINE) for text in SOURCES.values())


def test_the_page_names_the_folder_of_the_first_ones() -> None:
    assert "in the folder `tests/theory`" in PAGE
    here = "".join(text for path, text in SOURCES.items() if path.parent == Path(__file__).parent)
    assert all(f"def test_p{number}_" in here for number in range(1, 13))
