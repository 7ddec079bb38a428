"""What went wrong, with reasons."""

from __future__ import annotations

from collections import Counter

import numpy as np

from results.report.registry import Block, Material, Paragraph, section
from results.tables import Column, table_of
from results.tables.words import shortened

__all__ = ["MOST", "failures"]

MOST = 100
"""Failures that are listed one by one."""
_LONGEST = 240


@section("Failures", order=60)
def failures(material: Material, rng: np.random.Generator) -> list[Block]:
    """Counts by method and kind, then one row a failure."""
    if not material.records:
        return []
    bad = [record for record in material.records if record.failed or record.refused]
    if not bad:
        return [Paragraph("No run failed.")]
    counts = Counter((record.method, record.trouble) for record in bad)
    of = Counter(record.method for record in material.records)
    kinds = [{"method": method, "trouble": trouble, "count": f"{count} of {of[method]}"}
             for (method, trouble), count in counts.items()]  # fmt: skip
    rows = [
        {
            "instance": record.instance, "method": record.method, "seed": record.seed, "trouble": record.trouble,
            "kept": record.objective if record.has_plan else None,
            "reason": shortened(record.reason, _LONGEST),
        }
        for record in sorted(bad, key=lambda r: (r.verdict != "wrong", not r.reason))[:MOST]
    ]  # fmt: skip
    columns = [Column("instance"), Column("method"), Column("seed", align="right"), Column("trouble", "what happened"),
               Column("kept", "value kept", align="right", digits=6), Column("reason")]  # fmt: skip
    shown = [
        c
        for c in columns
        if c.key not in ("seed", "kept", "reason") or any(row[c.key] not in (None, "") for row in rows)
    ]
    notes = [f"{MOST} of {len(bad)}: those that are wrong or give a reason first."] if len(bad) > MOST else []
    return [
        table_of(kinds, [Column("method"), Column("trouble", "what happened"), Column("count", "runs", align="right")],
                 title="Failures by kind"),
        table_of(rows, shown, title="Failures one by one", notes=notes),
    ]  # fmt: skip
