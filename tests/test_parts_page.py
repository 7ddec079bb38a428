"""docs/parts.md: its tables are those of the stored benchmarks. Its examples: tests/docs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "parts.md").read_text(encoding="utf-8")


def stored(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text(encoding="utf-8"))
    return found


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
