"""Tables: how numbers and names are written, what is bold and marked, and that LaTeX compiles."""

from __future__ import annotations

import html.parser
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from instances.errors import InputError
from results.metrics import Interval
from results.tables import RENDERERS, Cell, Column, Measurement, Table, comparison, render, renderer, table_of
from results.tables.latex import escape as latex_escape
from results.tables.markdown import escape as markdown_escape
from results.tables.numbers import interval_text, number_text
from results.tables.words import one_line, shortened

HOSTILE = "<script>alert('x')</script> & 100 % of $x_1^2$ #{~\\} `a` | *b* [c](d) \"e\" -- ,, [e][f]\nnext \x00\u202e"
NAN = float("nan")


@pytest.mark.parametrize(("value", "text"), [
    (0.0, "0"), (1.0, "1"), (12.0, "12"), (0.5, "0.5"), (1 / 3, "0.3333"), (2 / 3, "0.6667"), (9.99996, "10"),
    (1234.56, "1235"), (123456.0, "123456"), (9999999.0, "9999999"), (1.5e7, "1.5e7"), (2e-5, "2e−5"),
    (0.00012345, "0.0001234"), (-1.25, "−1.25"), (-3e9, "−3e9"), (float("inf"), "∞"), (-float("inf"), "−∞"), (NAN, "–"),
])  # fmt: skip
def test_numbers(value: float, text: str) -> None:
    assert number_text(value) == text


def test_intervals() -> None:
    assert interval_text(Interval(1.2345, 0.9876, 1.5)) == "1.23 [0.988, 1.5]"
    assert interval_text(Interval(1.2345, NAN, NAN)) == "1.23"


def columns() -> list[Column]:
    return [Column("name", "Name"), Column("energy_j", "Energy", "J", "right", 3), Column("done")]


def test_a_table_of_rows_in_markdown() -> None:
    rows = [
        {"name": "a|b", "energy_j": 1.23456, "done": True},
        {"name": Cell("c", best=True), "energy_j": Cell("2", claimed=True)},
    ]
    table = table_of(rows, columns(), title="Two", notes=["A note."])
    assert render(table, "markdown") == (
        "**Two**\n\n| Name | Energy (J) | done |\n| --- | ---: | --- |\n| a\\|b | 1.23 | yes |\n| **c** | 2 † | – |\n\n"
        "† rests on a bound that a solver claims; values without the mark rest on certified bounds only.\n\nA note.\n"
    )


def test_a_table_of_rows_in_latex() -> None:
    rows = [{"name": "a_b", "energy_j": 1.5, "done": False}, {"name": Cell("[c]", best=True), "energy_j": -2.0}]
    text = render(table_of(rows, columns(), title="50 %", label="tab:x y"), "latex")
    assert [line for line in text.splitlines() if "&" in line or "rule" in line] == [
        r"\toprule", r"Name & Energy (J) & done \\", r"\midrule", r"a\_b & 1.5 & no \\",
        r"\textbf{{}[c]} & $-$2 & -- \\", r"\bottomrule",
    ]  # fmt: skip
    assert r"\begin{tabular}{lrl}" in text and r"\caption{50 \%}" in text and r"\label{tab:x-y}" in text
    assert r"\dag" not in text


def test_words() -> None:
    assert one_line(" a\n b\x1b[0m \u202ec ") == "a b\ufffd[0m \ufffdc"
    assert shortened("abcdefgh", 8) == "abcdefgh" and shortened("abcdefghi", 8) == "abcd…ghi"


class Seen(html.parser.HTMLParser):
    """Tags and text of a piece of HTML."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.data: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.data.append(data)


def hostile_table() -> Table:
    rows = [{"name": HOSTILE, "energy_j": Cell(HOSTILE, best=True, claimed=True), "done": None}]
    return table_of(rows, [*columns(), Column(HOSTILE, unit=HOSTILE)], title=HOSTILE, notes=[HOSTILE], label=HOSTILE)


def test_html_shows_hostile_names_and_runs_nothing() -> None:
    seen = Seen(render(hostile_table(), "html"))
    assert set(seen.tags) == {"figure", "figcaption", "div", "table", "thead", "tbody", "tr", "th", "td", "strong",
                              "sup", "p"}  # fmt: skip
    # caption, two cells, note; the heading has its unit with it
    assert seen.data.count(one_line(HOSTILE)) == 4 and "\u202e" not in "".join(seen.data)


def test_markdown_shows_hostile_names_on_one_line() -> None:
    text = markdown_escape(HOSTILE)
    assert "\n" not in text and "<" not in text and not re.search(r"(?<!\\)[|*`_]", text) and "](" not in text
    lines = render(hostile_table(), "markdown").splitlines()
    assert len([line for line in lines if line.startswith("|")]) == 3
    assert all(len(re.findall(r"(?<!\\)\|", line)) == 5 for line in lines if line.startswith("|"))


def test_latex_escapes_by_hand() -> None:
    assert latex_escape("a--b, c,,d") == "a-{}-b, c,{},d"
    assert latex_escape("5 % of {x}_1") == r"5 \% of \{x\}\_1"
    assert latex_escape("κ ≤ 3 – né 中") == r"$\kappa$ $\le$ 3 -- né U+4E2D"
    assert latex_escape("*") == "{}*" and latex_escape("a\tb\n c") == "a b c"


def test_latex_compiles(tmp_path: Path) -> None:
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed")
    every = "".join(map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x100), *range(0x391, 0x3CA), 0x2022, 0x4E2D, 0x1F600]))
    signs = table_of([{"name": every[k : k + 40]} for k in range(0, len(every), 40)], [Column("name")], title=every)
    starts = table_of([{"name": s} for s in ("[1em]", "*", "[", "", "\\")], [Column("name")], title="[x]")
    pages = [render(table, "latex") for table in (hostile_table(), signs, starts, _compared())]
    source = "\n".join([r"\documentclass{article}", r"\usepackage{booktabs}", r"\begin{document}", *pages,
                        r"\end{document}"])  # fmt: skip
    (tmp_path / "t.tex").write_text(source)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "t.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", timeout=120)
    log = (tmp_path / "t.log").read_text(errors="replace")
    if "File `booktabs.sty' not found" in log:
        pytest.skip("this TeX has no booktabs")
    assert done.returncode == 0, log[-3000:]
    assert "Missing character" not in log


def _compared() -> Table:
    rng = np.random.default_rng(0)
    runs = [
        Measurement(
            method, group, str(seed), None if method == "poor" and seed > 4 else mean + rng.normal(0, 0.1), claimed
        )
        for method, means, claimed in (("good_one", (1, 1), False), ("near", (1.01, 4), True), ("poor", (9, 9), False))
        for group, mean in zip(("campus", "κ ≤ 3"), means, strict=True)
        for seed in range(7)
    ]
    return comparison(runs, rng, title="Gap by method & family", unit="%", label="tab:gaps")


def runs_of(method: str, values: list[float | None], claimed: bool = False) -> list[Measurement]:
    return [Measurement(method, "g", f"i{k}", value, claimed) for k, value in enumerate(values)]


def best_of(*runs: list[Measurement], **how: str) -> list[str]:
    table = comparison([one for mine in runs for one in mine], np.random.default_rng(0), **how)  # type: ignore[arg-type]
    return [row[0].text for row in table.rows if row[1].best]


def test_bold_only_where_intervals_are_apart() -> None:
    low, high = runs_of("low", [1.0, 1.1, 1.2, 0.9, 1.0]), runs_of("high", [2.0, 2.1, 1.9, 2.2, 2.0])
    assert best_of(low, high) == ["low"]
    assert best_of(low, high, best="most") == ["high"]
    overlapping = runs_of("near", [0.8, 1.6, 1.1, 1.3, 0.9])
    assert best_of(low, high, overlapping) == [] == best_of(low, overlapping)
    assert best_of(low) == [], "one method is better than nobody"
    assert best_of(low, runs_of("none", [None] * 5)) == []
    few = runs_of("few", [9.0, 9.1, 9.2, 9.3])
    assert best_of(low, few) == [] == best_of(low[:4], high)
    assert best_of(low, runs_of("same", [1.0, 1.1, 1.2, 0.9, 1.0])) == []


def test_a_mean_over_the_runs_that_did_not_fail_is_not_best() -> None:
    brave = runs_of("brave", [1.0, 1.1, 1.2, 0.9, 1.0, 5.0])
    frail = runs_of("frail", [0.1, 0.1, 0.1, 0.1, 0.1, None])
    assert best_of(brave, frail) == []
    table = comparison([*brave, *frail], np.random.default_rng(0))
    assert table.rows[1][1].text == "0.1 [0.1, 0.1] (5 of 6)"
    assert best_of(brave, frail[:5]) == [], "a run that was never tried is missing as well"
    table = comparison([*brave, *frail[:5]], np.random.default_rng(0))
    assert table.rows[1][1].text == "0.1 [0.1, 0.1] (5 of 6)"
    often = [one for one in brave for _ in range(2)]  # two seeds an instance are no reason to miss runs of others
    table = comparison([*often, *frail[:5]], np.random.default_rng(0))
    assert [" of " in row[1].text for row in table.rows] == [False, True]


def test_failures_missing_pairs_and_claims_are_shown() -> None:
    runs = [*runs_of("a", [1.0, 2.0]), *runs_of("b", [None, None]), Measurement("b", "other", "i", 3.0, claimed=True)]
    table = comparison(runs, np.random.default_rng(0), unit="J")
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["a", "1.5 [1, 2]", "–"],
        ["b", "none (0 of 2)", "3"],
    ]
    assert [cell.claimed for cell in table.rows[1]] == [False, False, True]
    assert table.has_claims and len(table.notes) == 3
    assert table.columns[1].heading == "g (J)"


def test_faults_are_told() -> None:
    with pytest.raises(ValueError, match="row 1 has 1 cells for 2"):
        Table((Column("a"), Column("b")), ((Cell("x"),),))
    with pytest.raises(ValueError, match="has columns"):
        Table((), ())
    with pytest.raises(InputError, match="markdwn"):
        render(hostile_table(), "markdwn")
    with pytest.raises(ValueError, match="twice"):
        renderer("latex")(RENDERERS["latex"])
    assert set(RENDERERS) == {"markdown", "latex", "html"}


def test_the_page_of_the_docs_runs(capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "report.md").read_text()
    code = next(block for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "table_of" in block)
    exec(compile(code, "docs/report.md", "exec"), {})
    shown = capsys.readouterr().out
    assert "| branch | 1.84 | yes |" in shown and "| greedy | 2.31 | – |" in shown
    assert r"a & \textbf{1.2 [1.08, 1.32]} \\" in shown
