"""The page: all sections that have something to say, in one HTML file that needs nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

import numpy as np

import results.report.sections  # noqa: F401  registers them all
from instances.storage import check_writable, write_atomically
from results.report.known import know
from results.report.look import STYLE
from results.report.record import read_records
from results.report.registry import SECTIONS, Block, Listing, Material, Paragraph, Picture
from results.report.run import Run
from results.tables import Table, render
from results.tables.html import escape
from solvers.result_file import versions

__all__ = ["Part", "page_text", "parts_of", "write_page", "write_tables"]

SEED = 0
"""Of all resampling: the same rows give the same page."""

Part = tuple[str, list[Block]]
"""Title of a section and its blocks."""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""What the page may load: nothing. A hostile name that got past all else could not run or fetch."""


def parts_of(run: Run) -> list[Part]:
    """All sections that have something to say about a run."""
    records = tuple(read_records(run.rows))
    material = Material(run, records, know(records))
    ordered = sorted(SECTIONS.values(), key=lambda section: section.order)
    parts = [(section.title, section.make(material, np.random.default_rng(SEED))) for section in ordered]
    return [(title, blocks) for title, blocks in parts if blocks]


def write_page(run: Run, output: Path) -> list[Part]:
    """Write the page of a run; returns what is on it.

    Raises:
        InputError: the file cannot be written.
    """
    check_writable(output)
    parts = parts_of(run)
    text = page_text(run, parts)
    _write(output, text)
    return parts


def write_tables(parts: Iterable[Part], folder: Path) -> list[Path]:
    """Write every table as Markdown and LaTeX into a folder; the files written.

    Raises:
        InputError: a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for title, blocks in parts:
        for number, table in enumerate((block for block in blocks if isinstance(block, Table)), start=1):
            for name, suffix in (("markdown", "md"), ("latex", "tex")):
                path = folder / f"{_anchor(title)}-{number}.{suffix}"
                _write(path, render(table, name))
                written.append(path)
    return written


def _write(path: Path, text: str) -> None:
    def fill(file: BinaryIO) -> None:
        file.write(text.encode())

    write_atomically(path, fill)


def page_text(run: Run, parts: list[Part]) -> str:
    """The whole page as HTML."""
    title, made = escape(run.name), versions()
    links = "".join(f'<li><a href="#{_anchor(name)}">{escape(name)}</a></li>' for name, _ in parts)
    sections = "\n".join(
        f'<section id="{_anchor(name)}">\n<h2>{escape(name)}</h2>\n{"".join(_blocks(blocks))}</section>'
        for name, blocks in parts
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>{title} – edgecut report</title>
<style>{STYLE}</style>
</head>
<body>
<header>
<h1>{title}</h1>
<div class="soft">Report of the rows in {escape(run.path.as_posix())}</div>
<nav aria-label="Sections"><ul>{links}</ul></nav>
</header>
<main>
{sections}
</main>
<footer>Made by edgecut {escape(made["edgecut"])} from rows with SHA-256 {run.digest[:16]}…</footer>
</body>
</html>
"""


def _blocks(blocks: list[Block]) -> Iterator[str]:
    """HTML of blocks; pictures that follow each other stand side by side where there is room."""
    for is_picture, group in groupby(blocks, key=lambda block: isinstance(block, Picture)):
        inner = "".join(map(_block, group))
        yield f'<div class="pictures">\n{inner}</div>\n' if is_picture else inner


def _block(block: Block) -> str:
    if isinstance(block, Table):
        return render(block, "html")
    if isinstance(block, Picture):
        return f"<figure>\n{block.svg}\n<figcaption>{escape(block.caption)}</figcaption>\n</figure>\n"
    if isinstance(block, Listing):
        caption = f"<figcaption>{escape(block.title)}</figcaption>" if block.title else ""
        text = "\n".join(map(escape_line, block.text.splitlines()))
        return f"<figure>{caption}<pre>{text}</pre></figure>\n"
    assert isinstance(block, Paragraph)
    return f'<p class="{"warning" if block.warning else "plain"}">{escape(block.text)}</p>\n'


def escape_line(line: str) -> str:
    """A line whose spaces stay as they are."""
    indent = line[: len(line) - len(line.lstrip(" \t"))]
    return indent + " ".join(map(escape, line.strip().split(" ")))


def _anchor(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
