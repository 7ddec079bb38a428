"""Readers that are wrong on purpose: what the fuzzer must tell apart."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from instances.errors import InputError
from results.trust.fuzz.kinds import FileKind, file_kind

_USED: set[str] = set()


def _second_time(name: str) -> bool:
    """Whether this reader was asked before; the first file is the valid one, which must be read."""
    again = name in _USED
    _USED.add(name)
    return again


def _raises(path: Path) -> None:
    raise ZeroDivisionError("no share")


def _loops(path: Path) -> None:
    while True:
        pass


def _loops_and_catches(path: Path) -> None:
    while True:
        try:
            _loops(path)
        except Exception:
            continue


def _takes_memory(path: Path) -> None:
    np.ones(200_000_000).sum()


def _dies(path: Path) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _says_nothing(path: Path) -> None:
    raise InputError("", "")


def _exits(path: Path) -> None:
    sys.exit(77)


def _refuses(path: Path) -> None:
    raise InputError("file.users", "are none", "somebody is needed", "add one")


def _reads(path: Path) -> None:
    return


def _one_byte(path: Path) -> None:
    if b"\x07" in path.read_bytes():
        raise ZeroDivisionError("a bell")


_FAULTY = {"raises": _raises, "loops": _loops, "loops and catches": _loops_and_catches, "takes memory": _takes_memory,
           "dies": _dies, "says nothing": _says_nothing, "exits": _exits, "refuses": _refuses, "reads": _reads,
           "one byte": _one_byte}  # fmt: skip


def _reader(name: str, act: Callable[[Path], None]) -> Callable[[Path], None]:
    return lambda path: act(path) if _second_time(name) else None


for _name, _act in _FAULTY.items():
    file_kind(FileKind(_name, ".json", lambda: [b"{}"], _reader(_name, _act), ()))
