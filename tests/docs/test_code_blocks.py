"""Every code block of the README and of docs/ is run, and prints what its page shows.

How: `tests/docs/blocks.py`. What a page needs beforehand and what must hold afterwards: `tests/docs/special.py`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import results.drawings
import results.experiments  # noqa: F401  like the drawings: they register themselves now, not while a page runs
from results.experiment import EXPERIMENTS
from results.figures import FIGURES
from results.report import SECTIONS
from solvers import METHODS
from tests.docs.blocks import Block, blocks_of, matches, needs_of, pages
from tests.docs.running import NEVER, Run, commands_of, reason_against
from tests.docs.special import AFTER, BEFORE

PAGES = [page for page in pages() if any("not run" not in block.marks for block in blocks_of(page))]
LONG = [page for page in PAGES if any("nightly" in block.marks for block in blocks_of(page))]
NOT_RUN = [block for page in pages() for block in blocks_of(page) if "not run" in block.marks]
LEFT_OUT = [(block, command) for page in pages() for block in blocks_of(page) if block.language == "sh"
            for command in commands_of(block) if reason_against(command)]  # fmt: skip


def run_page(page: str, folder: Path, *, nightly: bool) -> tuple[Run, list[Block]]:
    """Run a page's blocks; what is left is for the night. What a page registers is gone afterwards."""
    for module in needs_of(page):
        pytest.importorskip(module, reason=f"{page} needs {module}, which is not installed")
    with EXPERIMENTS.restored(), FIGURES.restored(), METHODS.restored(), SECTIONS.restored():
        return _run_page(page, folder, nightly)


def _run_page(page: str, folder: Path, nightly: bool) -> tuple[Run, list[Block]]:
    run = Run(folder)
    BEFORE.get(page, lambda _: None)(folder)
    todo = [block for block in blocks_of(page) if "not run" not in block.marks]
    for k, block in enumerate(todo):
        if "nightly" in block.marks and not nightly:
            return run, todo[k:]
        run.take(block)
    AFTER.get(page, lambda _: None)(run)
    return run, []


@pytest.mark.parametrize("page", PAGES)
def test_blocks_run_and_print_what_the_page_shows(page: str, tmp_path: Path) -> None:
    run, left = run_page(page, tmp_path, nightly=False)
    for block in left:
        reason = block.marks.get("nightly", "it follows one that is")
        print(f"{block.place}: by `make nightly` only: {reason}")
    assert run.printed or left or all(block.language not in ("python", "sh") for block in blocks_of(page))


@pytest.mark.nightly
@pytest.mark.parametrize("page", LONG)
def test_long_blocks_run_as_well(page: str, tmp_path: Path) -> None:
    assert run_page(page, tmp_path, nightly=True)[1] == []


@pytest.mark.parametrize("block", NOT_RUN, ids=lambda block: block.place)
def test_block_is_not_run(block: Block) -> None:
    reason = block.marks["not run"]
    assert len(reason.split()) >= 3, f"{block.place}: say why it must not run"
    pytest.skip(f"{block.place}: {reason}")


def test_commands_that_are_never_run_are_few_and_have_reasons() -> None:
    for block, command in LEFT_OUT:
        print(f"{block.place}: {' '.join(command)}: {reason_against(command)}")
    assert len(LEFT_OUT) <= 3 * len(NEVER) + 4, "more and more commands are left out"


@pytest.mark.parametrize("page", pages())
def test_every_block_says_its_language(page: str) -> None:
    assert [block.place for block in blocks_of(page) if not block.language] == []


def test_comparison_tells_a_difference() -> None:
    assert matches("gap … %\n…\nend", "gap 0.1 %\nanything\nat all\nend  \n")
    assert matches("a\n…\nb", "a\nb\n")
    assert not matches("gap 0.1 %", "gap 0.2 %\n")
    assert not matches("one line", "one line\nand another\n")
    assert not matches("…\nend", "end\nmore")


def test_a_wrong_page_fails(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    page = tmp_path / "docs" / "page.md"
    page.write_text("```python\nprint(1 + 1)\n```\n\n```text\n3\n```\n")
    run = Run(tmp_path)
    code, shown = blocks_of("docs/page.md", tmp_path)
    run.take(code)
    with pytest.raises(AssertionError, match="the page shows"):
        run.take(shown)
    page.write_text("```sh\nedgecut solve nowhere.json\n```\n")
    with pytest.raises(AssertionError, match="ended with 65"):
        Run(tmp_path).take(blocks_of("docs/page.md", tmp_path)[0])
    page.write_text("<!-- not run: no reason to -->\nText.\n```sh\nls\n```\n")
    with pytest.raises(ValueError, match="stands before no block"):
        blocks_of("docs/page.md", tmp_path)
