"""`edgecut report RUN -o page.html`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from results.report import read_run, write_page, write_tables


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report")(run)


def run(
    rows: Annotated[Path, typer.Argument(metavar="RUN", help="file of rows (.jsonl), or the folder of a sweep")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="page to write (default: NAME.html)")] = None,
    tables: Annotated[Path | None, typer.Option(help="folder for its tables as Markdown and LaTeX")] = None,
) -> None:
    """Write one HTML page about a run: figures, tables, failures, environment, commands to reproduce."""
    found = read_run(rows)
    page = output or Path(f"{found.name}.html")
    parts = write_page(found, page)
    print(page)
    if tables is not None:
        for path in write_tables(parts, tables):
            print(path)
