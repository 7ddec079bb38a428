"""What options and servers cost under each problem, restated for the certifier; every figure rounded down.

All problems have one form (docs/theory.md, P10 to P12 and P16): an option costs E z² + S·(time sent) + κ·(latency) + q.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from instances.columns import Bools, Floats, Ints
from instances.instance import Instance
from instances.outward import add_down, below, mul_down, mul_up, sub_up

__all__ = ["Costs", "Spending", "budget_up", "closed_servers", "costs_down", "static_down"]

FORGIVEN = 2e-9
"""Part of an energy budget that is left to plans beyond it; the checker forgives half of that."""


@dataclasses.dataclass(frozen=True, eq=False)
class Spending:
    """[n] what options take, lower bounds: ``computing_j`` at the nominal clock, ``radio_j`` that no decision changes,
    ``send_w`` W while sending, ``served_gflop`` at the server, ``run_s`` on the whole server, ``upload_mbit``,
    ``fixed_s``. ``user``, ``server`` (−1: none) say whose they are."""

    user: Ints
    server: Ints
    computing_j: Floats
    radio_j: Floats
    send_w: Floats
    served_gflop: Floats
    run_s: Floats
    upload_mbit: Floats
    fixed_s: Floats


@dataclasses.dataclass(frozen=True, eq=False)
class Costs:
    """[n] at most what the clock costs at its nominal value (``clock``), a second of sending (``send``), a second of
    latency (``floor``, κ), and what nothing changes (``fixed``: latency's fixed part included)."""

    clock: Floats
    send: Floats
    floor: Floats
    fixed: Floats


def costs_down(instance: Instance, spent: Spending) -> Costs:
    """Lower bounds of what options cost; rejection (J-A) is no matter of options here."""
    weight, none = instance.users.weight[spent.user], np.zeros(len(spent.user))
    if instance.problem == "J-A":
        return Costs(none, none, none, none)
    if instance.problem == "J-C":
        assert instance.tariff is not None
        joule = below(mul_down(weight, instance.tariff.per_j))
        bill = _bill_down(instance, spent)
    else:
        joule, bill = weight, _served_down(instance, spent)
    floor = below(mul_down(weight, float(instance.latency_weight_w))) if instance.problem == "J-L" else none
    return Costs(
        clock=below(mul_down(joule, spent.computing_j)),
        send=below(mul_down(joule, spent.send_w)),
        floor=floor,
        fixed=below(add_down(mul_down(joule, spent.radio_j), mul_down(weight, bill), mul_down(floor, spent.fixed_s))),
    )


def _at_server(column: Floats, server: Ints) -> Floats:
    return np.where(server >= 0, column[server], 0.0) if len(column) else np.zeros(len(server))


def _served_down(instance: Instance, spent: Spending) -> Floats:
    """Weighted energy of the servers."""
    rate = mul_down(instance.server_energy_weight, _at_server(instance.servers.j_per_gflop, spent.server))
    return below(mul_down(below(rate), spent.served_gflop))


def _bill_down(instance: Instance, spent: Spending) -> Floats:
    """Money for server seconds and uplink."""
    tariff = instance.tariff
    assert tariff is not None
    seconds = mul_down(_at_server(tariff.per_server_s, spent.server), spent.run_s)
    return below(add_down(seconds, below(mul_down(_at_server(tariff.per_mbit, spent.server), spent.upload_mbit))))


def static_down(instance: Instance) -> Floats:
    """[servers] at most what a server costs for being on."""
    if instance.problem == "J-A":
        return np.zeros(instance.n_servers)
    if instance.problem == "J-C":
        assert instance.tariff is not None
        return instance.tariff.rent
    return below(mul_down(mul_down(instance.server_energy_weight, instance.servers.idle_w), instance.horizon_s))


def budget_up(instance: Instance) -> Floats:
    """[servers] at least what energy budgets leave for work, J; inf: no budget."""
    if instance.energy_budget_j is None:
        return np.full(instance.n_servers, np.inf)
    idle = below(mul_down(instance.servers.idle_w, instance.horizon_s))
    return np.maximum(sub_up(instance.energy_budget_j, idle), 0.0)


def closed_servers(instance: Instance) -> Bools:
    """[servers] whether idling alone breaks the energy budget by more than is forgiven."""
    if instance.energy_budget_j is None:
        return np.zeros(instance.n_servers, dtype=bool)
    idle = below(mul_down(instance.servers.idle_w, instance.horizon_s))
    return np.asarray(idle > mul_up(instance.energy_budget_j, 1 + FORGIVEN))
