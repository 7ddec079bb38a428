"""What the rows say: times to the target, ratios to the best peer, and gaps at equal times.

Times. The time of a run is the first at which its gap was at most the target of its bar, if its final plan passed the
checker, or the whole run where it ended by saying that there is no plan; else it is the limit (for PAR-2: twice the
limit). Means are shifted geometric, exp(mean ln(t + s)) − s, with a
shift of s = 0.1 s: runs of a few milliseconds should not decide, nor should a shift of many times our own time hide
what is asked for. The same with a shift of 1 s stands beside it.

Of several rows of a method on an instance the last take counts. Where a peer's row has a shorter limit than ours it is
counted as that shorter one, in its favour.

The best peer is taken twice: *overall* the one of least shifted mean on the instances that all peers of the allocation
rule have a row for, and *by instance* the quickest on each. The ratio is mean of the peer over mean of ours, on the
instances where both have a row.

Gaps at equal times. At each time of a grid our gap is compared with the least gap of any peer, until ours is below what
was asked for; each worse one is a violation.

Contradictions. A bound above a checked plan of the same instance, or a plan that is dearer than claimed, by more than
`SLACK`, is a fault of somebody's.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure import machine
from benchmarks.peers.child import PEERS
from benchmarks.peers.family import BARS
from benchmarks.peers.runner import label
from benchmarks.peers.trace import Event, gap_between, read_event
from results.metrics import par, shifted_geometric_mean, shifted_ratio
from results.store import read_rows

__all__ = ["SHIFT_S", "gap_at", "instance_of", "shifted_mean", "show", "summarise", "worse_gaps", "write"]

SHIFT_S = 0.1
SLACK = 1e-6
"""Relative: solvers work to such tolerances."""
GRID = [0.1 * 1.25**k for k in range(40)]
"""Seconds at which gaps are compared, as far as the limit."""

Row = dict[str, Any]
Group = dict[str, Row]
_INSTANCE = ("generator", "users", "level", "local", "seed", "allocation")


def instance_of(row: Row) -> str:
    """Name of the instance that a row is about."""
    return "/".join(str(row["case"][field]) for field in _INSTANCE)


def shifted_mean(times: Sequence[float], shift: float = SHIFT_S) -> float:
    """Shifted geometric mean; NaN of nothing."""
    return shifted_geometric_mean(times, shift)


def time_of(row: Row) -> float:
    """Seconds to the target of the row's bar; the limit where it was not reached."""
    if says_infeasible(row):
        return float(row["wall_s"])
    first = row["reached"][f"{BARS[row['case']['bar']].target:g}"]
    return float(row["case"]["limit_s"] if first is None else first)


def solved(row: Row) -> bool:
    """Whether the target was reached, or that there is no plan was said."""
    return says_infeasible(row) or row["reached"][f"{BARS[row['case']['bar']].target:g}"] is not None


def says_infeasible(row: Row) -> bool:
    """Whether the run ended by saying that no plan exists; another's plan contradicts it."""
    return str(row["status"]).lower() == "infeasible" and row["valid"] is not True


def gap_at(trace: Iterable[Event], time_s: float) -> float:
    """Gap known at a time; inf before there is one."""
    last = math.inf
    for when, best, bound in trace:
        if when > time_s:
            break
        last = gap_between(best, bound)
    return last


def worse_gaps(ours: Row, peers: Iterable[Row]) -> list[tuple[float, float, float]]:
    """(seconds, our gap, least gap of a peer) at the times where ours is worse and above what was asked for."""
    mine = [read_event(e) for e in ours["trace"]]
    theirs = [[read_event(e) for e in p["trace"]] for p in peers]
    found = []
    for time_s in (t for t in GRID if t <= ours["case"]["limit_s"]):
        gap, best = gap_at(mine, time_s), min((gap_at(t, time_s) for t in theirs), default=math.inf)
        if gap > best and gap > ours["case"]["gap"]:
            found.append((time_s, gap, best))
    return found


def summarise(path: Path, ours: Sequence[str]) -> dict[str, Any]:
    """All figures of a file of rows, one part for each bar and allocation rule."""
    latest: dict[tuple[str, str, str], Row] = {}
    for row in sorted(read_rows(path), key=lambda r: r["case"]["take"]):
        latest[row["case"]["bar"], instance_of(row), label(row["case"])] = row
    parts = []
    for bar in BARS:
        for rule in ("units", "continuous"):
            groups: dict[str, Group] = {}
            for (of, instance, method), row in latest.items():
                if of == bar and row["case"]["allocation"] == rule:
                    groups.setdefault(instance, {})[method] = row
            if groups:
                parts.append(_part(bar, rule, groups, ours))
    return {"parts": parts, "shift_s": SHIFT_S, "rows": len(latest)}


def _part(bar: str, rule: str, groups: dict[str, Group], ours: Sequence[str]) -> dict[str, Any]:
    names = sorted({name for group in groups.values() for name in group})
    peers = [name for name in names if name.split("@")[0] in PEERS]
    complete = [g for g in groups.values() if all(p in g for p in peers)]
    overall = {p: shifted_mean([time_of(g[p]) for g in complete]) for p in peers}
    best = min(overall, key=lambda p: overall[p]) if peers and complete else None
    return {
        "bar": bar, "allocation": rule, "target": BARS[bar].target, "instances": len(groups),
        "methods": {name: _figures([g[name] for g in groups.values() if name in g]) for name in names},
        "best_peer": best, "best_peer_on_instances": len(complete),
        "ours": {name: _against(name, best, groups, peers) for name in ours if name in names},
        "contradictions": [c for key, g in groups.items() for c in _contradictions(key, g)],
    }  # fmt: skip


def _figures(rows: list[Row]) -> dict[str, Any]:
    times = [time_of(row) for row in rows]
    status: dict[str, int] = {}
    for row in rows:
        status[row["status"]] = status.get(row["status"], 0) + 1
    return {
        "rows": len(rows), "solved": sum(map(solved, rows)), "infeasible": sum(map(says_infeasible, rows)),
        "no_valid_plan": sum(r["valid"] is not True and not says_infeasible(r) for r in rows),
        "mean_s": shifted_mean(times), "mean_shift_1_s": shifted_mean(times, 1.0),
        "par2_s": par([t if solved(r) else None for t, r in zip(times, rows, strict=True)],
                      [float(row["case"]["limit_s"]) for row in rows]), "status": status,
    }  # fmt: skip


def _against(name: str, best: str | None, groups: dict[str, Group], peers: list[str]) -> dict[str, Any]:
    """One of ours beside the best peer overall and the best on each instance."""
    both = {k: g for k, g in groups.items() if name in g and any(p in g for p in peers)}
    own = {k: time_of(g[name]) for k, g in both.items()}
    quickest = {k: min((time_of(g[p]), p) for p in peers if p in g) for k, g in both.items()}
    shared = [k for k, g in both.items() if best is not None and best in g]
    worse = {k: w for k, g in both.items() if (w := worse_gaps(g[name], (g[p] for p in peers if p in g)))}
    return {
        "instances": len(both),
        "ratio_to_best_overall": _ratio([time_of(both[k][str(best)]) for k in shared], [own[k] for k in shared]),
        "ratio_to_best_by_instance": _ratio([quickest[k][0] for k in both], [own[k] for k in both]),
        "ratio_shift_1_s": _ratio([quickest[k][0] for k in both], [own[k] for k in both], 1.0),
        "by_instance": {
            k: {"ours_s": own[k], "peer_s": quickest[k][0], "peer": quickest[k][1],
                "ratio": (quickest[k][0] + SHIFT_S) / (own[k] + SHIFT_S),
                "solved": solved(both[k][name]), "peer_solved": solved(both[k][quickest[k][1]])}
            for k in both
        },
        "worse_gap": {
            "instances": len(worse), "grid_points": sum(map(len, worse.values())),
            "first": {k: dict(zip(("time_s", "gap", "peer_gap"), w[0], strict=True)) for k, w in worse.items()},
        },
    }  # fmt: skip


def _ratio(theirs: list[float], own: list[float], shift: float = SHIFT_S) -> float:
    """Of shifted means, with the shift left in, so that a mean near 0 does not blow it up."""
    return shifted_ratio(theirs, own, shift)


def _contradictions(key: str, group: Group) -> list[str]:
    plans = [(row["objective_j"], name) for name, row in group.items() if row["valid"]]
    if not plans:
        return []
    best, who = min(plans)
    false = [
        f"{key}: {name} claims {row['claimed_j']:.9g} for a plan of {row['objective_j']:.9g}"
        for name, row in group.items()
        if row["valid"] and row["claimed_j"] < row["objective_j"] * (1 - SLACK)
    ]
    false += [f"{key}: {name} says infeasible, {who} has a plan of {best:.9g}"
              for name, row in group.items() if says_infeasible(row)]  # fmt: skip
    return false + [
        f"{key}: {name} claims bound {row['bound_j']:.9g}, {who} has a plan of {best:.9g}"
        for name, row in group.items()
        if row["bound_j"] is not None and row["bound_j"] > best * (1 + SLACK)
    ]


def write(found: dict[str, Any], path: Path) -> None:
    """As JSON, with the machine; NaN and infinite as null."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_finite({"benchmark": "peers", "machine": machine(), **found}), indent=2) + "\n")


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def show(found: dict[str, Any]) -> str:
    """The figures as text."""
    lines = []
    for part in found["parts"]:
        lines.append(f"\n{part['bar']}, {part['allocation']}: {part['instances']} instances, "
                     f"gap {part['target']:g}; best peer: {part['best_peer']}")  # fmt: skip
        lines.append(f"  {'method':22} {'solved':>9} {'mean s':>9} {'PAR-2 s':>9}  no valid plan")
        for name, f in sorted(part["methods"].items(), key=lambda item: item[1]["mean_s"]):
            lines.append(f"  {name:22} {f['solved']:4d}/{f['rows']:<4d} {f['mean_s']:9.3f} {f['par2_s']:9.2f}  "
                         f"{f['no_valid_plan']}")  # fmt: skip
        for name, a in part["ours"].items():
            w = a["worse_gap"]
            lines.append(
                f"  {name}: {a['ratio_to_best_overall']:.2f} × sooner than {part['best_peer']}, "
                f"{a['ratio_to_best_by_instance']:.2f} × than the best on each instance "
                f"({a['ratio_shift_1_s']:.2f} × with a shift of 1 s); worse gap at equal time on "
                f"{w['instances']} of {a['instances']} instances ({w['grid_points']} times of the grid)"
            )
        lines += [f"  CONTRADICTION {c}" for c in part["contradictions"]]
    return "\n".join(lines) or "no rows"
