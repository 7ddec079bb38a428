"""docs/library.md: what is fixed about it is here, the tables come from the records."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

from instances.instance import OBJECTIVES
from instances.library.entries import HOME, names
from instances.library.records import CERTIFICATE, Record, best
from instances.library.systems import get_system
from instances.storage import write_atomically

__all__ = ["PAGE", "page_text", "table_line", "write_page"]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "library.md"
TEMPLATE = Path(__file__).resolve().parent / "page.md"
COLUMNS = "| name | users | servers | shares | load | best | bound | gap | bound by | found by |"
SYSTEM_COLUMNS = "| name | users | servers | best | bound | gap | found by |"
STEPS = ((1e-6, "proven optimal (gap ≤ 0.0001 %)"), (1e-3, "within 0.1 %"), (1e-2, "within 1 %"), (math.inf, "open"))


def write_page(folder: Path = HOME, page: Path = PAGE) -> None:
    """Write the page from the records.

    Raises:
        InputError: an index, record or page that cannot be read or written.
    """
    content = page_text(folder).encode()

    def write(stream: object) -> None:
        stream.write(content)  # type: ignore[attr-defined]

    write_atomically(page, write)


def page_text(folder: Path = HOME) -> str:
    """The page as Markdown."""
    records = [best(name, folder=folder) for name in names(folder=folder)]
    joint = [r for r in records if r.entry.is_joint]
    parts = [_problem_table(problem, [r for r in joint if r.entry.problem == problem]) for problem in OBJECTIVES]
    systems = [r for r in records if not r.entry.is_joint]
    text = TEMPLATE.read_text(encoding="utf-8")
    for mark, content in (("<!-- totals -->", _totals(records)), ("<!-- joint -->", "\n\n".join(p for p in parts if p)),
                          ("<!-- systems -->", _system_table(systems))):  # fmt: skip
        text = text.replace(mark, content)
    return text


def _totals(records: list[Record]) -> str:
    """How far each kind of instance is solved."""
    kinds: dict[str, list[Record]] = {}
    for record in records:
        kinds.setdefault(record.entry.problem if record.entry.is_joint else "systems", []).append(record)
    head = ["problem", "instances", *(text for _, text in STEPS), "no plan exists", "bounds certified"]
    rows = [_row(head), "| --- |" + " ---: |" * (len(head) - 1)]
    for kind, some in [*kinds.items(), ("**all**", records)]:
        rows.append(_row([kind, str(len(some)), *map(str, _counts(some))]))
    return "\n".join(rows)


def _counts(records: list[Record]) -> list[int]:
    """Records in each step of `STEPS`, infeasible ones, and those with a certified bound."""
    infeasible = [r for r in records if r.infeasible]
    left = [r.gap for r in records if not r.infeasible]
    limits = [0.0, *(limit for limit, _ in STEPS)]
    steps = [sum(low < gap <= high or (gap == low == 0.0) for gap in left)
             for low, high in itertools.pairwise(limits)]  # fmt: skip
    return [*steps, len(infeasible), sum(r.word == CERTIFICATE for r in records)]


def _problem_table(problem: str, records: list[Record]) -> str:
    if not records:
        return ""
    word, unit = OBJECTIVES[problem]
    rows = [
        f"### {problem}: {word}, {unit}",
        "",
        COLUMNS,
        "| --- | ---: | ---: | --- | --- | ---: | ---: | ---: | --- | --- |",
    ]
    return "\n".join([*rows, *(table_line(record) for record in records)])


def _system_table(records: list[Record]) -> str:
    parts = []
    for system in dict.fromkeys(r.entry.system for r in records):
        known = get_system(system)
        better = "less" if known.sense == "min" else "more"
        rows = [f"### {system}: {known.says} ({better} is better)", "", SYSTEM_COLUMNS,
                "| --- | ---: | ---: | ---: | ---: | ---: | --- |"]  # fmt: skip
        parts.append("\n".join([*rows, *(table_line(r) for r in records if r.entry.system == system)]))
    return "\n\n".join(parts)


def table_line(record: Record) -> str:
    """A row of the table of its kind."""
    one = record.entry
    figures = [_figure(record.objective if record.by else math.nan), _figure(record.bound if record.word else math.nan)]
    if record.infeasible:
        figures = ["no plan", "–"]
    found = record.by or record.bound_by
    by = f"{found.method} {found.edgecut}" if found else "–"
    if not one.is_joint:
        return _row([f"`{one.name}`", str(one.users), str(one.servers), *figures, _gap(record), by])
    return _row([f"`{one.name}`", str(one.users), str(one.servers), one.allocation, one.level, *figures, _gap(record),
                 record.word or "–", by])  # fmt: skip


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _figure(value: float) -> str:
    return f"{value:.7g}" if math.isfinite(value) else "–"


def _gap(record: Record) -> str:
    """The gap in per cent, rounded up, so that "at most this" stays true."""
    gap = record.gap
    if not math.isfinite(gap):
        return "–"
    return f"{math.ceil(gap * 1e6 - 1e-9) / 1e4:.4f} %"
