"""The registry of renderers: a function from a table to text; a new format is one more file."""

from __future__ import annotations

from collections.abc import Callable

from instances.errors import InputError, nearest
from results.tables.table import Table

__all__ = ["RENDERERS", "Renderer", "render", "renderer"]

Renderer = Callable[[Table], str]

RENDERERS: dict[str, Renderer] = {}


def renderer(name: str) -> Callable[[Renderer], Renderer]:
    """Decorator that registers a renderer."""

    def register(function: Renderer) -> Renderer:
        if name in RENDERERS:
            raise ValueError(f"renderer '{name}' is registered twice")
        RENDERERS[name] = function
        return function

    return register


def render(table: Table, name: str) -> str:
    """The table as text in a format.

    Raises:
        InputError: no such format.
    """
    if name not in RENDERERS:
        raise InputError("format of a table", f"'{name}' is not known", fix=nearest(name, RENDERERS))
    return RENDERERS[name](table)
