"""One look for every picture: IEEE column sizes, embedded fonts, curves told apart without colour."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["COLOURS", "DASHES", "MARKERS", "ONE_COLUMN_IN", "SEQUENCE", "TWO_COLUMNS_IN", "picture_style"]

ONE_COLUMN_IN, TWO_COLUMNS_IN = 3.5, 7.16

COLOURS = ("#3E4582", "#BE8606", "#651B05", "#018772", "#C899D6", "#000000", "#7E3CC9", "#75D69E")
"""Ours, searched for distance: any two differ by at least 27 in CIELAB to normal, protanope, deuteranope and tritanope
eyes, and by at least 9 in lightness, which is all that greyscale leaves (measured in tests/results/test_palette.py;
decision 0014). Neighbours in the list differ in lightness by much more."""

SEQUENCE = "cividis"
"""Colour map of amounts: its lightness grows all the way, and colour-blind eyes see nearly what others see (Nuñez,
Anderton and Renslow, PLOS ONE 13(7), 2018)."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
DASHES: tuple[Any, ...] = (
    "-",
    (0, (5, 1.5)),
    (0, (1, 1)),
    (0, (3, 1, 1, 1)),
    (0, (7, 2, 1, 2)),
    (0, (2, 2)),
    "-.",
    ":",
)

_SETTINGS: Any = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "legend.fontsize": 7,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.2,
    "lines.markersize": 3.5,
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "svg.hashsalt": "edgecut",
    "savefig.dpi": 200,
    "figure.constrained_layout.use": True,
}


@contextmanager
def picture_style() -> Iterator[Any]:
    """Within it, pyplot (handed over) draws in this style on a backend without a screen."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    with matplotlib.rc_context(_SETTINGS):
        yield plt
        plt.close("all")
