"""`results.library`: what methods find ends in records."""

from __future__ import annotations

from pathlib import Path

import pytest

from instances.library import best, check
from instances.library.entries import entries
from instances.library.systems import SYSTEMS
from results.library.solving import improve
from tests.library.copies import copy_of

SMALL = ["campus-e-1x1-light-c-1", "campus-e-5x2-impossible-c-remote-1", "mixed-e-5x2-light-u-1",
         "metro-m-10x3-critical-u-1"]  # fmt: skip
OF_SYSTEMS = [next(n for n, e in entries().items() if e.system == s) for s in SYSTEMS if s != "online"]


@pytest.mark.parametrize("name", [*SMALL, *OF_SYSTEMS])
def test_a_record_is_found_again(name: str, tmp_path: Path) -> None:
    folder = copy_of([name], tmp_path / "library", records=False)
    record, _ = improve(name, limit_s=20.0, folder=folder)
    known = best(name)
    assert check(name, folder=folder) == []
    assert record.infeasible == known.infeasible and record.word == known.word
    if not known.infeasible:
        assert record.objective == pytest.approx(known.objective, rel=1e-4)
    again, why = improve(name, limit_s=20.0, folder=folder)
    assert again.objective == pytest.approx(record.objective, rel=1e-6), why
