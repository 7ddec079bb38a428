"""One row a method: what it reached, and in which time."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np

from results.metrics import (
    Held,
    guarantee_verdict,
    interval,
    par,
    primal_integral,
    shifted_geometric_mean,
)
from results.report.known import Known, gap_of
from results.report.record import Record
from results.report.registry import Block, Material, section
from results.tables import Cell, Column, table_of
from results.tables.numbers import interval_text

__all__ = ["SHIFT_S", "methods", "time_to_proof"]

SHIFT_S = 1.0

_NOTES = (
    "Plans: runs whose plan passed the checker. Proven: runs that proved their own answer (certified, optimal or "
    "infeasible); – for methods that never give a bound.",
    f"Time: shifted geometric mean (shift {SHIFT_S:g} s) of what runs took; failed runs count with their limit, where "
    "it is known.",
    "PAR-2: mean time to the proof, unproven runs counted with twice their limit.",
    "Gap: mean distance to the best bound that any run proved for the instance, with 95 % bootstrap interval; (k of n) "
    "means over the k runs of n that have a plan and such a bound.",
    "Primal integral: mean over runs of the area under the primal gap up to the limit; less is better.",
    "Claims kept: whether plans called proven are within the gap asked for, held against certified bounds and the best "
    "checked plan of all runs.",
)


@section("Methods", order=20)
def methods(material: Material, rng: np.random.Generator) -> list[Block]:
    """A table of all methods."""
    if not material.tried:
        return []
    rows = [_row([r for r in material.tried if r.method == name], material.known, rng) for name in material.methods]
    columns = [
        Column("method"), Column("runs", align="right"), Column("plans", align="right"),
        Column("proven", align="right"), Column("failed", align="right"),
        Column("time", "Time", "s", "right", 3), Column("par", "PAR-2", "s", "right", 3),
        Column("gap", "Gap", "%", "right"), Column("integral", "Primal integral", "s", "right", 3),
        Column("claims", "Claims kept"),
    ]  # fmt: skip
    always = ("method", "runs", "plans", "proven", "failed")
    shown = [column for column in columns if column.key in always or any(row[column.key] is not None for row in rows)]
    notes = [note for note in _NOTES if note.startswith("Plans") or any(
        note.startswith(column.heading.split(" (")[0]) for column in shown)]  # fmt: skip
    return [table_of(rows, shown, title="By method", notes=notes, label="tab:methods")]


def time_to_proof(record: Record) -> float | None:
    """Seconds to a proven answer, at most the limit (starting up and checking may go beyond it); None without."""
    if not record.proven or record.time_s is None:
        return None
    return record.time_s if record.limit_s is None else min(record.time_s, record.limit_s)


def proves(records: list[Record]) -> bool:
    """Whether a method ever gives a bound or proves anything."""
    return any(r.proven or math.isfinite(max(r.bound, r.certified)) for r in records)


def _row(records: list[Record], known: dict[str, Known], rng: np.random.Generator) -> dict[str, Any]:
    closes = proves(records)
    return {
        "method": records[0].method,
        "runs": len(records),
        "plans": sum(r.has_plan for r in records),
        "proven": sum(r.proven for r in records) if closes else None,
        "failed": sum(r.failed for r in records),
        "time": _time(records),
        "par": _par2(records) if closes else None,
        "gap": _gap(records, known, rng),
        "integral": _integral(records, known),
        "claims": _claims(records, known),
    }


def _time(records: list[Record]) -> float | None:
    spent = [r.limit_s if r.failed and r.limit_s is not None else r.time_s for r in records]
    times = [time_s for time_s in spent if time_s is not None]
    return shifted_geometric_mean(times, SHIFT_S) if times else None


def _par2(records: list[Record]) -> float | None:
    limits = [r.limit_s for r in records if r.limit_s is not None]
    if len(limits) < len(records) or all(r.time_s is None for r in records):
        return None
    return par([time_to_proof(r) for r in records], limits)


def _gap(records: list[Record], known: dict[str, Known], rng: np.random.Generator) -> Cell | None:
    gaps = [(gap, known[r.instance].rests_on_claim) for r in records
            if (gap := gap_of(r, known[r.instance])) is not None and math.isfinite(gap)]  # fmt: skip
    if not gaps:
        return None
    count = f" ({len(gaps)} of {len(records)})" if len(gaps) < len(records) else ""
    text = interval_text(interval([100 * gap for gap, _ in gaps], rng)) + count
    return Cell(text, claimed=any(claimed for _, claimed in gaps))


def _integral(records: list[Record], known: dict[str, Known]) -> float | None:
    """Mean primal integral; None unless every run with a plan has a trace and every run a limit."""
    if any(r.limit_s is None or (r.has_plan and not r.trace) for r in records):
        return None
    areas = [primal_integral(r.trace if r.has_plan else (), known[r.instance].best, r.limit_s)
             for r in records if r.limit_s and math.isfinite(known[r.instance].best)]  # fmt: skip
    return math.fsum(areas) / len(areas) if areas else None


def _claims(records: list[Record], known: dict[str, Known]) -> str | None:
    """How many of the proven plans are confirmed, inconclusive, violated."""
    verdicts = Counter(_claim(r, known[r.instance]) for r in records if r.proven and r.has_plan)
    return ", ".join(f"{verdicts[verdict]} {verdict.value}" for verdict in Held if verdicts[verdict]) or None


def _claim(record: Record, known: Known) -> Held:
    if known.contradicted:
        return Held.INCONCLUSIVE
    promised = lambda optimum: optimum / (1 - math.copysign(min(record.gap, 0.999), optimum))  # noqa: E731
    return guarantee_verdict(record.objective, promised, known.certified, best=known.best)
