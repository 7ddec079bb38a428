"""Markdown (GitHub's tables)."""

from __future__ import annotations

import re

from results.tables.registry import renderer
from results.tables.table import CLAIMED_NOTE, Cell, Table
from results.tables.words import one_line

__all__ = ["escape", "markdown"]

_MARKUP = re.compile(r"([\\`*_|~#!])")


def escape(text: str) -> str:
    """Text that Markdown shows as it is, on one line: no markup, no link, no HTML."""
    flat = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKUP.sub(r"\\\1", flat).replace("](", "]\\(").replace("][", "]\\[").replace("]:", "]\\:")


@renderer("markdown")
def markdown(table: Table) -> str:
    """Title in bold, the table, notes below; ends with a newline."""
    heads = [escape(column.heading) for column in table.columns]
    rules = ["---:" if column.align == "right" else "---" for column in table.columns]
    lines = [f"| {' | '.join(cells)} |" for cells in (heads, rules, *([_entry(c) for c in row] for row in table.rows))]
    notes = [*([f"† {CLAIMED_NOTE}."] if table.has_claims else []), *map(escape, table.notes)]
    parts = [f"**{escape(table.title)}**"] * bool(table.title) + ["\n".join(lines)] + notes
    return "\n\n".join(parts) + "\n"


def _entry(cell: Cell) -> str:
    text = escape(cell.text)
    return (f"**{text}**" if cell.best else text) + (" †" if cell.claimed else "")
