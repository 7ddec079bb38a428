"""Pairs of cuts: what stays on the device, and what a server passes on to its cloud."""

from __future__ import annotations

import dataclasses

import numpy as np

from instances import physics
from instances.columns import Bools, Floats
from instances.cuts import enumerate_cuts
from instances.errors import InputError
from instances.instance import Instance
from instances.variants import Mode
from instances.ways import Ways, all_ways, in_time, undominated

__all__ = ["MOST_CUTS", "Beyond", "PairsOfCuts", "layer_s"]

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


class PairsOfCuts:
    """Every pair of a cut of a mode and a second cut behind it, what servers with a cloud are asked for.

    The second cut may be the first (the server computes nothing) or keep everything (nothing is passed on).

    Args:
        mode: what is run.
        plain: its efficient ways: without a second cut, no other first cuts are needed.
        rule: deadline rule.

    Raises:
        InputError: the network has more than `MOST_CUTS` cuts.
    """

    def __init__(self, mode: Mode, plain: Ways, rule: str) -> None:
        self._cuts = cuts = enumerate_cuts(mode.runs).on_device
        if len(cuts) > MOST_CUTS:
            what, why = f"has {len(cuts)} cuts", f"{MOST_CUTS} are the limit for pairs"
            raise InputError(f"networks[{mode.runs.name}]", what, why,
                             "merge layers that no cut should part, or take servers without a cloud")  # fmt: skip
        inside = (cuts.astype(np.float32) @ (~cuts).T.astype(np.float32)) == 0
        whole = len(cuts) - 1  # the last row keeps every layer
        inside[whole] = False
        efficient = {row.tobytes() for row in plain.on_device}
        inside[:, whole] &= np.array([row.tobytes() in efficient for row in cuts])
        self._first, self._second = (rows.astype(np.int64) for rows in np.nonzero(inside))
        # All that a second cut decides follows from one cut each: of the first, and of the second in its place.
        self._alone = all_ways(mode, cuts, ~cuts, rule)

    def at(self, instance: Instance, server: int) -> tuple[Bools, Bools]:
        """Layers on the device and layers passed on, each [n, layers], of the pairs for a server.

        Without pairs that one with the same first cut beats in all that the second one changes: server time and memory,
        energy taken there, fixed time, cost, accuracy (docs/theory.md, P19b).
        """
        cuts, alone, first, second = self._cuts, self._alone, self._first, self._second
        beyond = Beyond.of(instance, alone, int(instance.cloud_of[server]))
        s, net, remote = instance.servers, alone.network, ~cuts
        layer = layer_s(alone.mode, s.gflops[server], s.memory_gb_s[server], s.launch_s[server])
        timed_s = remote @ (layer * in_time(net, instance.deadline_rule))
        if instance.tariff is None:
            price = instance.server_energy_weight * float(s.j_per_gflop[server]) * alone.cloud_gflop
        else:
            price = instance.tariff.per_server_s[server] * (remote @ (layer * net.run_probability))
        weights = remote @ net.weight_mb
        energy = alone.cloud_gflop if instance.energy_budget_j is not None else np.zeros(len(cuts))
        amounts = np.column_stack([
            timed_s[first] - timed_s[second],
            weights[first] - weights[second],
            energy[first] - energy[second],
            beyond.fixed_s[second],
            price[first] - price[second] + beyond.served[second],
            -np.minimum(alone.accuracy[first], alone.accuracy[second]),
        ])  # fmt: skip
        kept = undominated(first, amounts)
        return cuts[first[kept]], remote[second[kept]]
