"""docs/theory.md: every proposition names tests, and they are where the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PAGE = (ROOT / "docs" / "theory.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### P(\d+)\.(.*?)(?=^##)", PAGE, flags=re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("number", SECTIONS)
def test_a_proposition_is_tried_where_the_page_says(number: str) -> None:
    """In the files that it names, or as functions of its number in the folder of this file."""
    told = " ".join(re.findall(r"^\*Tests?:.*?\*$", SECTIONS[number], flags=re.MULTILINE | re.DOTALL))
    files = re.findall(r"tests/[\w/]+\.py", told)
    if files:
        assert all((ROOT / name).is_file() for name in files), files
    else:
        functions = "".join(path.read_text(encoding="utf-8") for path in HERE.glob("test_*.py"))
        assert f"def test_p{number}_" in functions


def test_the_page_names_the_folder_of_the_first_ones() -> None:
    assert "in the folder `tests/theory`" in PAGE and len(SECTIONS) >= 37
