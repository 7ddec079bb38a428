"""Runs cases one after the other, each in a process of its own, and appends a row for each as soon as it ends.

A case is an instance, a method, a limit, a gap and a number of threads. Time counts from the moment the option table
is there; building a peer's model counts. A process that has not ended ``GRACE_S`` after its limit is killed, and its
row says so. What it had found until then stands in its trace; of a peer it counts, since every plan in its trace was
costed anew here, of ours it does not, since the plan behind it was not checked.
Cases with a row are skipped, so that the same command goes on where it was stopped.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.peers.child import PEERS, THREADED, allocations
from benchmarks.peers.family import BARS, places
from benchmarks.peers.trace import Event, plain, reached, read_event
from results.store import Store, case_key

__all__ = ["GRACE_S", "cases", "label", "run_all", "run_case"]

ROOT = Path(__file__).resolve().parents[2]
GRACE_S = 30.0
"""Seconds past the limit after which a process is killed."""
BUILD_S = 120.0
"""Seconds that generating and expanding may take before the clock starts."""
POLL_S = 0.02
LINES = 200
"""Longest trace that a row keeps; the times of the targets are taken from all of it."""

Case = dict[str, Any]


def cases(
    bars: Iterable[str],
    methods: Iterable[str],
    *,
    sizes: Iterable[int] | None = None,
    allocation: Iterable[str] = ("units", "continuous"),
    seeds: Iterable[int] = (1,),
    limit_s: float = 120.0,
    threads: Iterable[int] = (1,),
    memory_gib: float = 12.0,
    take: int = 0,
) -> Iterator[Case]:
    """All cases asked for: instance by instance, so that a part of the rows compares methods on something."""
    methods, allocation, seeds, threads = list(methods), list(allocation), list(seeds), list(threads)
    wanted = None if sizes is None else set(sizes)
    for bar in (BARS[name] for name in bars):
        for users in bar.sizes if wanted is None else sorted(wanted & set(bar.sizes)):
            for seed in seeds:
                for rule in allocation:
                    for place in places(users, rule, seed):
                        about = {**place.to_json(), "bar": bar.name, "gap": bar.asked, "limit_s": limit_s,
                                 "memory_gib": memory_gib, "take": take}  # fmt: skip
                        for name in methods:
                            if rule in allocations(name):
                                for n in threads if name in THREADED else (1,):
                                    yield {**about, "method": name, "threads": n}


def label(case: Case) -> str:
    """Name of the method and, where there are several, of its threads: the same method with two is another peer."""
    return str(case["method"]) if case["threads"] == 1 else f"{case['method']}@{case['threads']}"


def run_all(todo: Iterable[Case], path: Path) -> int:
    """Run the cases that have no row yet; returns how many were run."""
    store, count = Store(path), 0
    for case in todo:
        if case_key(case) in store.known:
            continue
        print(_title(case), end="", file=sys.stderr, flush=True)
        row = run_case(case)
        store.append(case, row)
        count += 1
        print(f" {row['status']}: {row['reached']}", file=sys.stderr, flush=True)
    return count


def _title(case: Case) -> str:
    local = "local" if case["local"] else "no local"
    return (f"{case['bar']} {case['generator']} {case['users']} × {case['servers']} {case['level']}, {local}, "
            f"{case['allocation']}, seed {case['seed']}: {label(case)}")  # fmt: skip


def run_case(case: Case, *, grace_s: float = GRACE_S, build_s: float = BUILD_S) -> dict[str, Any]:
    """The row of a case: status, checked objective, bound, trace and the times at which targets were reached."""
    with tempfile.TemporaryDirectory() as folder:
        file, errors = Path(folder) / "lines", Path(folder) / "errors"
        file.touch()
        with errors.open("w") as sink:
            process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.peers.child", str(file), json.dumps(case)],
                cwd=ROOT, stdout=sink, stderr=sink, start_new_session=True,
            )  # fmt: skip
            try:
                killed = _wait(process, file, case["limit_s"] + grace_s, build_s)
            finally:
                _kill(process)
        return _row(case, _lines(file), killed, process.returncode, errors.read_text()[-500:])


def _wait(process: subprocess.Popen[bytes], file: Path, allowed_s: float, build_s: float) -> bool:
    """Until the process ends, or has had its time; whether it had to be stopped."""
    begin, ready = time.perf_counter(), False
    while process.poll() is None:
        if not ready and file.stat().st_size:
            begin, ready = time.perf_counter(), True
        if time.perf_counter() - begin > (allowed_s if ready else build_s):
            return True
        time.sleep(POLL_S)
    return False


def _kill(process: subprocess.Popen[bytes]) -> None:
    """The process and all that it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _lines(file: Path) -> list[dict[str, Any]]:
    """Whole lines; one that a kill has torn is dropped."""
    found = []
    for line in file.read_text().splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            break
    return found


def _row(case: Case, lines: list[dict[str, Any]], killed: bool, code: int, errors: str) -> dict[str, Any]:
    ready: dict[str, Any] = next((line["ready"] for line in lines if "ready" in line), {})
    end = next((line["end"] for line in lines if "end" in line), None)
    events = [read_event(line["event"]) for line in lines if "event" in line]
    if end is None:
        last = events[-1] if events else (0.0, float("inf"), float("-inf"))
        end = {"status": "killed" if killed else f"died with code {code}", "valid": None, "objective_j": None,
               "violations": [], "claimed_j": plain(last[1]), "bound_j": plain(last[2]), "wall_s": None, "cpu_s": None,
               "peak_mib": None, "detail": {}, "errors": errors}  # fmt: skip
    sound = end["valid"] is True or (killed and case["method"] in PEERS)
    times = reached(events, case["limit_s"])
    return {**ready, **end, "reached": times if sound else dict.fromkeys(times), "trace": _thinned(events)}


def _thinned(events: list[Event]) -> list[list[float | None]]:
    """At most `LINES` of them: evenly, with the first and the last."""
    step = max(-(-len(events) // LINES), 1)
    kept = events[::step] + (events[-1:] if events and (len(events) - 1) % step else [])
    return [[plain(v) for v in event] for event in kept]
