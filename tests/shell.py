"""The command line in this process: for tests of what a command does, where starting one shows no more."""

from __future__ import annotations

import contextlib
import dataclasses
import io
from pathlib import Path

import pytest

from edgecut.cli import main


@dataclasses.dataclass(frozen=True)
class Done:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


def edgecut(*arguments: str | Path, cwd: Path) -> Done:
    """Run a command in a folder. Whatever `main` does not turn into an exit code fails the test."""
    said, told = io.StringIO(), io.StringIO()
    streams = contextlib.redirect_stdout(said), contextlib.redirect_stderr(told)
    with contextlib.chdir(cwd), streams[0], streams[1], pytest.raises(SystemExit) as ending:
        main([str(argument) for argument in arguments])
    return Done(int(ending.value.code or 0), said.getvalue(), told.getvalue())
