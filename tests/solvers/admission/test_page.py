"""docs/admission.md: its table has a row for every admission method. Its examples: tests/docs."""

from __future__ import annotations

import re
from pathlib import Path

from solvers import METHODS

PAGE = (Path(__file__).parents[3] / "docs" / "admission.md").read_text(encoding="utf-8")


def test_every_admission_method_has_a_row() -> None:
    named = re.findall(r"^\| `(admission_\w+)`", PAGE, flags=re.MULTILINE)
    assert sorted(named) == sorted(name for name in METHODS if name.startswith("admission_"))
