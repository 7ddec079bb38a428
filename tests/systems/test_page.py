"""Systems: every name is registered once, and figures have their rows. Examples of docs/systems.md: tests/docs."""

from __future__ import annotations

from pathlib import Path

import pytest

import paper_figures  # noqa: F401  registers the figures
from results.experiment import rows_of, run_experiment
from results.figures import FIGURES, draw_figure
from solvers.systems import SYSTEM_METHODS, system_method


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
