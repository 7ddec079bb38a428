"""A table: columns with units, cells of plain text, notes. No markup anywhere: that is the renderers' part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from results.tables.numbers import number_text

__all__ = ["CLAIMED_NOTE", "MISSING", "Cell", "Column", "Table", "table_of"]

MISSING = "–"
"""What stands where there is no value."""

CLAIMED_NOTE = "rests on a bound that a solver claims; values without the mark rest on certified bounds only"


@dataclass(frozen=True)
class Cell:
    """One entry: plain text; ``best`` is set in bold; ``claimed`` gets a dagger, which the table explains below."""

    text: str
    best: bool = False
    claimed: bool = False


@dataclass(frozen=True)
class Column:
    """A column.

    Args:
        key: where rows have its value.
        title: its heading; the key if empty.
        unit: behind the heading, if any.
        align: of its cells.
        digits: significant digits of its numbers.
    """

    key: str
    title: str = ""
    unit: str = ""
    align: Literal["left", "right"] = "left"
    digits: int = 4

    @property
    def heading(self) -> str:
        """Title, and the unit in brackets."""
        return (self.title or self.key) + (f" ({self.unit})" if self.unit else "")


@dataclass(frozen=True)
class Table:
    """A table.

    Args:
        columns: at least one.
        rows: cells, [rows, columns].
        title: above it.
        notes: sentences below it; the one on daggers is added by `footnotes` where it is needed.
        label: by which a text refers to it (LaTeX).

    Raises:
        ValueError: no column, or a row that has not one cell a column.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    title: str = ""
    notes: tuple[str, ...] = ()
    label: str = ""

    def __post_init__(self) -> None:
        if not self.columns:
            raise ValueError("a table has columns")
        for number, row in enumerate(self.rows, start=1):
            if len(row) != len(self.columns):
                raise ValueError(f"row {number} has {len(row)} cells for {len(self.columns)} columns")

    @property
    def has_claims(self) -> bool:
        """Whether a cell is marked as claimed."""
        return any(cell.claimed for row in self.rows for cell in row)


def table_of(
    rows: Iterable[Mapping[str, Any]],
    columns: Iterable[Column],
    *,
    title: str = "",
    notes: Iterable[str] = (),
    label: str = "",
) -> Table:
    """Table of rows with plain values: numbers by the digits of their column, truth as yes and no, None as missing."""
    kept = tuple(columns)
    cells = tuple(tuple(_cell(row.get(column.key), column) for column in kept) for row in rows)
    return Table(kept, cells, title, tuple(notes), label)


def _cell(value: Any, column: Column) -> Cell:
    if isinstance(value, Cell):
        return value
    if value is None or value == "":
        return Cell(MISSING)
    if isinstance(value, bool):
        return Cell("yes" if value else "no")
    if isinstance(value, int | float):
        return Cell(number_text(float(value), column.digits))
    return Cell(str(value))
