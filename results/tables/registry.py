"""The registry of renderers: a function from a table to text; a new format is one more file."""

from __future__ import annotations

from collections.abc import Callable

from instances.registry import Registry
from results.tables.table import Table

__all__ = ["RENDERERS", "Renderer", "render", "renderer"]

Renderer = Callable[[Table], str]

RENDERERS = Registry[Renderer]("format of a table")

renderer = RENDERERS.under
"""Decorator that registers a renderer under a name."""


def render(table: Table, name: str) -> str:
    """The table as text in a format.

    Raises:
        InputError: no such format.
    """
    return RENDERERS.find(name)(table)
