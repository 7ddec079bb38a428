"""The result card: what was found, how good it is, on whose word."""

from __future__ import annotations

import math
from typing import TextIO

import numpy as np

from solvers.result import Result, Verdict

__all__ = ["result_card"]

_MEANING = {
    Verdict.OPTIMAL: "plan checked; optimal within the gap, by the solver's bound",
    Verdict.BOUNDED: "plan checked; the solver's bound leaves a gap",
    Verdict.FEASIBLE: "plan checked; no bound",
    Verdict.INFEASIBLE: "no plan exists",
    Verdict.UNKNOWN: "no plan found, none excluded",
    Verdict.WRONG: "the checker contradicts the solver",
}

_OBJECTIVE = {"J-E": "energy", "J-L": "energy+time", "J-C": "money"}
"""What the objective of each problem measures, in the problem's unit."""


def result_card(result: Result, stream: TextIO) -> None:
    """Print the card."""
    from rich.console import Console
    from rich.panel import Panel

    lines = [f"{name:<12}{text}" for name, text in _lines(result)]
    console = Console(file=stream, width=None if stream.isatty() else 100, highlight=False, markup=False)
    console.print(Panel("\n".join(lines), title=f"{result.instance.name} · {result.method}", title_align="left"))


def _lines(result: Result) -> list[tuple[str, str]]:
    instance = result.instance
    lines: list[tuple[str, str]] = [("verdict", f"{result.verdict.value.upper()} ({_MEANING[result.verdict]})")]
    if math.isfinite(result.objective_j):
        lines.append((_OBJECTIVE.get(instance.problem, "objective"), f"{result.objective_j:.6g} {instance.unit}"))
    if math.isfinite(result.bound_j):
        lines.append(("bound", f"{result.bound_j:.6g} {instance.unit}   gap {100 * result.gap:.4f} %"))
    lines.append(("users", f"{instance.n_users} over {instance.n_servers} servers, {instance.allocation} allocation"))
    if result.valid and result.plan is not None:
        lines += _plan_lines(result)
    lines.append(("stopped", f"{result.stop.value} after {result.build_s:.2f} s build + {result.solve_s:.2f} s solve"))
    if result.message:
        lines.append(("note", result.message))
    return lines


def _plan_lines(result: Result) -> list[tuple[str, str]]:
    report, plan = result.report, result.plan
    assert report is not None and plan is not None
    split = [bool(plan.cuts[c].on_device.any()) for c in plan.cut]
    local = int(np.sum(plan.server < 0))
    cut = int(np.sum((plan.server >= 0) & split))
    slack = float(np.min(1 - report.latency_s / result.instance.users.deadline_s))
    used = [f"{name} {100 * u:.0f}/{100 * c:.0f}" for name, u, c in zip(
        result.instance.servers.name, report.uplink_load, report.compute_load, strict=True)]  # fmt: skip
    shown = ", ".join(used[:6]) + (", …" if len(used) > 6 else "")
    return [
        ("choices", f"{local} local, {cut} cut inside the network, {len(plan) - local - cut} all remote"),
        ("deadlines", f"all met; tightest has {100 * max(slack, 0.0):.2f} % to spare"),
        *([("load", f"uplink/compute %: {shown}")] if used else []),
    ]
