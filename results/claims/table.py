"""``results/claims.csv``: one row a claim, written from what was measured."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from instances.errors import InputError, nearest
from results.claims.registry import CLAIMS, Claim, Finding

__all__ = ["CLAIMS_FILE", "FIELDS", "measure_claims", "read_table", "write_table"]

CLAIMS_FILE = Path(__file__).resolve().parents[1] / "claims.csv"
FIELDS = ("name", "system", "claim", "source", "evidence", "published", "measured", "unit", "what_we_measure",
          "tolerance", "verdict", "why")  # fmt: skip
DIGITS = 4
"""Significant digits of a measured value in the table."""


def measure_claims(systems: Iterable[str] = ()) -> dict[str, Finding]:
    """Measure all claims, or those of some systems (or single claims by name).

    Raises:
        InputError: no such system or claim.
    """
    wanted = set(systems)
    known = {c.system for c in CLAIMS.values()} | set(CLAIMS)
    for name in sorted(wanted - known):
        raise InputError("claims", f"'{name}' is neither a system nor a claim", fix=nearest(name, sorted(known)))
    return {c.name: c.measure() for c in CLAIMS.values() if not wanted or {c.system, c.name} & wanted}


def row_of(claim: Claim, finding: Finding) -> dict[str, str]:
    """The row of a claim as text."""
    return dict(zip(FIELDS, (
        claim.name, claim.system, claim.says, claim.source, claim.evidence, claim.published,
        f"{finding.value:.{DIGITS}g}", finding.unit, claim.measures, claim.tolerance, finding.verdict, finding.why,
    ), strict=True))  # fmt: skip


def write_table(found: Mapping[str, Finding], path: Path = CLAIMS_FILE) -> None:
    """Write the findings; rows of claims that were not measured now stay, rows of claims that are gone do not."""
    rows = {name: row for name, row in read_table(path).items() if name in CLAIMS}
    rows.update({name: row_of(CLAIMS[name], finding) for name, finding in found.items()})
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows[name] for name in sorted(rows))


def read_table(path: Path = CLAIMS_FILE) -> dict[str, dict[str, str]]:
    """Rows by name; none when there is no file."""
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        return {row["name"]: row for row in csv.DictReader(file)}
