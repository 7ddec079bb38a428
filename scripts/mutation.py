"""Puts faults into our own source, one at a time, and asks whether the tests notice.

python -m scripts.mutation [--seed S] [--faults N] [--only FILE …] [--resume FOLDER] [--again]

Works on a copy of the tree. Every fault gets a process of its own for each group of tests near to its file
(`scripts.nearest_tests`); it is killed when a test fails or errors, when the process dies, and when it runs over its
limit. Rows are appended to mutation.jsonl in the folder; what has a row there is not run again. Faults that no test can
notice stand in scripts/equivalent_faults.json, each with the reason.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from instances.storage import write_atomically
from results.store import RUNS, Store, case_key, read_rows
from scripts.faults import Fault, chosen_faults, faults_in, with_fault
from scripts.navigation import ROOT
from scripts.nearest_tests import NEAREST, is_left_out, nearest_tests

__all__ = ["FULLY", "ROWS", "by_part", "equivalent_reason", "main", "sources", "summary", "survivors",
           "table_lines"]  # fmt: skip

ROWS = "mutation.jsonl"
EQUIVALENT = Path(__file__).with_name("equivalent_faults.json")
LIMIT_S = 240.0
"""Wall time of a group of tests without a fault. With one, what takes 6 times as long as without, and 20 s, hangs."""

FULLY = ("instances/physics.py", "instances/check", "instances/verify.py")
"""Beginnings of sources in which nothing but equivalent faults may survive."""
PARTS = (*FULLY, "instances/certif", "instances/", "formulations/", "solvers/", "results/", "edgecut/")


class Tests:
    """Runs groups of tests in a copy of the tree, by `scripts.fork_tests`."""

    def __init__(self, copy: Path, limit_s: float) -> None:
        self.copy, self.limit_s = copy, limit_s
        self._proven: dict[tuple[str, ...], float] = {}
        script = Path(__file__).with_name("fork_tests.py")
        self._server = subprocess.Popen([sys.executable, str(script)], cwd=copy, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip

    def run(self, tests: tuple[str, ...], *, write: bool = False) -> dict[str, Any]:
        """Status, seconds and the first test that did not pass; ``write``: keep what was compiled."""
        limit_s = min(self.limit_s, 20.0 + 6.0 * self._proven.get(tests, math.inf))
        assert self._server.stdin is not None and self._server.stdout is not None
        shutil.rmtree(self.copy / ".hypothesis", ignore_errors=True)  # examples that an earlier fault left there
        self._server.stdin.write(json.dumps({"tests": tests, "limit_s": limit_s, "write": write}) + "\n")
        self._server.stdin.flush()
        answer: dict[str, Any] = json.loads(self._server.stdout.readline())
        return answer

    def prove(self, tests: tuple[str, ...]) -> None:
        """Once for each group: without a fault all of it passes.

        Raises:
            RuntimeError: it does not, so that it could not tell a fault.
        """
        if tests not in self._proven:
            answer = self.run(tests, write=True)
            if answer["status"] != 0:
                raise RuntimeError(f"{' '.join(tests)} does not pass without a fault: {answer}")
            self._proven[tests] = answer["seconds"]

    def close(self) -> None:
        """End the process that forks."""
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait()


def sources(root: Path = ROOT) -> list[str]:
    """Files that tests are named for."""
    found = {path.relative_to(root).as_posix() for beginning in NEAREST for path in _under(root, beginning)}
    counts = (name for name in found if not name.endswith("__init__.py") or name in NEAREST)
    return sorted(name for name in counts if not is_left_out(name))


def _under(root: Path, beginning: str) -> list[Path]:
    start = root / beginning
    return sorted(start.rglob("*.py")) if start.is_dir() else sorted(start.parent.glob(f"{start.name}*.py")) + (
        [start] if start.is_file() else [])  # fmt: skip


def equivalent_reason(case: dict[str, Any]) -> str:
    """Why no test can notice a fault; empty for all others."""
    for entry in json.loads(EQUIVALENT.read_text(encoding="utf-8"))["faults"]:
        if _is_same(case, entry):
            return str(entry["reason"])
    return ""


def summary(rows: list[dict[str, Any]]) -> list[tuple[str, int, int, int]]:
    """File, faults, killed, equivalent; the last row is of them all."""
    table: dict[str, list[int]] = {}
    for row in rows:
        for name in (row["case"]["file"], "all"):
            counts = table.setdefault(name, [0, 0, 0])
            counts[0] += 1
            counts[1] += row["killed"]
            counts[2] += not row["killed"] and bool(equivalent_reason(row["case"]))
    return [(name, *counts) for name, counts in sorted(table.items(), key=lambda item: (item[0] == "all", item[0]))]  # type: ignore[misc]


def by_part(rows: list[dict[str, Any]]) -> list[tuple[str, int, int, int, int]]:
    """The same as `summary` for each of `PARTS`, the first that fits, with how many sources were tried."""
    table: dict[str, list[int]] = {}
    files: dict[str, set[str]] = {}
    for name, *counts in summary(rows)[:-1]:
        part = next(part for part in PARTS if name.startswith(part))
        table[part] = [a + b for a, b in zip(table.get(part, [0, 0, 0]), counts, strict=True)]
        files.setdefault(part, set()).add(name)
    return [(part, len(files[part]), *table[part]) for part in PARTS if part in table]  # type: ignore[misc]


def table_lines(rows: list[dict[str, Any]]) -> list[str]:
    """The lines of the page's table, the last of them all."""
    table = by_part(rows)
    total = np.sum([counts for _, *counts in table], axis=0).tolist()
    return [f"| {part} | {files} | {faults} | {killed} | {equal} | {faults - killed - equal} |"
            for part, files, faults, killed, equal in [*table, ("all", *total)]]  # fmt: skip


def survivors(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Cases that no test noticed, though one could."""
    return [row["case"] for row in rows if not row["killed"] and not equivalent_reason(row["case"])]


def _try_fault(fault: Fault, tests: Tests) -> dict[str, Any]:
    """Outcome of a fault: whether it was killed, by which test, after how many seconds."""
    path = tests.copy / fault.file
    source, seconds = path.read_text(encoding="utf-8"), 0.0
    answer: dict[str, Any] = {"status": 0, "first": ""}
    try:
        for group in nearest_tests(fault.file):
            tests.prove(group)
            path.write_text(with_fault(source, fault), encoding="utf-8")
            _forget_compiled(path)
            answer = tests.run(group)
            seconds += answer["seconds"]
            path.write_text(source, encoding="utf-8")
            _forget_compiled(path)
            if answer["status"] != 0:
                break
    finally:
        path.write_text(source, encoding="utf-8")
    how = {0: "", -1: "hangs", -2: "dies"}.get(answer["status"], answer["first"] or "does not start")
    return {"killed": answer["status"] != 0, "by": how, "seconds": round(seconds, 1)}


def _forget_compiled(path: Path) -> None:
    """Two texts of one size within a second would look the same to Python's cache."""
    for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
        compiled.unlink()


def _copy_of_tree(to: Path) -> Path:
    """The files that are committed or could be, in a folder of their own."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, check=True,
                            capture_output=True, text=True).stdout  # fmt: skip
    for name in listed.split("\0"):
        if name and (ROOT / name).is_file():
            target = to / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target)
    return to


def _print_summary(rows: list[dict[str, Any]]) -> None:
    print("| sources | files | faults | killed | equivalent | survived |\n|---|---|---|---|---|---|")
    print("\n".join(table_lines(rows)), end="\n\n")
    print("| file | faults | killed | equivalent | survived |\n|---|---|---|---|---|")
    for name, faults, killed, equal in summary(rows):
        print(f"| {name} | {faults} | {killed} | {equal} | {faults - killed - equal} |")
    for case in survivors(rows):
        print(f"survived: {case['file']}:{case['line']}: {case['kind']}: {case['before']} → {case['after']}")


def main() -> int:
    """Exit status 1 when a fault survived that is not known to be equivalent."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--faults", type=int, default=100, help="how many, over all files (default 100)")
    parser.add_argument("--only", nargs="+", default=None, metavar="FILE", help="sources (default: all with tests)")
    parser.add_argument("--resume", type=Path, default=RUNS, metavar="FOLDER", help="folder of the rows")
    parser.add_argument("--again", action="store_true", help="try what survived (in FILE) once more, no others")
    parser.add_argument("--limit", type=float, default=LIMIT_S, help="seconds for a group of tests")
    given = parser.parse_args()
    path = given.resume / ROWS
    wanted = _survived(path, given.only) if given.again else _chosen(given.only or sources(), given.faults, given.seed)
    store = Store(path)
    wanted = [fault for fault in wanted if case_key(fault.case()) not in store.known]
    wanted = [wanted[k] for k in np.random.default_rng(given.seed).permutation(len(wanted))]  # cut short: a sample too
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        tests = Tests(_copy_of_tree(Path(folder)), given.limit)
        for number, fault in enumerate(wanted, start=1):
            outcome = _try_fault(fault, tests)
            store.append(fault.case(), outcome)
            word = "killed" if outcome["killed"] else "SURVIVED"
            print(f"{number}/{len(wanted)} {fault.file}:{fault.line} {fault.kind}: {fault.before} → {fault.after}: "
                  f"{word} {outcome['by']} {outcome['seconds']} s", flush=True)  # fmt: skip
        tests.close()
    rows = read_rows(path)
    _print_summary(rows)
    return 1 if survivors(rows) else 0


def _known_faults(names: list[str]) -> list[Fault]:
    return [fault for name in names for fault in faults_in((ROOT / name).read_text(encoding="utf-8"), name)]


def _chosen(names: list[str], count: int, seed: int) -> list[Fault]:
    return chosen_faults(_known_faults(names), count, np.random.default_rng(seed))


def _survived(path: Path, only: list[str] | None) -> list[Fault]:
    """Faults that survived, taken out of the file of rows to be tried again; those of lines that are gone go."""
    rows = read_rows(path)
    cases = [case for case in survivors(rows) if only is None or case["file"] in only]
    kept = [row for row in rows if row["case"] not in cases]
    text = "".join(json.dumps(row, sort_keys=True) + "\n" for row in kept)

    def fill(stream: BinaryIO) -> None:
        stream.write(text.encode())

    write_atomically(path, fill)
    return [fault for fault in _known_faults(sorted({case["file"] for case in cases}))
            if any(_is_same(fault.case(), case) for case in cases)]  # fmt: skip


def _is_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether it is the same fault, its line perhaps elsewhere in the file."""
    return all(one[name] == other[name] for name in ("file", "code", "column", "before", "after"))


if __name__ == "__main__":
    sys.exit(main())
