"""One look for every picture: IEEE column sizes, embedded fonts, curves told apart without colour."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["COLOURS", "DASHES", "MARKERS", "ONE_COLUMN_IN", "TWO_COLUMNS_IN", "picture_style"]

ONE_COLUMN_IN, TWO_COLUMNS_IN = 3.5, 7.16

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8C6D31")
"""Okabe & Ito's palette (2008), ordered so that neighbours differ in lightness too."""

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
