"""Records of a report: rows of other programs, of runs that were refuted, and traces that say nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from results.report.record import read_records
from results.report.sections.outcomes import MOST, _curves, _numbers_table, _pictures
from tests.results.test_report import row


def test_what_went_wrong_is_said_in_words() -> None:
    """Refuted plans are none, whatever the status says; the reason names both."""
    told = {}
    for name, fields in {
        "refuted": {"verdict": "wrong", "status": "finished"},
        "wrong": {"verdict": "wrong", "status": "wrong"},
        "only refuted": {"verdict": "wrong", "status": ""},
        "late": {"status": "time", "verdict": "unknown"},
        "refused": {"status": "refused", "verdict": "unknown"},
    }.items():
        [record] = read_records([row("m", name, None if name in ("late", "refused") else 1.0, **fields)])
        told[name] = record.trouble
        assert not record.has_plan and record.failed == (name != "refused")
    assert told["refuted"] == "finished, refuted by the checker" and told["only refuted"] == "refuted by the checker"
    assert told["wrong"] == "refuted by the checker" and told["refused"] == "cannot run on this instance"
    assert told["late"] in ("stopped at its wall limit", "no plan (time)")


def test_a_plan_that_is_not_valid_is_none() -> None:
    [record] = read_records([row("m", "i", 1.0, valid=False)])
    assert not record.has_plan and math.isinf(record.objective)
    [other] = read_records([row("m", "i", 1.0, bound_j=0.5, certified=True)])
    assert other.has_plan and other.certified == 0.5


def test_events_that_are_none_are_left_out() -> None:
    """No list, too short, no number, back in time: the others stay, in order."""
    trace = [[0.1, 5.0, 1.0], "x", [0.2], [None, 4.0, 1.0], [0.05, 4.0, 1.0], [0.3, None, 2.0]]
    [record] = read_records([row("m", "i", 4.0, trace=trace)])
    assert [tuple(event) for event in record.trace] == [(0.1, 5.0, 1.0), (0.3, math.inf, 2.0)]


def cases(count: int, **more: object) -> list[list[dict[str, object]]]:
    return [[{"case": {"size": 10.0**k, "kind": "a", **more}, "cost": float(k % 7)}] for k in range(count)]


def test_long_tables_say_how_much_is_left_out() -> None:
    rng = np.random.default_rng(0)
    many = [[{"case": {"size": k}, "cost": float(k)}] for k in range(MOST + 3)]
    table = _numbers_table(many, ["size"], ["cost"], rng)
    assert len(table.rows) == MOST and any(f"The first {MOST} of {MOST + 3} cases" in note for note in table.notes)


@pytest.mark.parametrize(("count", "drawn"), [(4, 1), (2, 0)])
def test_curves_need_three_places(count: int, drawn: int) -> None:
    """Against a scale that spans much, its axis is logarithmic: the picture is made all the same."""
    pictures = _pictures(cases(count), ["size", "kind"], ["cost"], np.random.default_rng(0))
    assert len(pictures) == drawn


def test_too_many_curves_become_one() -> None:
    mixed = [[{"case": {"size": s, "kind": k}, "cost": float(s * k)}] for s in range(1, 5) for k in range(30)]
    assert len(_curves(mixed, "size", ["kind"], "cost")) == 30
    assert list(_curves(mixed, "size", [], "cost")) == ["all"]
    assert len(_pictures(mixed, ["size", "kind"], ["cost"], np.random.default_rng(0))) == 1
    odd = [[{"case": {"size": "x"}, "cost": 1.0}], [{"case": {"size": 1.0}, "cost": None}]]
    assert _curves(odd, "size", [], "cost") == {}
