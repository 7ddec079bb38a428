"""Reads a report of coverage: lines and branches of every package, and whether they reach the bars.

python -m scripts.coverage out/coverage.json    the report that `make coverage` writes
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

__all__ = ["FULL", "Covered", "main", "packages", "shortfalls"]

LINES, BRANCHES = 0.95, 0.90
"""Parts of all lines and of all branches that some test must run."""

FULL = ("instances/physics.py", "instances/check.py", "instances/files.py", "instances/verify.py")
"""Files of which every line and every branch must be run."""


@dataclasses.dataclass(frozen=True)
class Covered:
    """How many lines and branches there are, and how many were run."""

    lines: int = 0
    lines_run: int = 0
    branches: int = 0
    branches_run: int = 0

    @classmethod
    def of(cls, summary: dict[str, Any]) -> Covered:
        """From the summary of a file in the report."""
        return cls(summary["num_statements"], summary["covered_lines"], summary["num_branches"],
                   summary["covered_branches"])  # fmt: skip

    def __add__(self, other: Covered) -> Covered:
        pairs = zip(dataclasses.astuple(self), dataclasses.astuple(other), strict=True)
        return Covered(*(a + b for a, b in pairs))

    @property
    def line_part(self) -> float:
        """Part of the lines that were run; 1 where there are none."""
        return self.lines_run / self.lines if self.lines else 1.0

    @property
    def branch_part(self) -> float:
        """Part of the branches that were run; 1 where there are none."""
        return self.branches_run / self.branches if self.branches else 1.0


def packages(report: dict[str, Any]) -> dict[str, Covered]:
    """Package → what was covered of it; "all" comes last.

    Raises:
        ValueError: the report is not of branches.
    """
    if not report["meta"]["branch_coverage"]:
        raise ValueError("the report counts no branches: run pytest with --cov-branch")
    found: dict[str, Covered] = {}
    for name, entry in sorted(report["files"].items()):
        package = name.replace("\\", "/").split("/")[0]
        found[package] = found.get(package, Covered()) + Covered.of(entry["summary"])
    return {**found, "all": sum(found.values(), Covered())}


def shortfalls(report: dict[str, Any], full: tuple[str, ...] = FULL) -> list[str]:
    """Every bar that is not reached, one sentence each."""
    total = packages(report)["all"]
    found = [f"{name}: {part:.2%} of all {name} are run, {bar:.0%} are needed"
             for name, part, bar in (("lines", total.line_part, LINES), ("branches", total.branch_part, BRANCHES))
             if part < bar]  # fmt: skip
    files = {name.replace("\\", "/"): entry for name, entry in report["files"].items()}
    for name in full:
        if name not in files:
            found.append(f"{name}: is not in the report")
            continue
        lines, arcs = files[name]["missing_lines"], files[name]["missing_branches"]
        if lines or arcs:
            words = [*(str(line) for line in lines), *(f"{a} to {b}" for a, b in arcs)]
            found.append(f"{name}: never run: {', '.join(words)}")
    return found


def main() -> int:
    """Print the table; exit status 1 when a bar is not reached."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=Path)
    report = json.loads(parser.parse_args().report.read_text(encoding="utf-8"))
    print("| package | lines | run | branches | run |\n|---|---|---|---|---|")
    for name, c in packages(report).items():
        print(f"| {name} | {c.lines} | {c.line_part:.2%} | {c.branches} | {c.branch_part:.2%} |")
    wrong = shortfalls(report)
    for sentence in wrong:
        print(sentence, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
