"""Pictures of a report: SVG within the page, in the page's text colour, so that they are right on light and dark."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterable
from typing import Any

from results.report.registry import Picture
from results.style import COLOURS, DASHES, MARKERS, picture_style
from results.tables.words import one_line, shortened

__all__ = ["MOST_CURVES", "draw", "label_text", "look", "looks_of"]

MOST_CURVES = 12
"""Curves that one picture can hold."""

_SETTINGS: Any = {"font.size": 9, "axes.labelsize": 9, "legend.fontsize": 8, "xtick.labelsize": 8,
                  "ytick.labelsize": 8, "svg.fonttype": "none", "lines.markersize": 4}  # fmt: skip


def look(k: int) -> dict[str, Any]:
    """Colour, marker and dash of the k-th curve, told apart also without colour."""
    return {"color": COLOURS[k % len(COLOURS)], "marker": MARKERS[(k + k // len(COLOURS)) % len(MARKERS)],
            "linestyle": DASHES[(k + 2 * (k // len(COLOURS))) % len(DASHES)]}  # fmt: skip


def looks_of(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """A look for each name, the same in all pictures of a page."""
    return {name: look(k) for k, name in enumerate(names)}


def label_text(text: str, length: int = 34) -> str:
    """Text from data as a label: no formula, no hidden name (a leading underscore), not too long."""
    shown = shortened(one_line(text), length).replace("\\", "\N{SET MINUS}").replace("$", r"\$")
    return f"\N{ZERO WIDTH SPACE}{shown}" if shown.startswith("_") else shown


def draw(name: str, fill: Callable[[Any], Any], caption: str) -> Picture:
    """The picture that ``fill`` makes with pyplot; ``name``: letters and hyphens, unlike all others of the page."""
    import matplotlib

    drawn = io.StringIO()
    with picture_style() as plt, matplotlib.rc_context({**_SETTINGS, "svg.hashsalt": name}), warnings.catch_warnings():
        # The browser has the signs that the font of the layout lacks.
        warnings.filterwarnings("ignore", message=".*Glyph .* missing")
        fill(plt).savefig(drawn, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return Picture(_within_page(drawn.getvalue(), name), caption)


def _within_page(svg: str, name: str) -> str:
    """Without what only a file needs; names of parts made unique in the page; black turned into the page's colour."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = svg.replace("url(#", f"url(#{name}-").replace('href="#', f'href="#{name}-')
    svg = re.sub(r"(stroke|fill): ?#(?:000000|000)\b", r"\1: currentColor", svg)
    # Texts have no colour of their own unless it is not black.
    return svg.replace("<svg ", '<svg fill="currentColor" aria-hidden="true" ', 1).strip()
