"""docs/heuristics.md: its tables are those of the stored benchmarks, which compare all that there is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import heuristics, imitation
from benchmarks.measure import interval
from solvers import METHODS
from solvers.learned.imitation import WEIGHTS

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "heuristics.md").read_text(encoding="utf-8")


def stored(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("allocation", heuristics.RULES)
@pytest.mark.parametrize("size", heuristics.SIZES)
def test_tables_of_gaps_are_the_benchmark(size: str, allocation: str) -> None:
    lines = heuristics.table(stored("heuristics")["summary"], size, allocation)
    assert len(lines) > 10
    assert "\n".join(lines) in PAGE


def test_summary_is_that_of_the_runs() -> None:
    found = stored("heuristics")
    assert heuristics.summary(found["runs"]) == found["summary"]
    assert {row["family"] for row in found["runs"]} == set(heuristics.FAMILIES)


def test_everything_that_promises_no_optimum_was_compared() -> None:
    compared = {row["method"] for row in stored("heuristics")["runs"]}
    assert {name for name, entry in METHODS.items() if name in NAMED} <= compared


def test_table_of_imitation_is_the_benchmark() -> None:
    cells = stored("imitation")["cells"]
    assert len(cells) == len(imitation.SIZES) * len(imitation.FAMILIES)
    assert "\n".join(imitation.rows(cells)) in PAGE
    assert str(json.loads(WEIGHTS.read_text())["made"]["instances"]) in PAGE


def test_interval_holds_the_mean_and_shrinks() -> None:
    low, high = interval([1.0, 2.0, 3.0, 4.0])
    assert low is not None and high is not None and low < 2.5 < high
    assert interval([2.0, 2.0]) == (2.0, 2.0) and interval([]) == (None, None)
    wide, narrow = interval([1.0, 3.0]), interval([1.0, 3.0] * 50)
    assert narrow[1] - narrow[0] < wide[1] - wide[0]  # type: ignore[operator]


NAMED = {"greedy", "alternating", "local_search", "neurosurgeon", "smallest_output", "all_local", "all_remote",
         "prices", "vertex_rounding", "genetic", "particle_swarm", "simulated_annealing", "whale",
         "imitation"}  # fmt: skip
