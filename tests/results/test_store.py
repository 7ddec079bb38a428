"""The store of experiment rows: nothing lost, nothing doubled, torn lines dropped."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from instances.errors import InputError
from results.lock import hold, holder
from results.store import Store, case_key, latest, read_rows


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


def test_last_attempt_counts(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.jsonl")
    for attempt in (1, 2):
        store.append({"x": 1}, {"value": attempt}, attempt=attempt)
    store.append({"x": 2}, {"value": 9}, attempt=1)
    for late in (1, 2, None):
        with pytest.raises(InputError, match="already"):
            Store(tmp_path / "a.jsonl").append({"x": 1}, {}, attempt=late)
    rows = read_rows(tmp_path / "a.jsonl")
    assert len(rows) == 3 and Store(tmp_path / "a.jsonl").attempts == {case_key({"x": 1}): 2, case_key({"x": 2}): 1}
    assert {key: row["value"] for key, row in latest(rows).items()} == {case_key({"x": 1}): 2, case_key({"x": 2}): 9}
    assert latest(rows[::-1]) == latest(rows)


def test_two_stores_on_one_file_know_of_each_other(tmp_path: Path) -> None:
    one, other = Store(tmp_path / "a.jsonl"), Store(tmp_path / "a.jsonl")
    one.append({"x": 1}, {})
    with pytest.raises(InputError, match="already"):
        other.append({"x": 1}, {})
    other.append({"x": 2}, {})
    with pytest.raises(InputError, match="already"):
        one.append({"x": 2}, {})
    assert len(read_rows(tmp_path / "a.jsonl")) == 2


WRITER = """
import sys
from pathlib import Path
from instances.errors import InputError
from results.store import Store
store, mine = Store(Path(sys.argv[1])), 0
for number in range(60):
    try:
        store.append({"x": number}, {"by": sys.argv[2], "long": "x" * 5000})
        mine += 1
    except InputError as error:
        assert "already" in str(error)
print(mine)
"""


def test_processes_at_once_neither_double_nor_tear(tmp_path: Path) -> None:
    path, root = tmp_path / "a.jsonl", Path(__file__).resolve().parents[2]
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), name], cwd=root, stdout=subprocess.PIPE)
               for name in "abc"]  # fmt: skip
    counts = [int(writer.communicate()[0]) for writer in writers]
    rows = read_rows(path)
    assert sum(counts) == len(rows) == 60
    assert sorted(row["case"]["x"] for row in rows) == list(range(60))


@pytest.mark.parametrize("room", [0, 1, 30])
def test_full_disk_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    store = Store(tmp_path / "a.jsonl")
    store.append({"x": 1}, {"value": 1})
    before, write, left = (tmp_path / "a.jsonl").read_bytes(), os.write, [room]

    def full(handle: int, data: memoryview) -> int:
        if left[0] == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        number = write(handle, data[: left[0]])
        left[0] -= number
        return number

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(InputError, match="No space left on device"):
        store.append({"x": 2}, {"value": 2})
    assert (tmp_path / "a.jsonl").read_bytes() == before
    monkeypatch.undo()
    store.append({"x": 2}, {"value": 2})
    assert [row["value"] for row in read_rows(tmp_path / "a.jsonl")] == [1, 2]


def test_disk_that_fails_to_sync_acknowledges_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / "a.jsonl")
    store.append({"x": 1}, {})

    def fails(handle: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(InputError, match="Input/output error"):
        store.append({"x": 2}, {})
    monkeypatch.undo()
    assert len(read_rows(tmp_path / "a.jsonl")) == 1
    store.append({"x": 2}, {})


def test_rows_reach_the_disk_and_so_does_the_name_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    sync = os.fsync

    def note(handle: int) -> None:
        synced.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        sync(handle)

    monkeypatch.setattr(os, "fsync", note)
    store = Store(tmp_path / "new" / "a.jsonl")
    assert synced == ["folder"]  # of `new` itself
    store.append({"x": 1}, {})
    store.append({"x": 2}, {})
    assert synced == ["folder", "folder", "file", "file"]


def test_zeros_after_a_power_cut_are_a_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    Store(path).append({"x": 1}, {})
    whole = path.read_bytes()
    for tail in (b"\0" * 100, b"\0" * 100 + b'lue": 1}\n'):
        path.write_bytes(whole + tail)
        assert len(read_rows(path)) == len(Store(path).known) == 1
        assert path.read_bytes() == whole


def test_lock_names_its_holder(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    assert holder(path) is None
    with hold(path, "a runner"):
        assert f"process {os.getpid()} on" in str(holder(path))
        with (
            pytest.raises(InputError, match=f"a runner: is at work already: process {os.getpid()}"),
            hold(path, "a runner"),
        ):
            pass
    assert holder(path) is None
    with hold(path, "a runner"):
        pass
    with pytest.raises(InputError, match="cannot be written"), hold(tmp_path / "none" / ".lock", "a runner"):
        pass
