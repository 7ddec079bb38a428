"""results/claims.csv: every claim has a row, every row came out of its function, and verdicts have reasons."""

from __future__ import annotations

from pathlib import Path

import pytest

from instances.errors import InputError
from results.claims import CLAIMS, Finding
from results.claims.table import measure_claims, read_table, row_of, write_table

EVIDENCE = ("full text", "abstract", "code", "unverified", "own", "rates full text")
VERDICTS = ("reproduced", "trend", "not reproducible")
QUICK = [name for name, c in CLAIMS.items() if not c.slow]
SLOW = [name for name, c in CLAIMS.items() if c.slow]


def agrees(name: str) -> bool:
    """Whether a claim measured now gives its row: the figure to 2 %, the rest to the letter."""
    told, now = read_table()[name], row_of(CLAIMS[name], CLAIMS[name].measure())
    close = float(now["measured"]) == pytest.approx(float(told["measured"]), rel=0.02, abs=1e-9)
    return close and {**told, "measured": "", "why": ""} == {**now, "measured": "", "why": ""}


def test_every_claim_has_a_row_and_every_row_a_claim() -> None:
    assert set(read_table()) == set(CLAIMS), "run: python -m results.claims"


@pytest.mark.parametrize("name", CLAIMS)
def test_row_is_whole(name: str) -> None:
    row = read_table()[name]
    assert row["verdict"] in VERDICTS
    assert row["evidence"].startswith(EVIDENCE)
    assert all(row[field] for field in ("system", "claim", "source", "published", "what_we_measure", "tolerance"))
    assert row["why"] or row["verdict"] == "reproduced"


@pytest.mark.parametrize("name", QUICK)
def test_row_is_what_is_measured(name: str) -> None:
    assert agrees(name)


@pytest.mark.nightly
@pytest.mark.parametrize("name", SLOW or [pytest.param("", marks=pytest.mark.skip(reason="no slow claim yet"))])
def test_row_is_what_is_measured_slowly(name: str) -> None:
    assert agrees(name)


def test_table_keeps_what_was_not_measured_now(tmp_path: Path) -> None:
    file = tmp_path / "claims.csv"
    write_table({"radio.upload_energy": Finding(1.25, "%", "reproduced")}, file)
    write_table({}, file)
    assert read_table(file)["radio.upload_energy"]["measured"] == "1.25"


def test_unknown_system_is_refused() -> None:
    with pytest.raises(InputError, match="Radio power model"):
        measure_claims(["Radio power modell"])


def test_verdict_needs_a_reason() -> None:
    with pytest.raises(InputError, match="reason"):
        Finding(1.0, "s", "trend")
