"""What was run and how it went, in a few lines."""

from __future__ import annotations

import math

import numpy as np

from results.report.registry import Block, Material, Paragraph, section
from results.tables import Column, table_of

__all__ = ["summary"]


@section("Summary", order=10)
def summary(material: Material, rng: np.random.Generator) -> list[Block]:
    """Counts of rows, plans, proofs and failures, and what must not be overlooked."""
    records, run = material.records, material.run
    if not records:
        counts = [("rows", len(run.rows))]
    else:
        known = [one for one in material.known.values() if math.isfinite(one.best)]
        certified = sum(math.isfinite(one.certified) for one in known)
        counts = [
            ("runs", len(records)), ("methods", len(material.methods)), ("instances", len(material.known)),
            ("runs with a checked plan", sum(r.has_plan for r in records)),
            ("runs that proved their answer", sum(r.proven for r in records)),
            ("runs that failed", sum(r.failed for r in records)),
            ("runs refused by the method", sum(r.refused for r in records)),
            ("instances with a certified bound", certified),
            ("instances with a claimed bound only",
             sum(math.isfinite(one.claimed) for one in known) - certified),
        ]  # fmt: skip
    rows = [{"what": what, "count": count} for what, count in counts if count or what != "runs refused by the method"]
    blocks: list[Block] = [table_of(rows, [Column("what", " "), Column("count", align="right")])]
    for text in _warnings(material):
        blocks.append(Paragraph(text, warning=True))
    return blocks


def counted(count: int, what: str) -> str:
    """``1 run``, ``2 runs``."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _warnings(material: Material) -> list[str]:
    run, wrong = material.run, sum(record.verdict == "wrong" for record in material.records)
    contradicted = [name for name, one in material.known.items() if one.contradicted]
    texts = []
    if wrong:
        texts.append(
            f"{counted(wrong, 'run')} refuted by the checker: what was claimed there does not count; see the failures."
        )
    if contradicted:
        texts.append(
            f"On {counted(len(contradicted), 'instance')} a bound lies above a checked plan, so one of them is wrong: "
            f"{', '.join(contradicted[:5])}{' and more' if len(contradicted) > 5 else ''}."
        )
    if run.unreadable:
        texts.append(f"{counted(run.unreadable, 'line')} of the file left out: not a row (the last may be torn).")
    if run.replaced:
        texts.append(f"{counted(run.replaced, 'row')} left out: replaced by a later attempt at the same run.")
    if (
        len({str(sorted(row.get("versions", {}).items())) for row in run.rows if isinstance(row.get("versions"), dict)})
        > 1
    ):
        texts.append("The rows were made by more than one version of the code; see the environment.")
    return texts
