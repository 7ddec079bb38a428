"""Plain tables on a terminal."""

from __future__ import annotations

import math
from typing import Any, TextIO

__all__ = ["print_table"]


def print_table(rows: list[dict[str, Any]], stream: TextIO) -> None:
    """Print rows as a table as wide as its content; long text folds when the stream is a terminal."""
    from rich.console import Console
    from rich.table import Table

    if not rows:
        print("(nothing to show)", file=stream)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in rows[0]:
        number = all(isinstance(row[name], int | float) for row in rows)
        table.add_column(name, justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_text(name, row[name]) for name in rows[0]))
    console = Console(file=stream, width=None if stream.isatty() else 220, highlight=False, markup=False)
    console.print(table)


def _text(name: str, value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        if not math.isfinite(value):
            return "-"
        return f"{100 * value:.3f} %" if name.startswith("gap") else f"{value:.6g}"
    return str(value)
