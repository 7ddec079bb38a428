"""docs/heuristics.md: its tables are those of the stored benchmarks, which compare all that there is."""

from __future__ import annotations

import json

import pytest

from benchmarks import heuristics, imitation
from benchmarks.gap_cells import gap_cell, gap_figures
from solvers import METHODS
from solvers.learned.imitation import WEIGHTS
from tests.docs.blocks import ROOT, stored

PAGE = (ROOT / "docs" / "heuristics.md").read_text(encoding="utf-8")


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


def test_a_cell_tells_the_interval_that_there_is() -> None:
    wide, narrow = gap_figures([0.01, 0.03]), gap_figures([0.01, 0.03] * 50)
    assert wide["low"] < narrow["low"] < 0.02 < narrow["high"] < wide["high"]  # type: ignore[operator]
    assert gap_cell({**wide, "plans": 2, "instances": 2}) == "2 [1, 3]"
    assert gap_cell({**gap_figures([0.5]), "plans": 1, "instances": 3}) == "50 (1 of 3)"
    assert gap_cell({**gap_figures([]), "plans": 0, "instances": 3}) == "none (0 of 3)"
    assert gap_cell(None) == "–"


NAMED = {"greedy", "alternating", "local_search", "neurosurgeon", "smallest_output", "all_local", "all_remote",
         "prices", "vertex_rounding", "genetic", "particle_swarm", "simulated_annealing", "whale",
         "imitation"}  # fmt: skip
