"""Running the blocks of a page in order: one namespace, one folder, what they print kept."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from edgecut.cli import main
from tests.docs.blocks import ROOT, Block, matches

__all__ = ["NEVER", "Run", "commands_of", "reason_against"]

NEVER = (
    (r"python paper_figures\.py .*--rerun", "it solves all reduced cases, with every extra; a nightly test does that"),
    (r"edgecut library submit", "it may write into the library that is being tested"),
    (
        r"make\b",
        "it would run the tests within the tests, or install; `make` itself is what continuous integration runs",
    ),
    (r"(\S*python\S* -m )?pip\b", "it installs packages"),
    (r"edgecut .*--cluster\b", "it starts processes; tests/solvers/test_cluster.py does that with the same code"),
    (
        r"python -m (benchmarks|results\.claims|results\.library|results\.trust|scripts\.\w+)\b",
        "it measures for minutes; tests hold the page to the stored results",
    ),
)
"""Commands that no page's test runs: pattern of the whole command, reason."""

_SHOWN_ONLY = ("json", "toml", "bibtex")


def commands_of(block: Block) -> list[list[str]]:
    """Commands of a shell block, comments left out; `;` and line ends part them, a backslash joins lines."""
    found: list[list[str]] = []
    for line in block.text.replace("\\\n", " ").splitlines():
        words = shlex.shlex(line, posix=True, punctuation_chars=";")
        words.whitespace_split, words.commenters = True, ""
        command: list[str] = []
        for word in words:
            if word.startswith("#"):
                break
            if set(word) == {";"}:
                found.append(command)
                command = []
            else:
                command.append(word)
        found.append(command)
    return [command for command in found if command]


def reason_against(command: list[str]) -> str | None:
    """Why a command is never run, or None."""
    text = " ".join(command)
    return next((reason for pattern, reason in NEVER if re.match(pattern, text)), None)


class Run:
    """The state between blocks: names, the folder, what was printed since the last `text` block and in all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: dict[str, Any] = {"__name__": "page"}
        self.new = ""
        self.printed: list[str] = []

    def take(self, block: Block) -> None:
        """Run, write or compare a block; what it should have done and did not is an AssertionError."""
        if "file" in block.marks:
            path = self.folder / block.marks["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif block.language == "text":
            assert self.printed, f"{block.place}: output of nothing"
            assert matches(block.text, self.new), f"{block.place}: the page shows\n{block.text}\nand is\n{self.new}"
            self.new = ""
        elif block.language == "python":
            self._keep(block, self._python)
        elif block.language == "sh":
            self._keep(block, self._shell)
        else:
            assert block.language in _SHOWN_ONLY, f"{block.place}: what to do with '{block.language}'? Name a language."

    def _keep(self, block: Block, run: Any) -> None:
        told = io.StringIO()
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(told):
            run(block)
        self.new += told.getvalue()
        self.printed.append(told.getvalue())

    def _python(self, block: Block) -> None:
        exec(compile("\n" * block.line + block.text, str(ROOT / block.page), "exec"), self.names)

    def _shell(self, block: Block) -> None:
        commands = [command for command in commands_of(block) if reason_against(command) is None]
        for k, command in enumerate(commands):
            wanted = int(block.marks.get("exit", "0")) if k == len(commands) - 1 else 0
            status, said = self._command(command, block)
            assert status == wanted, f"{block.place}: {shlex.join(command)} ended with {status}: {said}"

    def _command(self, command: list[str], block: Block) -> tuple[int, str]:
        if command[0] == "edgecut":
            complaints = io.StringIO()
            with contextlib.redirect_stderr(complaints):
                try:
                    main(command[1:])
                except SystemExit as ending:
                    return int(ending.code or 0), complaints.getvalue()
            return 0, complaints.getvalue()
        assert command[0] == "python", f"{block.place}: {command[0]} is not known here"
        if command[1:2] == [
            "paper_figures.py"
        ]:  # the page speaks of the checkout, the test runs in a folder of its own
            command = [command[0], str(ROOT / "paper_figures.py"), *command[2:]]
        done = subprocess.run([sys.executable, *command[1:]], cwd=self.folder, capture_output=True, text=True,
                              env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)  # fmt: skip
        print(done.stdout, end="")
        return done.returncode, done.stderr
