"""Tables: what stands in them here, how they look in a file each (`registry.RENDERERS`)."""

from results.tables import html, latex, markdown
from results.tables.comparison import Measurement, comparison
from results.tables.registry import RENDERERS, render, renderer
from results.tables.table import CLAIMED_NOTE, MISSING, Cell, Column, Table, table_of

__all__ = [
    "CLAIMED_NOTE",
    "MISSING",
    "RENDERERS",
    "Cell",
    "Column",
    "Measurement",
    "Table",
    "comparison",
    "html",
    "latex",
    "markdown",
    "render",
    "renderer",
    "table_of",
]
