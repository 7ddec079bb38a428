"""The number of collected tests: read from what pytest prints, compared with what is written down."""

from __future__ import annotations

import json

import pytest

from scripts.collected import WRITTEN, collected, count_in, fewer


def test_counts_are_read() -> None:
    text = "tests/solvers/test_a.py: 3\ntests/test_theory.py: 2\ntests/solvers/admission/test_b.py: 4\n\n"
    assert count_in(text) == {"solvers": 7, "test_theory.py": 2}


@pytest.mark.parametrize("text", ["", "no tests ran", "tests/a/test_a.py: 3\nERROR tests/a/test_b.py - ImportError"])
def test_what_is_no_count_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="pytest"):
        count_in(text)


def test_fewer_tests_are_named() -> None:
    before = {"a": 5, "b": 3, "c": 1}
    assert not fewer(before, before)
    assert not fewer(before, {"a": 2, "b": 7})
    assert fewer(before, {"a": 2, "b": 4, "c": 1}) == [
        "7 tests are collected, there were 9",
        "a: 5 tests before, 2 now",
    ]


@pytest.mark.nightly
def test_no_test_has_gone() -> None:
    assert not fewer(json.loads(WRITTEN.read_text(encoding="utf-8")), collected())
