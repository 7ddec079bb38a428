"""`python -m benchmarks peers`: run what has no row yet, then sum up all rows."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import RESULTS
from benchmarks.peers.child import PEERS, USUAL
from benchmarks.peers.family import ALLOCATIONS, BARS
from benchmarks.peers.runner import cases, run_all
from benchmarks.peers.summary import show, summarise, write

__all__ = ["main"]


def main(arguments: Sequence[str] = ()) -> None:
    """See ``--help``."""
    a = _parser().parse_args(arguments)
    bars = [name for name in BARS if getattr(a, name)] or list(BARS)
    if not a.summary:
        todo = cases(bars, [*a.methods, *a.peers], sizes=a.sizes, allocation=a.allocation, seeds=a.seeds,
                     limit_s=a.limit, threads=a.threads, memory_gib=a.memory, take=a.take)  # fmt: skip
        run_all(todo, a.rows)
    found = summarise(a.rows, a.methods)
    write(found, a.rows.with_suffix(".json"))
    print(show(found))


def _parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="python -m benchmarks peers", description=__doc__)
    p.add_argument("--small", action="store_true", help="only 20 … 100 users to 1e-6")
    p.add_argument("--large", action="store_true", help="only 100 … 5,000 users to 1 %%")
    p.add_argument("--methods", nargs="*", default=["prices", "exact"], help="names from solvers.METHODS")
    p.add_argument("--peers", nargs="*", default=list(USUAL), choices=list(PEERS), help=f"usually {', '.join(USUAL)}")
    p.add_argument("--sizes", nargs="*", type=int, help="numbers of users, of those that a bar has")
    p.add_argument("--allocation", nargs="*", default=list(ALLOCATIONS), choices=ALLOCATIONS)
    p.add_argument("--seeds", nargs="*", type=int, default=[1])
    p.add_argument("--limit", type=float, default=120.0, help="seconds for each run")
    p.add_argument("--threads", nargs="*", type=int, default=[1], help="of HiGHS and CP-SAT, each a peer of its own")
    p.add_argument("--memory", type=float, default=12.0, help="GiB of address space that a run may take")
    p.add_argument("--take", type=int, default=0, help="another number runs everything again; the last counts")
    p.add_argument("--rows", type=Path, default=RESULTS / "peers.jsonl")
    p.add_argument("--summary", action="store_true", help="only sum up the rows that are there")
    return p
