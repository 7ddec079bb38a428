"""docs/online.md: its table is that of the stored benchmark. Its examples: tests/docs."""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "online.md").read_text(encoding="utf-8")


def test_table_of_regret_is_the_benchmark() -> None:
    settings = json.loads((ROOT / "benchmarks" / "results" / "online.json").read_text(encoding="utf-8"))["settings"]
    for policy in next(iter(settings.values()))["policies"]:
        cells = [f"{100 * p['missed']:.1f} ({100 * p['low']:.1f} … {100 * p['high']:.1f})"
                 for p in (s["policies"][policy] for s in settings.values())]  # fmt: skip
        assert "| " + " | ".join([f"`{policy}`", *cells]) + " |" in PAGE
    gaps = [f"{100 * s['hindsight_missed_mean']:.1f}" for s in settings.values()]
    assert "| " + " | ".join(["best schedule found in hindsight", *gaps]) + " |" in PAGE
