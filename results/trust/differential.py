"""Many draws, everybody asked about each, every contradiction made small and kept. May be stopped and goes on."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from results.store import Store, case_key, read_rows
from results.trust.askers import Asker
from results.trust.contradictions import Claim, ask_all, contradictions
from results.trust.draws import draw
from results.trust.reproducers import minimise, write_reproducer

__all__ = ["FILE", "run_differential", "summary"]

FILE = "differential.jsonl"
_EVERY = 25
"""Draws between two lines of progress."""


def run_differential(
    numbers: Iterable[int], seed: int, askers: Sequence[Asker], folder: Path, modules: Sequence[str] = ()
) -> Store:
    """Ask everybody about these draws of a seed; those that have a row are passed over.

    Args:
        numbers: which draws.
        seed: of the draws, and of all that is asked.
        askers: whom to ask.
        folder: gets the rows, and a folder of reproducers.
        modules: that registered some of the askers, for the command in reproducers.
    """
    store = Store(folder / FILE)
    for number in numbers:
        case = {"seed": seed, "number": number}
        if case_key(case) in store.known:
            continue
        begin = time.process_time()
        row = _examine(number, seed, askers, folder / "reproducers", modules)
        store.append(case, {**row, "cpu_s": round(time.process_time() - begin, 3)})
        if len(store.known) % _EVERY == 0:
            print(f"{len(store.known)} draws", file=sys.stderr, flush=True)
    return store


def _examine(number: int, seed: int, askers: Sequence[Asker], folder: Path, modules: Sequence[str]) -> dict[str, Any]:
    instance, about = draw(seed, number)
    claims = ask_all(instance, askers, seed + number)
    found = contradictions(claims)
    reproducers = []
    for one in found:
        small, same = minimise(instance, one, askers, seed + number)
        path = write_reproducer(folder, small, same, seed + number, modules)
        print(f"draw {number}: {same.kind}, {same.claimant}: {same.message}; see {path}", file=sys.stderr, flush=True)
        reproducers.append({"kind": same.kind, "claimant": same.claimant, "witness": same.witness, "file": path.name})
    return {**about, "users": instance.n_users, "servers": instance.n_servers, "claims": _verdicts(claims),
            "contradictions": reproducers}  # fmt: skip


def _verdicts(claims: Sequence[Claim]) -> dict[str, str]:
    """Verdict of each asker that gave one; refusals by instances out of range are marked."""
    words = {claim.asker: claim.result.verdict.value for claim in claims if claim.result is not None}
    words |= {claim.asker: "refused" for claim in claims if claim.reason.startswith("refused")}
    return words | {claim.asker: "raised" for claim in claims if claim.raised}


def summary(folder: Path) -> list[str]:
    """Figures of all rows in a folder, in lines."""
    rows = [row for path in sorted(folder.rglob("*.jsonl")) if path.name == FILE for row in read_rows(path)]
    lines = [f"draws: {len(rows)}", f"CPU s: {sum(row['cpu_s'] for row in rows):.0f}"]
    for field in ("recipe", "problem", "allocation"):
        count = Counter(row[field] for row in rows)
        lines.append(f"{field}: " + ", ".join(f"{name} {n}" for name, n in sorted(count.items())))
    twists = Counter(name for row in rows for name in row["twists"])
    lines.append("twists: " + ", ".join(f"{name} {n}" for name, n in sorted(twists.items())))
    said: dict[str, Counter[str]] = {}
    for row in rows:
        for name, verdict in row["claims"].items():
            said.setdefault(name, Counter())[verdict] += 1
    for name, count in said.items():
        lines.append(f"{name}: {sum(count.values())}: " + ", ".join(f"{v} {n}" for v, n in sorted(count.items())))
    lines.append(f"answers held against each other: {sum(sum(c.values()) for c in said.values())}")
    found = Counter((c["kind"], c["claimant"]) for row in rows for c in row["contradictions"])
    lines.append(f"contradictions: {sum(found.values())}")
    return lines + [f"  {kind} by {name}: {n}" for (kind, name), n in sorted(found.items())]
