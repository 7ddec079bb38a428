"""Code blocks of a page and the marks above them. A mark is an HTML comment, so readers of the page do not see it.

    <!-- not run: REASON -->    the next block is shown only
    <!-- nightly: REASON -->    the next block and all after it run by `make nightly` only
    <!-- exit: 3 -->            the next block's last command ends with this status
    <!-- file: NAME -->         the next block is written to NAME in the folder that the page's blocks run in
    <!-- needs: MODULE -->      anywhere: the page's blocks run where this module is installed

A `text` block is what the blocks before it print (since the last `text` block): … stands for anything on a line, and
alone on a line for any lines.
"""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

__all__ = ["ROOT", "Block", "blocks_of", "matches", "needs_of", "pages", "stored"]

ROOT = Path(__file__).resolve().parents[2]

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[\w.+-]*)[^`\n]*$")
_MARK = re.compile(r"^ *<!-- *(?P<name>not run|nightly|exit|file): *(?P<text>.*?) *-->$")
_NEEDS = re.compile(r"^<!-- *needs: *(\w+) *-->$", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Block:
    """A fenced block: ``line`` is that of its fence; ``marks`` name → text."""

    page: str
    line: int
    language: str
    text: str
    marks: dict[str, str]

    @property
    def place(self) -> str:
        """Page and line."""
        return f"{self.page}:{self.line}"


def pages(root: Path = ROOT) -> list[str]:
    """Pages whose blocks are run, as paths from the root."""
    tops = [root / name for name in ("README.md", "SECURITY.md")]
    found = [path for path in tops if path.exists()] + sorted((root / "docs").rglob("*.md"))
    return [path.relative_to(root).as_posix() for path in found]


def blocks_of(page: str, root: Path = ROOT) -> list[Block]:
    """Fenced blocks in order.

    Raises:
        ValueError: a mark that stands before no block, or a fence that is never closed.
    """
    lines = (root / page).read_text(encoding="utf-8").splitlines()
    found: list[Block] = []
    marks: dict[str, str] = {}
    at = 0
    while at < len(lines):
        fence, mark = _FENCE.match(lines[at]), _MARK.match(lines[at])
        if fence:
            end = next((k for k in range(at + 1, len(lines)) if lines[k].strip() == "```"), None)
            if end is None:
                raise ValueError(f"{page}:{at + 1}: the block has no end")
            cut = len(fence["indent"])
            text = "\n".join(line[cut:] if not line[:cut].strip() else line for line in lines[at + 1 : end]) + "\n"
            found.append(Block(page, at + 1, fence["language"], text, marks))
            marks, at = {}, end
        elif mark:
            marks[mark["name"]] = mark["text"]
        elif lines[at].strip() and marks:
            raise ValueError(f"{page}:{at + 1}: the mark above stands before no block")
        at += 1
    return found


def needs_of(page: str, root: Path = ROOT) -> list[str]:
    """Modules of extras that the page's blocks import."""
    return _NEEDS.findall((root / page).read_text(encoding="utf-8"))


def matches(expected: str, printed: str) -> bool:
    """Whether what was printed is what the page shows; blanks at line ends do not count."""
    lines = [line.rstrip() for line in expected.rstrip().splitlines()]
    pattern = ""
    for line in lines:
        if line.strip() == "…":
            pattern += r"(?:[^\n]*\n)*?"
        else:
            pattern += ".*?".join(re.escape(part) for part in line.split("…")) + r"\n"
    told = "".join(line.rstrip() + "\n" for line in printed.rstrip().splitlines())
    return re.fullmatch(pattern, told) is not None


def stored(name: str) -> dict[str, Any]:
    """The stored result of a benchmark, which pages take their tables from."""
    found: dict[str, Any] = json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text(encoding="utf-8"))
    return found
