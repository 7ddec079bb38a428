"""docs/variants.md: its example runs, and what it finds is what it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from solvers import Verdict

PAGE = Path(__file__).parents[1] / "docs" / "variants.md"


def test_the_example_runs() -> None:
    code = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(code) == 1
    found: dict[str, Any] = {}
    exec(code[0], found)
    energy, quality, worst = found["least_energy"], found["most_accurate"], found["worst_case"]
    for result in (energy, quality, worst):
        assert result.verdict is Verdict.OPTIMAL, result.message
        assert result.valid
    assert worst.objective_j >= energy.objective_j - 1e-9
    assert quality.report.accuracy.sum() >= energy.report.accuracy.sum() - 1e-6
    assert energy.report.accuracy[0] >= 0.65 - 1e-9
