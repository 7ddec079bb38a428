"""Tables of docs/online.md and docs/parts.md are those of the stored benchmarks."""

from __future__ import annotations

from typing import Any

from tests.docs.blocks import ROOT, stored

ONLINE, PARTS = ((ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in ("online", "parts"))

POLICY_FIELDS = ("bit", "constant_bit", "vector", "size", "feasible", "cost", "energy", "latency")
ROW_FIELDS = ("alone", "proportional", "coedge", "rows_exact", "pieces")


def line(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def test_table_of_regret_is_the_benchmark() -> None:
    settings = stored("online")["settings"]
    for policy in next(iter(settings.values()))["policies"]:
        cells = [f"{100 * p['missed']:.1f} ({100 * p['low']:.1f} … {100 * p['high']:.1f})"
                 for p in (s["policies"][policy] for s in settings.values())]  # fmt: skip
        assert line(f"`{policy}`", *cells) in ONLINE
    gaps = [f"{100 * s['hindsight_missed_mean']:.1f}" for s in settings.values()]
    assert line("best schedule found in hindsight", *gaps) in ONLINE


def test_table_of_policies_is_the_benchmark() -> None:
    for run in stored("components")["policies"]:
        figures = [f"{100 * run[k]['mean']:.1f} ± {100 * run[k]['plus_minus']:.1f}" for k in POLICY_FIELDS]
        assert line(run["decides"], run["weighting"], *figures) in PARTS


def test_table_of_rows_is_the_benchmark() -> None:
    for run in stored("rows")["runs"]:
        key, unit = ("latency_s", 1e3) if run["goal"] == "latency" else ("energy_j", 1.0)
        shown = [cell(run, method, key, unit) for method in ROW_FIELDS]
        assert line(run["network"], run["goal"], *shown) in PARTS


def cell(run: dict[str, Any], method: str, key: str, unit: float) -> str:
    """A figure in three digits; – where the method found nothing in time or cannot run."""
    found = run.get(method)
    if found is None or found[key] is None or found["verdict"] == "unknown":
        return "–"
    return f"{unit * found[key]:.3g}"
