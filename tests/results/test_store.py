"""The store of experiment rows: nothing lost, nothing doubled, torn lines dropped."""

from __future__ import annotations

from pathlib import Path

import pytest

from instances.errors import InputError
from results.store import Store, case_key, read_rows


def test_append_and_read(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.jsonl")
    store.append({"x": 1}, {"value": 2.5})
    assert read_rows(tmp_path / "a.jsonl") == [{"key": case_key({"x": 1}), "case": {"x": 1}, "value": 2.5}]


def test_key_ignores_order() -> None:
    assert case_key({"a": 1, "b": 2}) == case_key({"b": 2, "a": 1}) != case_key({"a": 2, "b": 1})


def test_nothing_is_doubled(tmp_path: Path) -> None:
    Store(tmp_path / "a.jsonl").append({"x": 1}, {})
    with pytest.raises(InputError, match="already"):
        Store(tmp_path / "a.jsonl").append({"x": 1}, {})


def test_torn_line_is_dropped_and_the_rest_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    store = Store(path)
    store.append({"x": 1}, {"value": 1})
    store.append({"x": 2}, {"value": 2})
    whole = path.read_bytes()
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        again = Store(path)
        kept = whole[:cut].count(b"\n")
        assert len(again.known) == len(read_rows(path)) == kept
        if kept < 2:
            again.append({"x": 2}, {"value": 2})
            assert read_rows(path)[-1]["value"] == 2


def test_damage_in_the_middle_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"key": "1"}\n{"key"\n{"key": "2"}\n')
    with pytest.raises(InputError, match="line 2"):
        read_rows(path)
