"""Why a user does what it does: its figures, what binds, and what every other choice would cost."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from formulations.program import Decision
from instances.columns import Ints
from instances.errors import InputError, nearest
from instances.expand import expand
from instances.options import LOCAL, OptionTable
from solvers.allocation import allocate_any
from solvers.objective import decision_cost
from solvers.result import Result
from solvers.sensitivity.choices import chosen_options

__all__ = ["explain_user", "explanation_text"]

_TIGHT = 1e-4
"""A limit counts as binding when less than this part of it is left."""


def explain_user(result: Result, user: str) -> dict[str, Any]:
    """Explanation of one user's part of a plan, as plain values.

    Raises:
        InputError: no such user (names the nearest), or the result has no valid plan.
    """
    instance, plan, report = result.instance, result.plan, result.report
    if plan is None or report is None or not report.valid:
        raise InputError("result", "has no valid plan to explain", result.message or result.verdict.value)
    found = np.flatnonzero(instance.users.name == user)
    if not len(found):
        raise InputError("--user", f"'{user}' is not a user", fix=nearest(user, (str(n) for n in instance.users.name)))
    i = int(found[0])
    table = expand(instance)
    chosen = chosen_options(table, plan)
    parts = {name: float(getattr(report, name)[i]) for name in (
        "device_s", "uplink_s", "server_s", "fixed_s", "compute_j", "radio_j", "served_j")}  # fmt: skip
    return {
        "user": user,
        "admitted": bool(report.admitted[i]),
        "network": instance.networks[int(instance.users.network[i])].name,
        "choice": _describe(result, table, int(chosen[i])),
        "latency_s": float(report.latency_s[i]),
        "deadline_s": float(instance.users.deadline_s[i]),
        "energy_j": float(report.user_energy_j[i]),
        "cost": float(report.user_cost[i]),
        "problem": instance.problem,
        "unit": instance.unit,
        **parts,
        "uplink_share": float(plan.uplink_share[i]),
        "compute_share": float(plan.compute_share[i]),
        "clock": float(plan.clock[i]),
        "binding": _binding(result, i),
        "alternatives": _alternatives(result, table, chosen, i),
    }


def _describe(result: Result, table: OptionTable, option: int) -> str:
    instance = result.instance
    if table.is_rejection[option]:
        return "turned away"
    server, way = int(table.server[option]), table.way(option)
    variant = "" if way.variant < 0 else f" [{instance.variants.name[way.variant]}]"
    if server == LOCAL:
        return f"whole network on the device{variant}"
    name, mask = str(instance.servers.name[server]), way.on_device
    beyond = ""
    if way.passed_on is not None:
        cloud = instance.clouds.name[instance.cloud_of[server]]
        beyond = f", which passes {int(way.passed_on.sum())} layers on to {cloud}"
    if not mask.any():
        return f"input sent to {name}{beyond}{variant}"
    net = instance.runs(way.network, way.variant)
    last = net.layers[int(np.flatnonzero(mask)[-1])]
    return f"{int(mask.sum())} of {net.n_layers} layers on the device (up to {last}), rest on {name}{beyond}{variant}"


def _binding(result: Result, i: int) -> list[str]:
    instance, plan, report = result.instance, result.plan, result.report
    assert plan is not None and report is not None
    device, server = int(instance.users.device[i]), int(plan.server[i])
    low, high = float(instance.devices.clock_min[device]), float(instance.devices.clock_max[device])
    binding = []
    if report.latency_s[i] >= instance.users.deadline_s[i] * (1 - _TIGHT):
        binding.append("its deadline")
    if report.device_s[i] > 0 and plan.clock[i] >= high * (1 - _TIGHT):
        binding.append("the fastest clock of its device")
    if report.device_s[i] > 0 and plan.clock[i] <= low * (1 + _TIGHT):
        binding.append("the slowest clock of its device")
    if instance.device_budget_j is not None:
        spent, budget = report.compute_j[i] + report.radio_j[i], instance.device_budget_j[i]
        binding += ["the energy budget of its device"] if report.admitted[i] and spent >= budget * (1 - _TIGHT) else []
    if server >= 0:
        name = instance.servers.name[server]
        loads = [("uplink", report.uplink_load[server]), ("compute", report.compute_load[server]),
                 ("memory", report.memory_mb[server] / instance.servers.memory_mb[server])]  # fmt: skip
        if instance.energy_budget_j is not None and instance.energy_budget_j[server] > 0:
            loads.append(("energy budget", report.server_energy_j[server] / instance.energy_budget_j[server]))
        binding += [f"the {what} of {name}" for what, load in loads if load >= 1 - _TIGHT]
    return binding


def _alternatives(result: Result, table: OptionTable, chosen: Ints, i: int, most: int = 5) -> list[dict[str, Any]]:
    """The user's other options, each with the total it would lead to when the others keep theirs (shares set anew)."""
    found: list[dict[str, Any]] = []
    for row in range(int(table.start[i]), int(table.start[i + 1])):
        if row == chosen[i]:
            continue
        trial = chosen.copy()
        trial[i] = row
        shares = allocate_any(table, trial)
        total = decision_cost(table, Decision(trial, shares.uplink_share, shares.compute_share))
        extra = total - result.objective_j
        found.append({"choice": _describe(result, table, row), "extra_j": extra if math.isfinite(extra) else None})
    fitting = sorted((f for f in found if f["extra_j"] is not None), key=lambda f: f["extra_j"])
    blocked = len(found) - len(fitting)
    if blocked:
        fitting = [
            *fitting[:most],
            {"choice": f"{blocked} other options do not fit beside the others", "extra_j": None},
        ]
    return fitting[: most + 1]


def explanation_text(explanation: dict[str, Any]) -> str:
    """Explanation in words."""
    e = explanation
    head = f"user {e['user']} runs {e['network']}: {e['choice']}"
    lines = [head, *(_figures(e) if e["admitted"] else []), "  other choices, all other users keeping theirs:"]
    for other in e["alternatives"]:
        extra = "" if other["extra_j"] is None else f"{other['extra_j']:+.4g} {e['unit']}  "
        lines.append(f"    {extra}{other['choice']}")
    return "\n".join(lines)


def _figures(e: dict[str, Any]) -> list[str]:
    """Latency, energy, shares and what binds."""
    return [
        f"  latency {1e3 * e['latency_s']:.4g} ms of {1e3 * e['deadline_s']:.4g} ms: device {1e3 * e['device_s']:.4g}, "
        f"uplink {1e3 * e['uplink_s']:.4g}, server {1e3 * e['server_s']:.4g}, fixed {1e3 * e['fixed_s']:.4g}",
        f"  energy {e['energy_j']:.4g} J: compute {e['compute_j']:.4g}, radio {e['radio_j']:.4g}, "
        f"server {e['served_j']:.4g}",
        *(
            []
            if e["problem"] in ("J-E", "J-A")
            else [f"  adds {e['cost']:.4g} {e['unit']} to the objective of {e['problem']}"]
        ),
        f"  shares: uplink {100 * e['uplink_share']:.3g} %, compute {100 * e['compute_share']:.3g} %; "
        f"clock {e['clock']:.3g}",
        f"  binding: {', '.join(e['binding']) or 'nothing'}",
    ]
