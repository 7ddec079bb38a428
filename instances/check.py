"""The checker: recomputes a plan from the instance alone and names every rule that it breaks.

It shares no code with formulations, solvers, the option table or `instances.physics`: the model is restated here, from
layers and links, so that an error there cannot hide here.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from instances.check_costs import Spent, costs_of, total_of
from instances.check_cuts import CutFacts
from instances.check_families import beyond_servers, is_variant, wrongly_passed_on
from instances.check_report import RULES, Report, Violation
from instances.columns import Bools, Floats, Ints
from instances.instance import Instance
from instances.plan import Cut, Plan

__all__ = ["RULES", "Report", "Violation", "check"]

TOLERANCE = 1e-9
"""Relative room for rounding in every rule."""

_REJECTED = -2
"""Server of a user that is turned away (restated, like everything here)."""


def check(instance: Instance, plan: Plan) -> Report:
    """Recompute ``plan`` on ``instance``; a bad plan is no error: what is wrong with it is named."""
    broken = _structure(instance, plan)
    if broken:
        return _empty(instance, broken)
    admitted = plan.server != _REJECTED
    plan = _with_everybody(instance, plan, admitted)
    facts = CutFacts(instance, plan)
    quantities = _quantities(instance, plan, facts, admitted)
    violations = [
        *_precedence(instance, plan, facts),
        *_user_rules(instance, plan, facts, quantities),
        *_server_rules(instance, quantities),
    ]
    return dataclasses.replace(quantities, violations=tuple(violations))


def _structure(instance: Instance, plan: Plan) -> list[Violation]:
    """Broken references; nothing else can be computed until these hold."""
    n = instance.n_users
    if len(plan) != n:
        return [Violation("structure", "plan", abs(len(plan) - n), "users")]
    found = []
    for k, cut in enumerate(plan.cuts):
        if not 0 <= cut.network < len(instance.networks):
            found.append(Violation("structure", f"cuts[{k}].network", cut.network, "(unknown network)"))
        elif not is_variant(instance, cut):
            found.append(Violation("variant", f"cuts[{k}].variant", 1, "variant"))
        else:
            layers = instance.runs(cut.network, cut.variant).n_layers
            for name, mask in (("on_device", cut.on_device), ("passed_on", cut.passed_on)):
                if mask is not None and np.shape(mask) != (layers,):
                    found.append(Violation("structure", f"cuts[{k}].{name}", np.size(mask), "layers"))
    rejected = plan.server == _REJECTED
    if instance.problem != "J-A":
        found += [Violation("admission", _user(instance, i), 1, "user") for i in np.flatnonzero(rejected)]
    bad_cut = ~rejected & ((plan.cut < 0) | (plan.cut >= len(plan.cuts)))
    bad_server = (plan.server < _REJECTED) | (plan.server >= instance.n_servers)
    numbers = np.column_stack([plan.uplink_share, plan.compute_share, plan.clock])
    bad_number = ~np.isfinite(numbers).all(axis=1)
    for name, bad in (("(unknown cut)", bad_cut), ("(unknown server)", bad_server), ("(not a number)", bad_number)):
        found += [Violation("structure", _user(instance, i), 1, name) for i in np.flatnonzero(bad)]
    if not found:
        of_cut = np.array([cut.network for cut in plan.cuts], dtype=np.int64)
        served = np.flatnonzero(~rejected)
        wrong = served[of_cut[plan.cut[served]] != instance.users.network[served]]
        found += [Violation("structure", _user(instance, i), 1, "(cut of another network)") for i in wrong]
    return found


def _with_everybody(instance: Instance, plan: Plan, admitted: Bools) -> Plan:
    """The plan with rejected users put on their devices, so that every row has a meaning; it is not counted."""
    if admitted.all():
        return plan
    whole = tuple(Cut(g, np.ones(net.n_layers, dtype=bool)) for g, net in enumerate(instance.networks))
    return plan.replace(
        server=np.where(admitted, plan.server, -1),
        cut=np.where(admitted, plan.cut, len(plan.cuts) + instance.users.network),
        uplink_share=np.where(admitted, plan.uplink_share, 0.0),
        compute_share=np.where(admitted, plan.compute_share, 0.0),
        clock=np.where(admitted, plan.clock, 1.0),
        cuts=plan.cuts + whole,
    )


def _links_of(instance: Instance, plan: Plan) -> Ints:
    """[users] row of the link that each user uses, −1 where it has none to that server (or is local)."""
    width = instance.n_servers + 1
    keys = instance.links.user * width + instance.links.server
    if not len(keys):
        return np.full(len(plan), -1, dtype=np.int64)
    order = np.argsort(keys, kind="stable")
    wanted = np.arange(len(plan)) * width + plan.server
    place = np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)
    found = (keys[order][place] == wanted) & (plan.server >= 0)
    return np.where(found, order[place], -1)


def _divide(work: Floats, share: Floats) -> Floats:
    """Time of work on a share: 0 for no work, inf for work on no share."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(work > 0, np.where(share > 0, work / share, np.inf), 0.0)


def _quantities(instance: Instance, plan: Plan, facts: CutFacts, admitted: Bools) -> Report:
    users, servers, links, devices, radios = (instance.users, instance.servers, instance.links, instance.devices,
                                              instance.radios)  # fmt: skip
    remote, link = plan.server >= 0, _links_of(instance, plan)
    linked, dev, rad, n_s = link >= 0, users.device, users.radio, instance.n_servers

    def pick(column: Floats, rows: Ints, where: Bools, otherwise: float) -> Floats:
        return (
            np.where(where, column[np.where(where, rows, 0)], otherwise)
            if len(column)
            else np.full(len(where), otherwise)
        )

    # Amounts come twice: as deadlines count them, and expected, as energy and money do.
    upload, reach = facts.upload_mbit[plan.cut] * remote, facts.upload_reach[plan.cut]
    result = facts.result_mbit[plan.cut] * remote
    sent, got = facts.expected_upload_mbit[plan.cut] * remote, result * facts.expected_upload_reach[plan.cut]
    result = result * reach
    speeds = (devices.gflops[dev], devices.memory_gb_s[dev], devices.launch_s[dev])
    nominal_s = admitted * facts.time_s(plan.cut, *speeds, "device", expected=False)
    busy_s = admitted * facts.time_s(plan.cut, *speeds, "device", expected=True)
    speeds = (pick(servers.gflops, plan.server, remote, 1.0), pick(servers.memory_gb_s, plan.server, remote, 1.0),
              pick(servers.launch_s, plan.server, remote, 0.0))  # fmt: skip
    whole_s = np.where(remote, facts.time_s(plan.cut, *speeds, "server", expected=False), 0.0)
    paid_s = np.where(remote, facts.time_s(plan.cut, *speeds, "server", expected=True), 0.0)
    beyond = beyond_servers(instance, plan, facts)
    mhz = pick(servers.bandwidth_mhz, plan.server, remote, 1.0)
    uplink_s = _divide(upload / (pick(links.efficiency, link, linked, 1.0) * mhz), plan.uplink_share)
    server_s = _divide(whole_s, plan.compute_share)
    down_mbps = pick(links.download_mbps, link, linked, np.inf)
    download_s, receiving_s = result / down_mbps, got / down_mbps
    backhaul_s = (upload + result) / pick(links.backhaul_mbps, link, linked, np.inf)
    fixed_s = pick(links.round_trip_s, link, linked, 0.0) * reach + backhaul_s + download_s + beyond.latency_s
    with np.errstate(divide="ignore", invalid="ignore"):
        device_s = np.where(nominal_s > 0, nominal_s / plan.clock, 0.0)
    watts = devices.kappa[dev] * np.power(devices.clock_ghz[dev] * 1e9, 3)
    compute_j = watts * busy_s * np.square(plan.clock)
    sending_s = uplink_s * np.divide(sent, upload, out=np.ones(len(sent)), where=(upload > 0) & (upload != sent))
    radio_j = (radios.tx_w[rad] * sending_s + radios.tx_j_per_mbit[rad] * sent + radios.rx_w[rad] * receiving_s
               + radios.rx_j_per_mbit[rad] * got)  # fmt: skip
    served_j = instance.server_energy_weight * (pick(servers.j_per_gflop, plan.server, remote, 0.0)
                                                * facts.server_gflop[plan.cut] + beyond.energy_j)  # fmt: skip
    accuracy = np.where(admitted, facts.accuracy[plan.cut], 0.0)
    device_j, latency_s = compute_j + radio_j, device_s + uplink_s + server_s + fixed_s
    cost, static_of = costs_of(
        instance,
        plan,
        Spent(device_j, served_j, latency_s, paid_s, sent, beyond.expected_s, beyond.expected_mbit, accuracy, admitted),
    )
    static, at = float(static_of[np.unique(plan.server[remote])].sum()), plan.server[remote]
    work_j = servers.j_per_gflop[at] * facts.server_gflop[plan.cut][remote]
    idle_j = servers.idle_w * instance.horizon_s * (np.bincount(at, minlength=n_s) > 0)
    return Report(
        objective_j=total_of(instance, cost) + static, static_j=static, user_cost=cost,
        user_energy_j=device_j + served_j,
        compute_j=compute_j, radio_j=radio_j, served_j=served_j, latency_s=latency_s, device_s=device_s,
        uplink_s=uplink_s, server_s=server_s, fixed_s=fixed_s,
        uplink_load=_sum_at(at, plan.uplink_share[remote], n_s),
        compute_load=_sum_at(at, plan.compute_share[remote], n_s),
        memory_mb=_sum_at(at, facts.server_mb[plan.cut][remote], n_s),
        server_energy_j=idle_j + _sum_at(at, work_j, n_s), admitted=admitted, accuracy=accuracy, violations=(),
    )  # fmt: skip


def _sum_at(server: Ints, amount: Floats, n_servers: int) -> Floats:
    """[servers] sum of the amounts at each server."""
    return np.bincount(server, amount, n_servers).astype(np.float64)


def _precedence(instance: Instance, plan: Plan, facts: CutFacts) -> list[Violation]:
    missing = np.array(facts.missing, dtype=np.int64)[plan.cut]
    return [Violation("precedence", _user(instance, i), int(missing[i]), "arcs") for i in np.flatnonzero(missing)]


def _user_rules(instance: Instance, plan: Plan, facts: CutFacts, got: Report) -> list[Violation]:
    users, devices = instance.users, instance.devices
    dev, remote = users.device, plan.server >= 0
    has_remote_layers = facts.remote_layers[plan.cut] > 0
    unreachable = (remote != has_remote_layers) | (remote & (_links_of(instance, plan) < 0))
    shares = np.column_stack([plan.uplink_share, plan.compute_share])
    outside = np.maximum(np.maximum(-shares, shares - 1 - TOLERANCE), 0.0).max(axis=1, initial=0.0)
    starved = ~np.isfinite(got.uplink_s + got.server_s)
    low, high = devices.clock_min[dev], devices.clock_max[dev]
    clock = np.maximum(low * (1 - TOLERANCE) - plan.clock, plan.clock - high * (1 + TOLERANCE))
    late = got.latency_s - users.deadline_s * (1 + TOLERANCE)
    heavy = facts.device_mb[plan.cut] - devices.memory_mb[dev] * (1 + TOLERANCE)
    rows: list[tuple[str, Floats, str]] = [
        ("reach", unreachable.astype(float), "link"),
        ("share range", np.where(starved, np.inf, outside), "of the resource"),
        ("clock range", clock, "of the nominal clock"),
        ("deadline", np.where(starved, 0.0, late), "s"),
        ("device memory", heavy, "MB"),
        ("passing on", wrongly_passed_on(instance, plan, facts), "layers"),
    ]
    if instance.accuracy_floor is not None:
        rows.append(("accuracy", instance.accuracy_floor * (1 - TOLERANCE) - got.accuracy, "of the answers"))
    if instance.device_budget_j is not None:
        over = got.compute_j + got.radio_j - instance.device_budget_j * (1 + TOLERANCE)
        rows.append(("device energy", over, "J"))
    rows = [(rule, np.where(got.admitted, amount, 0.0), unit) for rule, amount, unit in rows]
    found = [Violation(rule, _user(instance, i), float(amount[i]), unit)
             for rule, amount, unit in rows for i in np.flatnonzero(~(amount <= 0))]  # fmt: skip
    return found + (_whole_units(instance, plan) if instance.allocation == "units" else [])


def _whole_units(instance: Instance, plan: Plan) -> list[Violation]:
    found = []
    for share, pieces, unit in ((plan.uplink_share, instance.servers.blocks, "blocks"),
                                (plan.compute_share, instance.servers.units, "units")):  # fmt: skip
        count = np.where(plan.server >= 0, share * pieces[plan.server] if len(pieces) else 0.0, 0.0)
        off = np.abs(count - np.round(count))
        found += [Violation("whole units", _user(instance, i), float(off[i]), unit)
                  for i in np.flatnonzero(off > TOLERANCE * np.maximum(count, 1.0))]  # fmt: skip
    return found


def _server_rules(instance: Instance, got: Report) -> list[Violation]:
    memory = instance.servers.memory_mb
    rows = [
        ("uplink capacity", got.uplink_load - (1 + TOLERANCE), "of the uplink"),
        ("compute capacity", got.compute_load - (1 + TOLERANCE), "of the compute"),
        ("server memory", got.memory_mb - memory * (1 + TOLERANCE), "MB"),
    ]
    if instance.energy_budget_j is not None:
        rows.append(("server energy", got.server_energy_j - instance.energy_budget_j * (1 + TOLERANCE), "J"))
    return [Violation(rule, f"server {instance.servers.name[s]}", float(excess[s]), unit)
            for rule, excess, unit in rows for s in np.flatnonzero(~(excess <= 0))]  # fmt: skip


def _user(instance: Instance, row: int | np.integer) -> str:
    return f"user {instance.users.name[row]}" if row < instance.n_users else f"user #{row}"


def _empty(instance: Instance, violations: list[Violation]) -> Report:
    fields = {f.name: np.full(instance.n_users, np.nan) for f in dataclasses.fields(Report)}
    for name in ("uplink_load", "compute_load", "memory_mb", "server_energy_j"):
        fields[name] = np.full(instance.n_servers, np.nan)
    fields["admitted"] = np.zeros(instance.n_users, dtype=bool)
    scalars: dict[str, Any] = {"objective_j": np.nan, "static_j": np.nan, "violations": tuple(violations)}
    return Report(**{**fields, **scalars})
