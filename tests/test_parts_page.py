"""docs/parts.md: its examples run, and its tables are those of the stored benchmarks."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "parts.md").read_text(encoding="utf-8")


def stored(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text(encoding="utf-8"))
    return found


def test_examples_run(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sklearn", reason="the extra learn (scikit-learn) is not installed")
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL):
        exec(compile(block, "docs/parts.md", "exec"), names)
    said = capsys.readouterr().out
    assert "of the energy" in said and said.count("Dependency(") == 5


def test_table_of_policies_is_the_benchmark() -> None:
    for run in stored("components")["policies"]:
        figures = [f"{100 * run[k]['mean']:.1f} ± {100 * run[k]['plus_minus']:.1f}" for k in POLICY_FIELDS]
        assert "| " + " | ".join([run["decides"], run["weighting"], *figures]) + " |" in PAGE


def test_table_of_rows_is_the_benchmark() -> None:
    for run in stored("rows")["runs"]:
        key, unit = ("latency_s", 1e3) if run["goal"] == "latency" else ("energy_j", 1.0)
        shown = [cell(run, method, key, unit) for method in ROW_FIELDS]
        assert "| " + " | ".join([run["network"], run["goal"], *shown]) + " |" in PAGE


POLICY_FIELDS = ("bit", "constant_bit", "vector", "size", "feasible", "cost", "energy", "latency")
ROW_FIELDS = ("alone", "proportional", "coedge", "rows_exact", "pieces")


def cell(run: dict[str, Any], method: str, key: str, unit: float) -> str:
    """A figure in three digits; – where the method found nothing in time or cannot run."""
    found = run.get(method)
    if found is None or found[key] is None or found["verdict"] == "unknown":
        return "–"
    return f"{unit * found[key]:.3g}"
