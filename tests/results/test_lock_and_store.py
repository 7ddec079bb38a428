"""Locks and stores at the edges: systems without locks, notes that cannot be read, files that others put in place."""

from __future__ import annotations

import itertools
import json
import os
import signal
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from instances import file_lock
from instances.errors import InputError
from instances.generate import generate
from instances.storage import check_writable, write_atomically
from results.lock import hold, holder, locked
from results.store import Store, make_folder, read_rows
from results.sweep import runner
from results.sweep.judge import _LONGEST_TRACE, _thinned


def test_a_second_holder_is_told_who_the_first_is(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with hold(path, "a runner"):
        assert holder(path) is not None and f"process {os.getpid()} on " in str(holder(path))
        with pytest.raises(InputError, match=f"is at work already: process {os.getpid()}"), hold(path, "a runner"):
            raise AssertionError("two hold it")
    assert holder(path) is None and path.read_bytes() == b""


@pytest.mark.parametrize("note", [b"", b"\xff\xfe", b"[1]", b'{"pid": 3}'])
def test_a_holder_whose_note_says_nothing_is_another_process(tmp_path: Path, note: bytes) -> None:
    path = tmp_path / "lock"
    with hold(path, "a runner"):
        path.write_bytes(note)
        assert holder(path) == "another process"
        with pytest.raises(InputError, match="another process"), hold(path, "a runner"):
            raise AssertionError("two hold it")


def test_without_locks_files_are_written_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that has none: one process writes, and nobody seems to hold anything."""
    monkeypatch.setattr(file_lock, "fcntl", None)
    path = tmp_path / "lock"
    with hold(path, "a runner"), hold(path, "a runner"):
        assert holder(path) is None
    store = Store(tmp_path / "rows.jsonl")
    store.append({"case": 1}, {"value": 2.0})
    assert [row["value"] for row in read_rows(tmp_path / "rows.jsonl")] == [2.0]
    with path.open() as stream, locked(stream.fileno()):
        pass


def test_a_file_system_without_locks_is_an_error_with_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever only asks is told that nobody holds it."""

    def no_locks(*_: Any) -> None:
        raise OSError(37, "No locks available")

    path = tmp_path / "lock"
    path.write_bytes(b"")
    monkeypatch.setattr(file_lock, "fcntl", SimpleNamespace(flock=no_locks, LOCK_EX=2, LOCK_NB=4, LOCK_UN=8))
    assert holder(path) is None
    with pytest.raises(InputError, match=r"lock.*locked") as refused, hold(path, "a runner"):
        raise AssertionError("held without a lock")
    assert "No locks available" in str(refused.value)


def test_a_lock_needs_a_folder_and_asking_needs_no_file(tmp_path: Path) -> None:
    assert holder(tmp_path / "none") is None
    with pytest.raises(InputError, match="written"), hold(tmp_path / "no" / "lock", "a runner"):
        raise AssertionError("held nowhere")


def test_another_file_in_the_place_of_a_store_is_read_afresh(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    store = Store(path)
    for k in range(3):
        store.append({"case": k}, {"value": k})
    first = path.read_text().splitlines(keepends=True)[0]
    path.write_text(first)
    store.append({"case": 2}, {"value": 20})
    assert [row["value"] for row in read_rows(path)] == [0, 20]
    assert len(store.known) == 2
    with pytest.raises(InputError, match="has a row for case"):
        store.append({"case": 0}, {"value": 9})


@pytest.mark.parametrize(("text", "why"), [("{\n", "is not a row"), ("[1]\n", "it has no key"),
                                           ('{"key": 3}\n', "it has no key")])  # fmt: skip
def test_lines_that_are_no_rows_are_named(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "rows.jsonl"
    good = json.dumps({"key": "a", "case": {}}) + "\n"
    path.write_text(good + text + good)
    with pytest.raises(InputError, match=why) as refused:
        read_rows(path)
    assert "line 2" in str(refused.value)


def test_what_cannot_be_read_or_made_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="read"):
        read_rows(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="written"):
        make_folder(tmp_path / "file" / "below")


def test_pipes_and_folders_are_no_files_to_write(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match="is not a plain file") as refused:
        write_atomically(pipe, lambda stream: None)
    assert "would be replaced" in str(refused.value)
    for place, why in ((pipe, "not a plain file"), (tmp_path, "not a plain file"),
                       (tmp_path / "no" / "x.json", "written")):  # fmt: skip
        with pytest.raises(InputError, match=why):
            check_writable(place)
    check_writable(tmp_path / "x.json")
    assert not (tmp_path / "x.json").exists()


def test_a_folder_that_is_read_only_is_found_out_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(InputError, match="is read-only"):
        check_writable(tmp_path / "x.json")


def test_the_second_signal_interrupts() -> None:
    """The first lets a row be written whole; outside, signals do again what they did."""
    before = signal.getsignal(signal.SIGTERM)
    with runner._signals() as stop:
        signal.raise_signal(signal.SIGTERM)
        assert stop.asked == 1
        stop.check(2)
        with pytest.raises(KeyboardInterrupt):
            stop.check(1)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGTERM) is before


def test_in_a_thread_signals_are_left_alone() -> None:
    seen: list[int] = []

    def work() -> None:
        with runner._signals() as stop:
            seen.append(stop.asked)

    thread = threading.Thread(target=work)
    before = signal.getsignal(signal.SIGINT)
    thread.start()
    thread.join()
    assert seen == [0] and signal.getsignal(signal.SIGINT) is before


def test_an_instance_that_was_changed_meanwhile_is_refused(tmp_path: Path) -> None:
    from instances.files import save

    instance = generate("campus", users=2, servers=1, seed=1)
    save(instance, tmp_path / "i.json")
    assert runner._load(str(tmp_path / "i.json"), instance.fingerprint).fingerprint == instance.fingerprint
    with pytest.raises(InputError, match="was changed since the sweep began"):
        runner._load(str(tmp_path / "i.json"), "another")


def test_half_written_files_of_a_runner_that_was_killed_go(tmp_path: Path) -> None:
    for folder in ("plans", "instances"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / ".x.part").write_text("half")
        (tmp_path / folder / "x.json").write_text("whole")
    runner._tidy(SimpleNamespace(folder=tmp_path))  # type: ignore[arg-type]
    assert sorted(p.name for p in tmp_path.rglob("*") if p.is_file()) == ["x.json", "x.json"]


def test_long_traces_keep_their_ends_and_even_places() -> None:
    long = [[float(k), None, None] for k in range(10 * _LONGEST_TRACE)]
    kept = _thinned(long)
    assert len(kept) == _LONGEST_TRACE and kept[0] == long[0] and kept[-1] == long[-1]
    steps = [b[0] - a[0] for a, b in itertools.pairwise(kept)]
    assert max(steps) - min(steps) <= 1
    assert _thinned(long[:5]) == long[:5]


def test_other_systems_are_told_what_to_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner.sys, "platform", "win32")
    with pytest.raises(InputError, match="use Linux, macOS or WSL"):
        runner.run_sweep(SimpleNamespace(folder=Path("nowhere")))  # type: ignore[arg-type]
    assert not Path("nowhere").exists()
