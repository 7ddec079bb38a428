"""Rows that are not runs of methods: their figures by case."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from results.metrics import interval
from results.report.drawing import draw, label_text, look
from results.report.registry import Block, Material, section
from results.report.run import Row
from results.tables import Cell, Column, table_of
from results.tables.numbers import interval_text, number_text

__all__ = ["outcomes"]

MOST = 200
_NOT_OUTCOMES = ("key", "case", "versions", "attempt")
_MOST_CURVES, _MOST_PICTURES = 8, 4

Curves = dict[str, dict[float, list[float]]]


@section("Figures by case", order=50)
def outcomes(material: Material, rng: np.random.Generator) -> list[Block]:
    """Means over seeds of what is a number, a summary of what is a list; a picture where cases have a scale."""
    rows = material.run.rows
    if material.records:
        return []
    cases: dict[str, list[Row]] = {}
    for row in rows:
        cases.setdefault(json.dumps({k: v for k, v in row["case"].items() if k != "seed"}), []).append(row)
    fields = list(dict.fromkeys(name for row in rows for name in row["case"] if name != "seed"))
    numbers = [name for name in _names(rows) if any(_is_number(row.get(name)) for row in rows)]
    blocks: list[Block] = []
    if numbers:
        blocks.append(_numbers_table(list(cases.values()), fields, numbers, rng))
        blocks += _pictures(list(cases.values()), fields, numbers, rng)
    lists = [name for name in _names(rows) if any(isinstance(row.get(name), list) for row in rows)]
    if lists:
        blocks.append(_lists_table(rows, lists))
    return blocks


def _names(rows: tuple[Row, ...]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row if name not in _NOT_OUTCOMES))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _values(rows: list[Row], name: str) -> list[float]:
    return [float(row[name]) for row in rows if _is_number(row.get(name))]


def _numbers_table(cases: list[list[Row]], fields: list[str], numbers: list[str], rng: np.random.Generator) -> Block:
    made = []
    for rows in cases[:MOST]:
        cells: dict[str, Any] = {f"case {name}": _plain(rows[0]["case"].get(name)) for name in fields}
        cells["rows"] = len(rows)
        for name in numbers:
            values = _values(rows, name)
            count = f" ({len(values)} of {len(rows)})" if len(values) < len(rows) else ""
            cells[name] = Cell(interval_text(interval(values, rng)) + count) if values else None
        made.append(cells)
    scales = {name for name in fields if all(_is_number(rows[0]["case"].get(name)) for rows in cases)}
    columns = [
        *(Column(f"case {name}", name, align="right" if name in scales else "left") for name in fields),
        *([Column("rows", align="right")] if len(cases) < sum(map(len, cases)) else []),
        *(Column(name, align="right") for name in numbers),
    ]
    notes = ["Mean over the rows of a case (its seeds), with 95 % bootstrap interval where there are several."]
    if len(cases) > MOST:
        notes.append(f"The first {MOST} of {len(cases)} cases.")
    return table_of(made, columns, title="Numbers", notes=notes, label="tab:cases")


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool) or value is None else json.dumps(value)


def _lists_table(rows: tuple[Row, ...], names: list[str]) -> Block:
    made = []
    for name in names:
        lists = [row[name] for row in rows if isinstance(row.get(name), list)]
        values = np.array([float(v) for one in lists for v in one if _is_number(v)])
        made.append({
            "name": name, "rows": len(lists), "length": _range([float(len(one)) for one in lists]),
            **({"least": float(values.min()), "median": float(np.median(values)), "largest": float(values.max())}
               if len(values) else {}),
        })  # fmt: skip
    columns = [Column("name", "series"), Column("rows", align="right"), Column("length", align="right"),
               *(Column(name, align="right") for name in ("least", "median", "largest"))]  # fmt: skip
    return table_of(made, columns, title="Series", notes=["All rows together; the file has each."])


def _range(values: list[float]) -> str:
    low, high = number_text(min(values)), number_text(max(values))
    return low if low == high else f"{low} to {high}"


def _pictures(cases: list[list[Row]], fields: list[str], numbers: list[str], rng: np.random.Generator) -> list[Block]:
    """A picture each of the first figures that vary, against the number of the case that has most values."""
    scales = {name: {float(rows[0]["case"][name]) for rows in cases if _is_number(rows[0]["case"].get(name))}
              for name in fields}  # fmt: skip
    scale = max(scales, key=lambda name: len(scales[name]), default="")
    if not scale or len(scales[scale]) < 3:
        return []
    varied = [name for name in fields if name != scale and len({str(rows[0]["case"].get(name)) for rows in cases}) > 1]
    pictures: list[Block] = []
    for name in numbers:
        curves = _curves(cases, scale, varied, name)
        if len(curves) > _MOST_CURVES:
            curves = _curves(cases, scale, [], name)
        if len({value for curve in curves.values() for values in curve.values() for value in values}) > 1:
            pictures.append(_picture(f"by-case-{len(pictures)}", name, scale, curves, rng))
        if len(pictures) == _MOST_PICTURES:
            break
    return pictures


def _curves(cases: list[list[Row]], scale: str, varied: list[str], name: str) -> Curves:
    """Rest of the case → place on the scale → values."""
    curves: Curves = {}
    for rows in cases:
        case, values = rows[0]["case"], _values(rows, name)
        rest = ", ".join(f"{one} {case.get(one)}" for one in varied) or "all"
        if values and _is_number(case.get(scale)):
            curves.setdefault(rest, {}).setdefault(float(case[scale]), []).extend(values)
    return curves


def _picture(name: str, figure: str, scale: str, curves: Curves, rng: np.random.Generator) -> Block:
    def fill(plt: Any) -> Any:
        legend = len(curves) > 1
        drawn, panel = plt.subplots(figsize=(4.9, 2.6 + 0.17 * len(curves) * legend))
        for k, (rest, curve) in enumerate(curves.items()):
            at = sorted(curve)
            found = [interval(curve[x], rng) for x in at]
            panel.plot(at, [one.estimate for one in found], label=label_text(rest, 60), **look(k))
            panel.fill_between(at, [one.low for one in found], [one.high for one in found], color=look(k)["color"],
                               alpha=0.15, linewidth=0)  # fmt: skip
        places = [x for curve in curves.values() for x in curve]
        if min(places) > 0 and max(places) / min(places) > 30:
            panel.set_xscale("log")
            panel.xaxis.set_major_formatter("{x:g}")
        panel.set(xlabel=label_text(scale), ylabel=label_text(figure))
        if legend:
            drawn.legend(*panel.get_legend_handles_labels(), loc="outside lower center", frameon=False)
        return drawn

    return draw(name, fill, f"{figure} against {scale}: mean over the rows of a place, 95 % interval as a band.")
