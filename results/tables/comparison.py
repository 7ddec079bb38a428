"""Methods beside groups of instances: mean with its interval, the best in bold only where it is told apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np

from results.metrics import LEAST, Interval, interval
from results.tables.numbers import interval_text
from results.tables.table import MISSING, Cell, Column, Table

__all__ = ["Measurement", "comparison"]


class Measurement(NamedTuple):
    """One run's figure; ``value`` None when it has none (no plan, no bound, failed)."""

    method: str
    group: str
    instance: str
    value: float | None
    claimed: bool = False


def comparison(
    measurements: Iterable[Measurement],
    rng: np.random.Generator,
    *,
    title: str = "",
    unit: str = "",
    best: Literal["least", "most"] = "least",
    level: float = 0.95,
    digits: int = 3,
    label: str = "",
) -> Table:
    """One row a method, one column a group, in the order in which they first come.

    A cell is the mean with its bootstrap interval; behind it, where values are missing, how many there are of how many:
    runs that have none, and instances on which others were run and this method was not. The best mean of a column is
    marked only if none is missing, and its interval has no point in common with that of any other method there, each
    from at least `LEAST` values.
    """
    cells: dict[tuple[str, str], list[Measurement]] = {}
    for one in measurements:
        cells.setdefault((one.method, one.group), []).append(one)
    methods, groups = (list(dict.fromkeys(key[k] for key in cells)) for k in (0, 1))
    found: dict[tuple[str, str], Cell] = {}
    for group in groups:
        mine = {method: cells[method, group] for method in methods if (method, group) in cells}
        found |= {(method, group): cell for method, cell in _column(mine, rng, best, level, digits).items()}
    rows = [(Cell(method), *(found.get((method, group), Cell(MISSING)) for group in groups)) for method in methods]
    columns = (Column("method"), *(Column(group, unit=unit, align="right") for group in groups))
    return Table(columns, tuple(rows), title, tuple(_notes(rows, level, best)), label)


def _column(
    runs: dict[str, list[Measurement]], rng: np.random.Generator, best: str, level: float, digits: int
) -> dict[str, Cell]:
    """Cells of one group."""
    values = {method: [one.value for one in mine if one.value is not None] for method, mine in runs.items()}
    means = {method: interval(mine, rng, level=level) for method, mine in values.items() if mine}
    everywhere = {one.instance for mine in runs.values() for one in mine}
    wanted = {name: len(mine) + len(everywhere - {one.instance for one in mine}) for name, mine in runs.items()}
    winner = _winner(means, values, wanted, -1.0 if best == "most" else 1.0)
    cells = {}
    for method, mine in runs.items():
        count = f" ({len(values[method])} of {wanted[method]})" if len(values[method]) < wanted[method] else ""
        text = interval_text(means[method], digits) if method in means else "none"
        claimed = any(one.claimed and one.value is not None for one in mine)
        cells[method] = Cell(text + count, best=method == winner, claimed=claimed)
    return cells


def _winner(
    means: dict[str, Interval], values: dict[str, list[float]], wanted: dict[str, int], sign: float
) -> str | None:
    """The method that is told apart from all others; None without one."""
    if len(means) < 2 or min(len(values[method]) for method in means) < LEAST:
        return None
    first = min(means, key=lambda method: sign * means[method].estimate)
    if len(values[first]) < wanted[first]:
        return None
    return first if all(means[first].apart(means[other]) for other in means if other != first) else None


def _notes(rows: Sequence[tuple[Cell, ...]], level: float, best: str) -> list[str]:
    entries = [cell for row in rows for cell in row[1:]]
    notes = [f"Mean and {100 * level:g} % bootstrap interval; the {best} is best"]
    if any(cell.best for cell in entries):
        notes[0] += ", bold where its interval is apart from all others of its column"
    else:
        notes[0] += "; no method is told apart from all others of its column, so none is bold"
    if any(" of " in cell.text for cell in entries):
        notes.append("(k of n): the mean is over the k runs that have a value, of n that were or should have been made")
    if any(cell.text == MISSING for cell in entries):
        notes.append(f"{MISSING}: not run")
    return [note + "." for note in notes]
