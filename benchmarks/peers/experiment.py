"""The runs beside other solvers as an experiment whose rows figures are drawn from.

What `python -m benchmarks peers` has measured is taken over, one row for each instance and method, the last that was
measured; nothing is solved again. Reduced cases are run here and now. This file stands outside of `results`, because it
runs solvers that the package does not depend on; `paper_figures.py`, at the end of the chain, brings the two together.
"""

from __future__ import annotations

import functools
import math
from typing import Any

from benchmarks.measure import RESULTS
from benchmarks.peers.child import PEERS
from benchmarks.peers.family import BARS
from benchmarks.peers.runner import cases as runs_of
from benchmarks.peers.runner import label, run_case
from benchmarks.peers.summary import gap_at, instance_of
from benchmarks.peers.trace import read_event
from results.experiment import experiment
from results.store import case_key, read_rows

__all__ = ["NAME", "cases", "run"]

NAME = "peers"
ROWS = RESULTS / "peers.jsonl"
QUICK_INSTANCES, QUICK_LIMIT_S = 2, 8.0
TIMES_S = tuple(round(0.01 * 12_000 ** (k / 27), 4) for k in range(28))
"""Times at which the gap is noted, of whatever limit the run has: a hundredth of a second to two minutes."""


@functools.cache
def _measured() -> dict[str, dict[str, Any]]:
    """Row of each case that counts: the last one measured of an instance and method."""
    latest: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in sorted(read_rows(ROWS), key=lambda r: int(r["case"]["take"])):
        latest[row["case"]["bar"], instance_of(row), label(row["case"])] = row
    return {case_key(row["case"]): row for row in latest.values()}


def cases(quick: bool) -> list[dict[str, Any]]:
    """All that was measured; when quick, two instances with a short limit."""
    if not quick:
        return [row["case"] for row in _measured().values()]
    methods = ("branch", "highs_units", "scip_units", "cpsat_units")
    few = list(runs_of(["small"], methods, sizes=[20], allocation=["units"], limit_s=QUICK_LIMIT_S))
    return few[: QUICK_INSTANCES * len(methods)]


@experiment(NAME, cases)
def run(case: dict[str, Any]) -> dict[str, Any]:
    """Seconds to the target of the bar (None: not reached), and the gap over time."""
    row = _measured().get(case_key(case)) or {"case": case, **run_case(case)}
    row = {**row, "case": case}
    # A plan of ours counts once it was checked; those in a peer's trace were costed anew.
    sound = row["valid"] is True or case["method"] in PEERS
    trace = [read_event(event) for event in row["trace"]] if sound else []
    gaps = [gap_at(trace, at) for at in TIMES_S]
    names = ("objective_j", "bound_j", "valid", "wall_s", "cpu_s", "peak_mib", "status", "version")
    return {
        "instance": instance_of(row),
        "target": BARS[case["bar"]].target,
        "target_s": row["reached"][f"{BARS[case['bar']].target:g}"],
        **{name: row.get(name) for name in names},
        "time_s": list(TIMES_S),
        "gap_then": [float(f"{gap:.4g}") if math.isfinite(gap) else None for gap in gaps],
    }
