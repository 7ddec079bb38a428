"""docs/online.md: its examples run, and its table is that of the stored benchmark."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "online.md").read_text(encoding="utf-8")


def test_examples_run() -> None:
    pytest.importorskip("gymnasium", reason="the extra rl (gymnasium) is not installed")
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL):
        exec(compile(block, "docs/online.md", "exec"), names)
    hindsight = names["hindsight"]
    assert hindsight.certified <= hindsight.cost <= min(names["spent"].values()) * (1 + 1e-3)
    exact, flight, hovering = (names[k] for k in ("exact", "flight", "hovering"))
    assert exact.cost <= flight.cost * (1 + 1e-4) and exact.cost <= hovering.cost * (1 + 1e-4)
    assert flight.bound <= exact.cost * (1 + 1e-6) and flight.gap < 0.01


def test_table_of_regret_is_the_benchmark() -> None:
    settings = json.loads((ROOT / "benchmarks" / "results" / "online.json").read_text(encoding="utf-8"))["settings"]
    for policy in next(iter(settings.values()))["policies"]:
        cells = [f"{100 * p['missed']:.1f} ({100 * p['low']:.1f} … {100 * p['high']:.1f})"
                 for p in (s["policies"][policy] for s in settings.values())]  # fmt: skip
        assert "| " + " | ".join([f"`{policy}`", *cells]) + " |" in PAGE
    gaps = [f"{100 * s['hindsight_missed_mean']:.1f}" for s in settings.values()]
    assert "| " + " | ".join(["best schedule found in hindsight", *gaps]) + " |" in PAGE
