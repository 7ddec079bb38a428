"""HTML: one ``<figure>`` a table, which scrolls sideways by itself where the page is narrow."""

from __future__ import annotations

import html as markup

from results.tables.registry import renderer
from results.tables.table import CLAIMED_NOTE, Cell, Table
from results.tables.words import one_line

__all__ = ["LONG", "escape", "html"]

LONG = 40
"""Signs from which on a cell of text has the class ``long``."""


def escape(text: str) -> str:
    """Text that HTML shows as it is, on one line, also within an attribute."""
    return markup.escape(one_line(text))


@renderer("html")
def html(table: Table) -> str:
    """Caption, table and notes; right-aligned cells have the class ``number``. Ends with a newline."""
    numbers = [' class="number"' if column.align == "right" else "" for column in table.columns]
    heads = "".join(
        f'<th scope="col"{kind}>{escape(column.heading)}</th>'
        for column, kind in zip(table.columns, numbers, strict=True)
    )
    body = [
        "<tr>" + "".join(_cell(cell, kind) for cell, kind in zip(row, numbers, strict=True)) + "</tr>"
        for row in table.rows
    ]
    notes = [f"<sup>†</sup> {escape(CLAIMED_NOTE)}."] * table.has_claims + [escape(note) for note in table.notes]
    return "\n".join([
        '<figure class="table">',
        *([f"<figcaption>{escape(table.title)}</figcaption>"] if table.title else []),
        # In reach of the keyboard, since it may scroll.
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(table.title or "table")}">',
        "<table>",
        f"<thead><tr>{heads}</tr></thead>",
        "<tbody>",
        *body,
        "</tbody></table></div>",
        *(f'<p class="note">{note}</p>' for note in notes),
        "</figure>",
    ]) + "\n"  # fmt: skip


def _cell(cell: Cell, kind: str) -> str:
    long = ' class="long"' if not kind and len(cell.text) > LONG else kind
    return f"<td{long}>{_entry(cell)}</td>"


def _entry(cell: Cell) -> str:
    text = escape(cell.text)
    return (f"<strong>{text}</strong>" if cell.best else text) + ("<sup>†</sup>" if cell.claimed else "")
