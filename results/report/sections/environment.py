"""What the rows were made with."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from results.report.registry import Block, Material, Paragraph, section
from results.tables import Column, table_of

__all__ = ["environment"]

_MACHINE = ("machine", "environment", "host", "processor", "cores", "memory_gib", "runtime", "threads", "version",
            "commit", "code")  # fmt: skip


@section("Environment", order=70)
def environment(material: Material, rng: np.random.Generator) -> list[Block]:
    """Versions and machine as the rows name them, with how many rows say so."""
    found: dict[str, Counter[str]] = {}
    for row in material.run.rows:
        versions = row.get("versions")
        fields: dict[str, Any] = dict(versions) if isinstance(versions, dict) else {}
        for name in _MACHINE:
            value = row.get(name)
            fields |= value if isinstance(value, dict) else {} if value is None else {name: value}
        for name, value in fields.items():
            found.setdefault(str(name), Counter())[str(value)] += 1
    if not found:
        return [Paragraph("The rows do not say with what they were made.", warning=True)]
    total = len(material.run.rows)
    rows = [
        {"what": name, "value": value, "rows": "all" if count == total else f"{count} of {total}"}
        for name, values in found.items() for value, count in values.most_common()
    ]  # fmt: skip
    blocks: list[Block] = [table_of(rows, [Column("what", " "), Column("value"), Column("rows", align="right")])]
    if not any(name in found for name in ("processor", "machine", "host", "environment")):
        blocks.append(Paragraph("The rows do not name the machine, so their times cannot be compared with others."))
    return blocks
