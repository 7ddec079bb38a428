"""Compares how many tests pytest finds with the number that is written down: it never falls unnoticed.

python -m scripts.collected [--update]    exit status 1 when there are fewer tests than in tests/collected.json
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

from instances.storage import write_atomically
from scripts.navigation import ROOT

__all__ = ["WRITTEN", "count_in", "fewer", "main"]

WRITTEN = ROOT / "tests" / "collected.json"


def count_in(text: str) -> dict[str, int]:
    """Folder of tests (or file beside them) → number of tests, from what `pytest --collect-only -qq` prints.

    Raises:
        ValueError: it prints no numbers, as when a file cannot be imported.
    """
    if re.search(r"^(ERROR|Interrupted|.*errors? during collection)", text, re.MULTILINE):
        raise ValueError(f"pytest cannot collect every test:\n{text[-2000:]}")
    counts: dict[str, int] = {}
    for name, number in re.findall(r"^tests/([^:\n]+): (\d+)$", text, re.MULTILINE):
        folder = str(name).split("/")[0]
        counts[folder] = counts.get(folder, 0) + int(number)
    if not counts:
        raise ValueError(f"pytest printed no numbers of tests:\n{text[-2000:]}")
    return dict(sorted(counts.items()))


def fewer(before: dict[str, int], now: dict[str, int]) -> list[str]:
    """What has fewer tests than before, the sum first; folders may pass tests on to each other."""
    if sum(now.values()) >= sum(before.values()):
        return []
    lost = [f"{name}: {count} tests before, {now.get(name, 0)} now" for name, count in before.items()
            if now.get(name, 0) < count]  # fmt: skip
    return [f"{sum(now.values())} tests are collected, there were {sum(before.values())}", *lost]


def collected(root: Path = ROOT) -> dict[str, int]:
    """Numbers of all tests, the nightly ones included, whatever extras are installed."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-qq", "-m", "nightly or not nightly",
               "-p", "no:cacheprovider", "tests"]  # fmt: skip
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    return count_in(run.stdout + run.stderr)


def _fill(stream: BinaryIO, counts: dict[str, int]) -> None:
    stream.write((json.dumps(counts, indent=2) + "\n").encode())


def main() -> int:
    """Compare, or write down with ``--update``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="write the numbers down")
    update, now = parser.parse_args().update, collected()
    print(f"{sum(now.values())} tests")
    if update:
        write_atomically(WRITTEN, lambda stream: _fill(stream, now))
        return 0
    lost = fewer(json.loads(WRITTEN.read_text(encoding="utf-8")), now)
    for sentence in lost:
        print(sentence, file=sys.stderr)
    if lost:
        print("If tests were meant to go: python -m scripts.collected --update", file=sys.stderr)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
