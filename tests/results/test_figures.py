"""The figures: each is drawn from committed rows, and looks the way a paper needs it to."""

from __future__ import annotations

import csv
import itertools
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import paper_figures
from instances.errors import InputError
from results.experiment import EXPERIMENTS, RECORDS, known_experiments
from results.figures import FIGURES, draw_figure
from results.store import case_key
from results.style import ONE_COLUMN_IN, TWO_COLUMNS_IN

ROOT = Path(__file__).resolve().parents[2]
COLUMN_HEIGHT_IN = 9.0
PLAIN = {
    "users", "servers", "claims", "client vehicles", "service vehicles", "users that have arrived", "system utility",
    "load (demand over capacity)", "time over that of the best", "part of instances solved",
    "admitted over hindsight's bound", "part of FLOPs on the device", "pieces of every uplink and server",
    "least latency", "least energy",
}  # fmt: skip
"""Labels of counts, ratios and names; all others end in a comma and a unit."""


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """name → (files, matplotlib's figure); each is drawn once."""
    folder, kept = tmp_path_factory.mktemp("figures"), dict[str, Any]()

    def of(name: str) -> Any:
        if name not in kept:
            experiment, draw = FIGURES[name]
            with FIGURES.restored(name):
                FIGURES.add(name, (experiment, lambda plt, rows: kept.setdefault(name, draw(plt, rows))))
                paths = draw_figure(name, folder)
            kept[name].draw_without_rendering()
            kept[name] = (paths, kept[name])
        return kept[name]

    yield of


@pytest.mark.parametrize("name", FIGURES)
def test_files_are_fit_to_print(name: str, drawn: Any) -> None:
    (pdf, png, table), _ = drawn(name)
    assert png.read_bytes().startswith(b"\x89PNG")
    content = pdf.read_bytes()
    # Type 42: TrueType outlines, embedded; IEEE refuses Type 3.
    kinds = set(re.findall(rb"/Subtype /(Type0|Type1|Type3|TrueType|CIDFontType\d)\b", content))
    assert kinds == {b"Type0", b"CIDFontType2"}
    assert content.count(b"/FontFile2") == content.count(b"/Type /FontDescriptor") >= 1
    found = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", content)
    assert found is not None
    width, height = (float(side) / 72 for side in found.groups())
    assert min(abs(width - ONE_COLUMN_IN), abs(width - TWO_COLUMNS_IN)) < 0.01 and height <= COLUMN_HEIGHT_IN
    rows = list(csv.DictReader(table.open(encoding="utf-8")))
    assert rows and all(None not in row.values() for row in rows)


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_clipped_or_covered(name: str, drawn: Any) -> None:
    from matplotlib.text import Text

    _, figure = drawn(name)
    page, unseen = figure.bbox, _unseen_labels(figure)
    for text in figure.findobj(lambda artist: isinstance(artist, Text) and artist.get_visible()):
        if text.get_text().strip() and id(text) not in unseen:
            box = text.get_window_extent()
            inside = box.x0 >= -1 and box.y0 >= -1 and box.x1 <= page.x1 + 1 and box.y1 <= page.y1 + 1
            assert inside, f"'{text.get_text()}' sticks out"
    for panel in figure.axes:
        for axis in (panel.xaxis, panel.yaxis):
            labels = [t for t in axis.get_ticklabels() if t.get_visible() and t.get_text() and id(t) not in unseen]
            for first, second in itertools.pairwise(t.get_window_extent() for t in labels):
                assert not first.overlaps(second), "tick labels overlap"
        if panel.get_legend() is not None:
            box = panel.get_legend().get_window_extent()
            for line in panel.lines:
                points = line.get_transform().transform(line.get_xydata())
                assert not any(box.contains(x, y) for x, y in points), f"the legend covers {line.get_label()}"


def _unseen_labels(figure: Any) -> set[int]:
    """Tick labels that are kept and not drawn: of ticks past the ends of an axis, of panels switched off."""
    found = set()
    for panel in figure.axes:
        for axis, place in ((panel.xaxis, 0), (panel.yaxis, 1)):
            low, high = sorted(axis.get_view_interval())
            for text in (*axis.get_ticklabels(), *axis.get_ticklabels(minor=True)):
                if not panel.axison or not low <= text.get_position()[place] <= high:
                    found.add(id(text))
    return found


@pytest.mark.parametrize("name", FIGURES)
def test_axes_have_units_and_curves_looks_of_their_own(name: str, drawn: Any) -> None:
    _, figure = drawn(name)
    common = [text.get_text() for text in (figure._supxlabel, figure._supylabel) if text is not None]
    labels = [*common, *(t for panel in figure.axes for t in (panel.get_xlabel(), panel.get_ylabel()) if t)]
    assert len(labels) >= 2 or any(_names(panel) for panel in figure.axes)
    for label in labels:
        assert label in PLAIN or re.search(r", \S", label), f"'{label}' has no unit"
    for panel in figure.axes:
        handles = [h[0] if isinstance(h, tuple) else h for h in panel.get_legend_handles_labels()[0]]
        lines = [h for h in handles if hasattr(h, "get_marker") and h.get_marker() not in ("None", None, ".")]
        for look in ("get_color", "get_marker"):
            assert len({getattr(line, look)() for line in lines}) == len(lines)
        dashed = [line for line in lines if line.get_linestyle() != "None"]
        assert len({str(line._unscaled_dash_pattern) for line in dashed}) == len(dashed)


def _names(panel: Any) -> bool:
    """Whether an axis holds names, which need no unit."""
    return any(t.get_text()[:1].isalpha() for t in (*panel.get_xticklabels(), *panel.get_yticklabels()))


def test_all_kinds_are_there() -> None:
    assert len(FIGURES) >= 18
    assert all(draw.__doc__ for _, draw in FIGURES.values())
    page = (ROOT / "docs" / "figures.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in page and f"`{experiment}`" in page for name, (experiment, _) in FIGURES.items())


def test_redrawing_gives_the_same_pdf(tmp_path: Path) -> None:
    first, second = (draw_figure("price_of_integrality", tmp_path / k)[0].read_bytes() for k in "ab")
    assert first == second


def test_quick_cases_are_fewer_or_smaller() -> None:
    for name, (cases, _) in EXPERIMENTS.items():
        quick, full = ([case_key(case) for case in cases(few)] for few in (True, False))
        assert 0 < len(quick) == len(set(quick)), name
        assert len(quick) < len(full) or set(quick) != set(full), name
    assert set(RECORDS) == {"claims"}


def test_the_example_of_the_page_runs(tmp_path: Path) -> None:
    known_experiments()  # registered for good, not only in the block
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "figures.md").read_text(encoding="utf-8"), re.DOTALL)
    with EXPERIMENTS.restored(), FIGURES.restored():
        exec(code, {})
        paths = draw_figure("my_figure", tmp_path, quick=True, rerun=True, folder=tmp_path)
    assert len((tmp_path / "my_experiment.jsonl").read_text().splitlines()) == 3 and paths[0].exists()


def test_missing_rows_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cases have no row.*--rerun"):
        draw_figure("energy_against_users", tmp_path, folder=tmp_path)


def test_unknown_figure_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="did you mean 'energy_against_users'"):
        draw_figure("energy_against_user", tmp_path)


def test_list_and_exit_codes(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "paper_figures.py", "--list"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and all(name in done.stdout for name in FIGURES)
    code = paper_figures.main(["no_such_figure", "price_of_integrality", "--output", str(tmp_path)])
    assert code == 2 and (tmp_path / "price_of_integrality.pdf").exists(), "one failure does not stop the others"


def test_quick_rerun_solves_and_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code = paper_figures.main(["cut_against_bandwidth", "price_of_integrality", "--quick", "--rerun"])
    assert code == 0
    assert (tmp_path / "out/figures/price_of_integrality.pdf").exists()
    assert (tmp_path / "out/quick_runs/integrality.jsonl").exists()
    rows = (tmp_path / "out/quick_runs/integrality.jsonl").read_text()
    assert paper_figures.main(["price_of_integrality", "--quick", "--rerun"]) == 0
    assert (tmp_path / "out/quick_runs/integrality.jsonl").read_text() == rows, "nothing is solved twice"


@pytest.mark.nightly
def test_everything_is_drawn_from_reduced_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="the reality check runs networks (extra 'profile')")
    pytest.importorskip("pyscipopt", reason="peers are run (extra 'bench')")
    monkeypatch.chdir(tmp_path)
    assert paper_figures.main(["--quick", "--rerun"]) == 0
    assert len(list((tmp_path / "out/figures").glob("*.pdf"))) == len(FIGURES)
