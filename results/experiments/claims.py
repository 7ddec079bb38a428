"""The table of claims, as `python -m results.claims` wrote it: measured there, only read here."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from results.experiment import record

CLAIMS_FILE = Path(__file__).resolve().parents[1] / "claims.csv"


@record("claims")
def rows() -> list[dict[str, Any]]:
    """One a claim."""
    with CLAIMS_FILE.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
