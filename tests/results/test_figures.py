"""The figures: each is drawn from committed rows, and looks the way a paper needs it to."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

import paper_figures
from instances.errors import InputError
from results.figures import FIGURES, draw_figure
from results.style import COLOURS, DASHES, MARKERS

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", FIGURES)
def test_figure_is_drawn_from_committed_rows(name: str, tmp_path: Path) -> None:
    pdf, png, table = draw_figure(name, tmp_path)
    assert png.read_bytes().startswith(b"\x89PNG")
    content = pdf.read_bytes()
    assert content.startswith(b"%PDF")
    assert b"/Type3" not in content  # IEEE refuses Type 3 fonts
    rows = list(csv.DictReader(table.open()))
    assert rows and all(value is not None for value in rows[0].values())


def test_redrawing_gives_the_same_pdf(tmp_path: Path) -> None:
    first, second = (draw_figure("price_of_integrality", tmp_path / k)[0].read_bytes() for k in "ab")
    assert first == second


def test_there_are_at_least_four() -> None:
    assert len(FIGURES) >= 4
    assert all(draw.__doc__ for _, draw in FIGURES.values())


def test_curves_differ_in_colour_marker_and_dash() -> None:
    assert len(set(COLOURS)) == len(COLOURS) == len(set(MARKERS)) == len({str(d) for d in DASHES})


def test_missing_rows_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cases have no row.*--rerun"):
        draw_figure("energy_against_users", tmp_path, folder=tmp_path)


def test_unknown_figure_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="did you mean 'energy_against_users'"):
        draw_figure("energy_against_user", tmp_path)


def test_list_and_exit_codes(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "paper_figures.py", "--list"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and all(name in done.stdout for name in FIGURES)
    assert paper_figures.main(["no_such_figure", "--output", str(tmp_path)]) == 2


def test_quick_rerun_solves_and_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code = paper_figures.main(["cut_against_bandwidth", "price_of_integrality", "--quick", "--rerun"])
    assert code == 0
    assert (tmp_path / "out/figures/price_of_integrality.pdf").exists()
    assert (tmp_path / "out/quick_runs/integrality.jsonl").exists()
