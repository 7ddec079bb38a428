"""docs/systems.md: its examples run, and find what the page says; every checker has its registered methods."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import paper_figures  # noqa: F401  registers the figures
from results.experiment import rows_of, run_experiment
from results.figures import FIGURES, draw_figure
from solvers.systems import SYSTEM_METHODS, system_method

PAGE = Path(__file__).parents[2] / "docs" / "systems.md"


def test_the_examples_run() -> None:
    code = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(code) == 4
    found: dict[str, Any] = {}
    for block in code:
        exec(block, found)
    assert found["best"].completion_s.sum() < found["rule"].completion_s.sum()
    exact, milp, fast = found["utilities"]
    assert exact == pytest.approx(milp, abs=1e-8) and fast <= exact + 1e-12
    assert found["rates"][0] >= found["rates"][1] * (1 - 1e-9)
    assert found["energies"][0] < found["energies"][1]


def test_a_name_is_registered_once() -> None:
    with pytest.raises(ValueError, match="registered twice"):
        system_method("hoda", system="HODA", kind="heuristic", reference="–")(lambda cell: cell)
    assert all(m.reference and m.guarantee for m in SYSTEM_METHODS.values())
    assert all(m.guarantee != "–" for m in SYSTEM_METHODS.values() if m.kind == "exact")


@pytest.mark.parametrize("name", ["hoda_utility", "mad2rl_slots"])
def test_quick_rows_hold_what_figures_need(name: str, tmp_path: Path) -> None:
    run_experiment(name, quick=True, folder=tmp_path)
    rows = rows_of(name, quick=True, folder=tmp_path)
    best, other = ("exact", "hoda") if name == "hoda_utility" else ("greedy_s", "exact_s")
    assert all(row[other] <= row[best] + 1e-9 for row in rows if not row.get("queues"))
    (figure,) = [figure for figure, (experiment, _) in FIGURES.items() if experiment == name]
    assert draw_figure(figure, tmp_path, quick=True, folder=tmp_path)[1].exists()
