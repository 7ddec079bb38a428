"""The result card says what the result is."""

from __future__ import annotations

import io
import math

import pytest

import edgecut as ec
from edgecut.card import percent_up, result_card
from tests.builders import tiny_instance


def test_the_tightest_deadline_on_the_card() -> None:
    instance = tiny_instance(1)
    result = ec.solve(instance, "greedy")
    assert result.plan is not None and result.report is not None
    stream = io.StringIO()
    result_card(result, stream)
    slack = (1 - result.report.latency_s / instance.users.deadline_s).min()
    assert 0 < slack < 0.99
    assert f"all met; tightest has {100 * slack:.2f} % to spare" in stream.getvalue()


@pytest.mark.parametrize(
    ("part", "shown"), [(0.0, "0.0000 %"), (1e-9, "0.0001 %"), (0.25, "25.0000 %"), (math.inf, "∞")]
)
def test_parts_are_rounded_up(part: float, shown: str) -> None:
    assert percent_up(part) == shown
