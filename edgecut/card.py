"""The result card: what was found, how good it is, on whose word."""

from __future__ import annotations

import math
from typing import TextIO

import numpy as np

from instances.instance import OBJECTIVES
from solvers.result import Result, Verdict

__all__ = ["percent_up", "result_card"]

_MEANING = {
    Verdict.CERTIFIED: "plan checked, bound recomputed independently in outward-rounded arithmetic",
    Verdict.OPTIMAL: "plan checked; optimal within the gap, by the solver's bound",
    Verdict.BOUNDED: "plan checked; the solver's bound leaves a gap",
    Verdict.FEASIBLE: "plan checked; no bound",
    Verdict.CERTIFIED_INFEASIBLE: "no plan exists, recomputed independently in outward-rounded arithmetic",
    Verdict.INFEASIBLE: "no plan exists, by the method's word",
    Verdict.UNKNOWN: "no plan found, none excluded",
    Verdict.WRONG: "the checker contradicts the solver",
}


def percent_up(part: float) -> str:
    """A part as per cent, rounded up: "at most this" must stay true when it is printed."""
    if not math.isfinite(part):
        return "∞"
    return f"{math.ceil(part * 1e6) / 1e4:.4f} %"


def result_card(result: Result, stream: TextIO) -> None:
    """Print the card."""
    from rich.console import Console
    from rich.panel import Panel

    lines = [f"{name:<12}{text}" for name, text in _lines(result)]
    console = Console(file=stream, width=None if stream.isatty() else 100, highlight=False, markup=False)
    console.print(Panel("\n".join(lines), title=f"{result.instance.name} · {result.method}", title_align="left"))


def _lines(result: Result) -> list[tuple[str, str]]:
    instance = result.instance
    lines = [("verdict", f"{result.verdict.value.upper()} ({_MEANING[result.verdict]})")]
    if math.isfinite(result.objective_j):
        lines.append((OBJECTIVES[instance.problem][0], f"{result.objective_j:.6g} {instance.unit}"))
    if math.isfinite(result.bound_j):
        whose = "certified" if result.verdict is Verdict.CERTIFIED else "the solver's word"
        lines.append(("bound", f"{result.bound_j:.6g} {instance.unit}   gap ≤ {percent_up(result.gap)}, {whose}"))
    if math.isfinite(result.certified_gap) and result.verdict is not Verdict.CERTIFIED:
        shown = f"{result.certified_j:.6g} {instance.unit}   gap ≤ {percent_up(result.certified_gap)}"
        lines.append(("certified", shown))
    lines.append(("users", f"{instance.n_users} over {instance.n_servers} servers, {instance.allocation} allocation"))
    if result.valid and result.plan is not None:
        lines += _plan_lines(result)
    checking = f" + {result.certify_s:.2f} s certificate" if result.certificate is not None else ""
    spent = f"{result.build_s:.2f} s build + {result.solve_s:.2f} s solve{checking}"
    lines.append(("stopped", f"{result.stop.value} after {spent}"))
    if result.message:
        lines.append(("note", result.message))
    return lines


def _plan_lines(result: Result) -> list[tuple[str, str]]:
    report, plan = result.report, result.plan
    assert report is not None and plan is not None
    admitted = np.flatnonzero(report.admitted)
    split = np.array([bool(plan.cuts[c].on_device.any()) for c in plan.cut[admitted]], dtype=bool)
    remote = plan.server[admitted] >= 0
    local, cut, away = int(np.sum(~remote)), int(np.sum(remote & split)), len(plan) - len(admitted)
    slack = (1 - report.latency_s / result.instance.users.deadline_s)[admitted].min(initial=1.0)
    used = [f"{name} {100 * u:.0f}/{100 * c:.0f}" for name, u, c in zip(
        result.instance.servers.name, report.uplink_load, report.compute_load, strict=True)]  # fmt: skip
    shown = ", ".join(used[:6]) + (", …" if len(used) > 6 else "")
    return [
        *([("admitted", _admitted(result))] if result.instance.problem == "J-A" else []),
        ("choices", f"{local} local, {cut} cut inside the network, {len(plan) - away - local - cut} all remote"),
        ("deadlines", f"all met; tightest has {100 * max(slack, 0.0):.2f} % to spare"),
        *([("load", f"uplink/compute %: {shown}")] if used else []),
    ]


def _admitted(result: Result) -> str:
    report, weight = result.report, result.instance.users.weight
    assert report is not None
    got = f"{weight[report.admitted].sum():.6g} of {weight.sum():.6g} in weight"
    return f"{int(report.admitted.sum())} of {len(weight)} users, {got}"
