"""Many broken files, batch by batch; failing ones are made small and kept. May be stopped and goes on."""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from results.store import Store, case_key, read_rows
from results.trust.fuzz.all_kinds import KINDS
from results.trust.fuzz.broken import broken
from results.trust.fuzz.child import FINE
from results.trust.fuzz.kinds import FileKind
from results.trust.fuzz.reader import Reader

__all__ = ["BATCH", "FILE", "halved", "run_fuzz", "summary"]

FILE = "fuzz.jsonl"
BATCH = 250
"""Files a row."""
_MOST_TRIES = 200


def run_fuzz(
    files: int,
    seed: int,
    folder: Path,
    modules: Sequence[str] = (),
    shard: tuple[int, int] = (0, 1),
    kinds: Sequence[str] | None = None,
) -> Store:
    """Break and read this many files of a seed; batches that have a row are passed over.

    Args:
        files: how many in all; kinds take turns.
        seed: of everything.
        folder: gets the rows, and a folder of failing files.
        modules: that registered further kinds, for the reading process.
        shard: (k, n): batches with number mod n = k only.
        kinds: names of kinds; None: all that are registered.

    Raises:
        InputError: no such kind.
    """
    for name in kinds or ():
        KINDS.find(name)
    store = Store(folder / FILE)
    valid = {name: KINDS[name].valid() for name in sorted(kinds or KINDS)}
    part, parts = shard
    with Reader(modules) as reader:
        for first in range(part * BATCH, files, parts * BATCH):
            last = min(first + BATCH, files)
            case = {"seed": seed, "first": first, "last": last, "kinds": list(valid)}
            if case_key(case) in store.known:
                continue
            begin = time.perf_counter()
            row = _batch(range(first, last), seed, valid, reader, folder / "failing")
            store.append(case, {**row, "wall_s": round(time.perf_counter() - begin, 2)})
            print(f"{last} of {files} files, {len(row['failing'])} failing", file=sys.stderr, flush=True)
    return store


def _batch(numbers: range, seed: int, valid: dict[str, list[bytes]], reader: Reader, folder: Path) -> dict[str, Any]:
    names = list(valid)
    outcomes: dict[str, Counter[str]] = {name: Counter() for name in names}
    failing = []
    with tempfile.TemporaryDirectory() as scratch:
        for number in numbers:
            kind = KINDS[names[number % len(names)]]
            rng = np.random.default_rng(np.random.SeedSequence([seed, number]))
            originals = valid[kind.name]
            content = broken(originals[int(rng.integers(len(originals)))], kind.mutators, rng)
            outcome, message = _read(reader, kind, content, Path(scratch))
            outcomes[kind.name][outcome] += 1
            if outcome not in FINE:
                file = _keep(reader, kind, content, outcome, f"{seed}-{number}", Path(scratch), folder)
                print(f"file {number}, {kind.name}: {outcome}: {message}; see {file}", file=sys.stderr, flush=True)
                failing.append({"number": number, "kind": kind.name, "outcome": outcome, "message": message,
                                "file": file.name})  # fmt: skip
    return {"outcomes": {name: dict(count) for name, count in outcomes.items()}, "failing": failing}


def _read(reader: Reader, kind: FileKind, content: bytes, scratch: Path) -> tuple[str, str]:
    path = scratch / f"broken{kind.suffix}"
    path.write_bytes(content)
    return reader.read(kind.name, path)


def _keep(reader: Reader, kind: FileKind, content: bytes, outcome: str, name: str, scratch: Path, folder: Path) -> Path:
    """Save the failing file, made smaller where that is quick."""
    if outcome == "raised":
        content = halved(content, lambda less: _read(reader, kind, less, scratch)[0] == outcome)
    folder.mkdir(parents=True, exist_ok=True)
    word = "".join(c if c.isalnum() else "_" for c in kind.name)
    path = folder / f"{word}-{outcome}-{name}{kind.suffix}"
    path.write_bytes(content)
    return path


def halved(content: bytes, fails: Callable[[bytes], bool], most_tries: int = _MOST_TRIES) -> bytes:
    """The content without pieces that the failure does not need: halves first, then quarters and so on."""
    size, tries = len(content) // 2, 0
    while size >= 1 and tries < most_tries:
        place = 0
        while place < len(content) and tries < most_tries:
            less = content[:place] + content[place + size :]
            tries += 1
            if less and fails(less):
                content = less
            else:
                place += size
        size //= 2
    return content


def summary(folder: Path) -> list[str]:
    """Figures of all rows in a folder, in lines."""
    rows = [row for path in sorted(folder.rglob(FILE)) for row in read_rows(path)]
    count = {name: Counter[str]() for row in rows for name in row["outcomes"]}
    for row in rows:
        for name, outcomes in row["outcomes"].items():
            count[name].update(outcomes)
    total = sum((c for c in count.values()), Counter[str]())
    lines = [f"files: {sum(total.values())}", f"wall s: {sum(row['wall_s'] for row in rows):.0f}"]
    for name in sorted(count):
        shown = ", ".join(f"{outcome} {n}" for outcome, n in sorted(count[name].items()))
        lines.append(f"{name}: {sum(count[name].values())}: {shown}")
    lines.append("all: " + ", ".join(f"{outcome} {n}" for outcome, n in sorted(total.items())))
    lines.append(f"failing: {sum(n for outcome, n in total.items() if outcome not in FINE)}")
    same = Counter((f["kind"], f["outcome"], f["message"]) for row in rows for f in row["failing"])
    return lines + [f"  {n} x {kind}, {outcome}: {message}" for (kind, outcome, message), n in same.most_common()]
