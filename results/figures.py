"""The registry of figures: one decorated function a figure, which draws from rows and solves nothing.

The functions stand in `results.drawings`, by topic; importing that package registers them.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

from instances.registry import Registry
from results.experiment import rows_of, run_experiment
from results.store import RUNS
from results.style import picture_style

__all__ = ["FIGURES", "draw_figure", "figure"]

Rows = list[dict[str, Any]]
Draw = Callable[[Any, Rows], Any]

FIGURES = Registry[tuple[str, Draw]]("figure")


def figure(experiment: str) -> Callable[[Draw], Draw]:
    """Decorator: the function draws the rows of ``experiment`` with pyplot (first argument) and returns the figure."""

    def register(draw: Draw) -> Draw:
        FIGURES.add(draw.__name__, (experiment, draw))
        return draw

    return register


def draw_figure(
    name: str, output: Path, *, quick: bool = False, rerun: bool = False, folder: Path = RUNS
) -> list[Path]:
    """Draw a figure into ``output`` as PDF, PNG and the CSV behind it; with ``rerun``, solve missing cases first.

    Raises:
        InputError: no such figure, or cases without rows.
    """
    experiment, draw = FIGURES.find(name)
    if rerun:
        run_experiment(experiment, quick=quick, folder=folder)
    rows = rows_of(experiment, quick=quick, folder=folder)
    output.mkdir(parents=True, exist_ok=True)
    paths = [output / f"{name}.{suffix}" for suffix in ("pdf", "png", "csv")]
    with picture_style() as plt:
        drawn = draw(plt, rows)
        drawn.savefig(paths[0], metadata={"CreationDate": None})
        drawn.savefig(paths[1])
    _write_csv(rows, paths[2])
    return paths


def _write_csv(rows: Rows, path: Path) -> None:
    """Rows as CSV; a row that holds lists (a sweep) becomes one line for each entry."""
    flat: Rows = []
    for row in rows:
        lists = {k: v for k, v in row.items() if isinstance(v, list)}
        plain = {k: v for k, v in row.items() if k not in lists}
        length = len(next(iter(lists.values()))) if lists else 1
        flat += [{**plain, **{k: v[i] for k, v in lists.items()}} for i in range(length)]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(dict.fromkeys(name for row in flat for name in row)))
        writer.writeheader()
        writer.writerows(flat)
