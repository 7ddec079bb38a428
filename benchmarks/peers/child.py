"""One run in a process of its own: `python -m benchmarks.peers.child FILE CASE`.

Writes JSON lines to FILE as things happen: ``ready`` when the option table is there and the clock starts, ``event``
for each improvement, ``end`` with the checked plan. A process that is killed leaves what it wrote.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.peers.family import Place, build
from benchmarks.peers.trace import Ending, Recorder, plain
from instances.check import check
from instances.expand import expand
from instances.instance import Instance
from instances.plan import Plan

__all__ = ["PEERS", "THREADED", "USUAL", "allocations", "place_of"]

PEERS = {
    "highs_units": ("units", "highs", "solve_units"),
    "highs_compact": ("units", "highs", "solve_compact"),
    "highs_compact_pruned": ("units", "highs", "solve_compact_pruned"),
    "scip_units": ("units", "scip", "solve_units"),
    "cpsat_units": ("units", "cpsat", "solve"),
    "scip_cones": ("continuous", "scip", "solve_cones"),
    "scip_cones_pruned": ("continuous", "scip", "solve_cones_pruned"),
    "scip_pairs_pruned": ("continuous", "scip", "solve_pairs_pruned"),
}
"""Allocation rule, module and function of each peer; modules are imported only in the process that needs them."""
USUAL = ("highs_units", "highs_compact_pruned", "scip_units", "cpsat_units", "scip_cones_pruned", "scip_pairs_pruned")
"""Peers that are run unless others are named; those on all options are left out for their twins on pruned ones."""
THREADED = ("highs_units", "highs_compact", "highs_compact_pruned", "cpsat_units")
"""Peers that can be told how many threads to run."""


def allocations(name: str) -> tuple[str, ...]:
    """Allocation rules that a method can be asked under (ours: both)."""
    return (PEERS[name][0],) if name in PEERS else ("units", "continuous")


def place_of(case: dict[str, Any]) -> Place:
    """The instance that a case is about."""
    return Place(**{k: case[k] for k in ("generator", "users", "level", "local", "allocation", "seed")})


def _solver(case: dict[str, Any]) -> tuple[str, Callable[[Any, Recorder], Ending]]:
    name = case["method"]
    if name in PEERS:
        module = importlib.import_module(f"benchmarks.peers.{PEERS[name][1]}")
        solve = getattr(module, PEERS[name][2])
        return module.version(), lambda table, record: solve(table, record, case["threads"])
    ours = importlib.import_module("benchmarks.peers.ours")
    return ours.version(), lambda table, record: ours.solve(name, table, record)


def _checked(instance: Instance, record: Recorder) -> dict[str, Any]:
    """What the checker says of the plan; ``valid`` is None without one."""
    if record.decision is None or record.table is None:
        return {"valid": None, "objective_j": None, "violations": []}
    d = record.decision
    report = check(instance, Plan.from_options(record.table, d.chosen, d.uplink_share, d.compute_share))
    broken = [str(v) for v in report.violations[:5]]
    return {"valid": report.valid, "objective_j": plain(report.objective_j), "violations": broken}


def main(path: str, text: str) -> None:
    """Run the case and write its lines."""
    case = json.loads(text)
    # Millions of columns can fill any machine: a run that wants more than this dies, and its row says so.
    most = int(case["memory_gib"] * 2**30)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    version, solve = _solver(case)
    instance = build(place_of(case))
    table = expand(instance)
    with Path(path).open("a") as file:
        file.write(json.dumps({"ready": {"version": version, "options": len(table)}}) + "\n")
        file.flush()
        record = Recorder(file, case["limit_s"], case["gap"])
        ending = solve(table, record)
        record.finish()
        end = {
            "status": ending.status,
            "wall_s": record.elapsed_s,
            "cpu_s": time.process_time(),
            "bound_j": plain(record.bound_j),
            "claimed_j": plain(record.best_j),
            "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "detail": {name: plain(float(value)) for name, value in ending.detail.items()},
            **_checked(instance, record),
        }
        file.write(json.dumps({"end": end}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])
