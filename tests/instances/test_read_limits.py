"""Files that are too large are refused before they are read, and the limit can be set."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

import edgecut as ec
from instances.errors import InputError
from instances.parquet_file import load_parquet_part
from instances.read_limits import FILE_MB, TABLE_MB, largest_file_mb, largest_table_mb
from instances.storage import read_bytes


def test_a_large_file_is_refused_and_a_larger_limit_takes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "i.json"
    path.write_bytes(b" " * 1_500_000 + b"{}")
    monkeypatch.setenv(FILE_MB, "1")
    with pytest.raises(InputError, match=f"holds more than 1 MB.*{FILE_MB}"):
        read_bytes(path)
    monkeypatch.setenv(FILE_MB, "2")
    assert len(read_bytes(path)) == 1_500_002
    monkeypatch.setenv(FILE_MB, "inf")
    assert len(read_bytes(path)) == 1_500_002


def test_exactly_the_limit_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "i.json"
    path.write_bytes(b"x" * 1_000_000)
    monkeypatch.setenv(FILE_MB, "1")
    assert len(read_bytes(path)) == 1_000_000
    path.write_bytes(b"x" * 1_000_001)
    with pytest.raises(InputError, match="holds more than"):
        read_bytes(path)


def test_a_pipe_is_read_to_the_limit_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FILE_MB, "3")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    written = 0

    def pour() -> None:
        nonlocal written
        try:
            with pipe.open("wb") as stream:
                for _ in range(100):
                    written += stream.write(b"x" * 1_000_000)
        except BrokenPipeError:
            pass

    thread = threading.Thread(target=pour)
    thread.start()
    with pytest.raises(InputError, match="holds more than 3 MB"):
        read_bytes(pipe)
    thread.join(timeout=60)
    assert not thread.is_alive() and written < 20_000_000

    pipe.unlink()
    os.mkfifo(pipe)
    thread = threading.Thread(target=lambda: pipe.write_bytes(b"{}"))
    thread.start()
    assert read_bytes(pipe) == b"{}"
    thread.join(timeout=60)


def test_what_a_table_unpacks_into_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "i.parquet"
    instance = ec.generate("metro", users=300, servers=3, seed=1)
    ec.save(instance, path)
    monkeypatch.setenv(TABLE_MB, "0.001")
    with pytest.raises(InputError, match=f"unpacks into .* MB.*{TABLE_MB}"):
        ec.load(path)
    with pytest.raises(InputError, match="unpacks into"):
        load_parquet_part(path, 0, 10)
    monkeypatch.delenv(TABLE_MB)
    assert ec.load(path).fingerprint == instance.fingerprint


@pytest.mark.parametrize("value", ["much", "0", "-1", "nan"])
def test_a_limit_that_is_none_is_named(value: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(FILE_MB, value)
    with pytest.raises(InputError, match=f"{FILE_MB}: is '{value}'"):
        read_bytes(tmp_path / "any")


def test_defaults_leave_room_for_a_million_users() -> None:
    assert largest_file_mb() == 1024 and largest_table_mb() == 8192
