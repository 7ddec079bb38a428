"""Pairs of cuts: what stays on the device, and what a server passes on to its cloud."""

from __future__ import annotations

import dataclasses

import numpy as np

from instances import physics
from instances.columns import Bools, Floats, Ints
from instances.cuts import enumerate_cuts
from instances.errors import InputError
from instances.instance import Instance
from instances.variants import Mode
from instances.ways import Ways, all_ways, efficient_ways, in_time, undominated

__all__ = ["MOST_CUTS", "Beyond", "layer_s", "pairs_of_cuts"]

MOST_CUTS = 4_000
"""Cuts of a network whose pairs are looked at, at most."""


@dataclasses.dataclass(frozen=True)
class Beyond:
    """What passing on adds, for ways of one mode [n]: ``fixed_s`` s, and ``served`` in the problem's unit."""

    fixed_s: Floats
    served: Floats

    @classmethod
    def of(cls, instance: Instance, ways: Ways, cloud: int) -> Beyond:
        """For the cloud in row ``cloud``. Time that no decision changes: the hop and computing there."""
        c, net = instance.clouds, ways.network
        layer = layer_s(ways.mode, c.gflops[cloud], c.memory_gb_s[cloud], c.launch_s[cloud])
        computing_s = ways.passed_on @ (layer * in_time(net, instance.deadline_rule))
        moved_s = (ways.lift_mbit + net.result_mbit * ways.lift_reach) / c.backhaul_mbps[cloud]
        fixed_s = c.round_trip_s[cloud] * ways.lift_reach + moved_s + computing_s
        if instance.tariff is None:
            served = instance.server_energy_weight * c.j_per_gflop[cloud] * ways.cloud_gflop
        else:
            busy_s = ways.passed_on @ (layer * net.run_probability)
            served = c.per_s[cloud] * busy_s + c.per_mbit[cloud] * ways.expected_lift_mbit
        return cls(np.asarray(fixed_s), np.asarray(served))


def layer_s(mode: Mode, gflops: float, memory_gb_s: float, launch_s: float) -> Floats:
    """[layers] s of each layer on a machine, when it runs."""
    return physics.layer_time_s(mode.runs.gflop, mode.runs.traffic_mb, gflops, memory_gb_s, launch_s)


def pairs_of_cuts(instance: Instance, mode: Mode, server: int) -> tuple[Bools, Bools]:
    """Layers on the device and layers passed on, each [n, layers], of the ways that a server with a cloud is asked for.

    Every pair of a cut and a second cut behind it (perhaps the same: the server computes nothing; perhaps none: nothing
    is passed on), without pairs that one with the same first cut beats in all that the second one changes: server time
    and memory, energy taken there, fixed time, cost, accuracy (docs/theory.md, P19b).

    Raises:
        InputError: the network has more than `MOST_CUTS` cuts.
    """
    cuts = enumerate_cuts(mode.runs).on_device
    if len(cuts) > MOST_CUTS:
        raise InputError(f"networks[{mode.runs.name}]", f"has {len(cuts)} cuts", f"pairs of {MOST_CUTS} are the limit",
                         "merge parallel layers that no cut should part, or take servers without a cloud")  # fmt: skip
    first, second = _pairs(mode, cuts, instance.deadline_rule)
    # All that a second cut decides follows from one cut each: of the first, and of the second in its place.
    alone = all_ways(mode, cuts, ~cuts, instance.deadline_rule)
    beyond = Beyond.of(instance, alone, int(instance.cloud_of[server]))
    s, net = instance.servers, mode.runs
    layer = layer_s(mode, s.gflops[server], s.memory_gb_s[server], s.launch_s[server])
    timed_s = ~cuts @ (layer * in_time(net, instance.deadline_rule))
    if instance.tariff is None:
        rate = instance.server_energy_weight * float(s.j_per_gflop[server])
        kept_cost = rate * (~cuts @ (net.gflop * net.run_probability))
    else:
        kept_cost = instance.tariff.per_server_s[server] * (~cuts @ (layer * net.run_probability))
    amounts = np.column_stack([
        timed_s[first] - timed_s[second],
        (~cuts @ net.weight_mb)[first] - (~cuts @ net.weight_mb)[second],
        alone.cloud_gflop[first] - alone.cloud_gflop[second],  # at the server: what J-A's energy budgets count
        beyond.fixed_s[second],
        kept_cost[first] - kept_cost[second] + beyond.served[second],
        -np.minimum(alone.accuracy[first], alone.accuracy[second]),
    ])  # fmt: skip
    if instance.energy_budget_j is None:
        amounts[:, 2] = 0.0
    kept = undominated(first, amounts)
    return cuts[first[kept]], ~cuts[second[kept]]


def _pairs(mode: Mode, cuts: Bools, rule: str) -> tuple[Ints, Ints]:
    """Rows of first and second cuts; without a second one, only efficient first cuts are needed."""
    inside = (cuts.astype(np.float32) @ (~cuts).T.astype(np.float32)) == 0
    whole = len(cuts) - 1  # the last row keeps every layer
    inside[whole] = False
    efficient = {row.tobytes() for row in efficient_ways(mode, rule).on_device}
    inside[:, whole] &= np.array([row.tobytes() in efficient for row in cuts])
    first, second = np.nonzero(inside)
    return first.astype(np.int64), second.astype(np.int64)
