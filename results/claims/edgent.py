"""Edgent: exit and cut chosen together, for the most accurate answer in time."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np

from instances.accuracy import with_accuracy
from instances.build import Variant
from instances.cuts import enumerate_cuts
from instances.dnn import Dnn
from instances.exits import Exit, truncated
from instances.instance import Instance
from instances.physics import layer_time_s
from results.claims.registry import Finding, claim
from results.single_user import one_user
from solvers import solve
from solvers.bandwidth_map import map_bandwidth

SOURCE = "Li, Zhou and Chen, MECOMM 2018, arXiv:1806.07840; Li et al., IEEE TWC 2020"
DEVICE, SERVER = "raspberry_pi_3b", "edge_cpu_8core"
PLACES = ("features.0", "features.3", "features.6", "features.10")
ACCURACY = (0.25, 0.36, 0.45, 0.52)
"""Of the four exits before the end [assumed: ours are heads on ImageNet's AlexNet, theirs were trained on CIFAR-10]."""
RATES_MBPS = (0.05, 0.2, 0.5, 1.0, 1.5, 5.0, 20.0)
DEADLINES_S = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0)


def branchy_alexnet() -> tuple[Dnn, list[Variant]]:
    """AlexNet, and a shorter version for each of four exits: five ways to answer, as in the paper."""
    whole = with_accuracy("alexnet")
    short = [truncated(whole, Exit(place, 1.0, right)) for place, right in zip(PLACES, ACCURACY, strict=True)]
    return whole, [Variant(net.name, whole, float(net.accuracy or 0.0), runs=net) for net in short]


def instance_at(mbps: float, deadline_s: float) -> Instance:
    """Their setting with our machines: a Raspberry Pi and an edge server."""
    whole, shorter = branchy_alexnet()
    return one_user(whole, DEVICE, SERVER, mbps=mbps, round_trip_s=0.002, deadline_s=deadline_s, variants=shorter,
                    problem="J-Q")  # fmt: skip


def best_by_scan(instance: Instance) -> float:
    """Most accurate (exit, cut) in time, by going through all of them layer by layer; −1 when none is."""
    best, s, d = -1.0, instance.servers, instance.devices
    own = [instance.networks[0], *(instance.networks[int(g)] for g in instance.variants.runs)]
    for net, right in zip(own, [own[0].accuracy, *instance.variants.accuracy.tolist()], strict=True):
        device_s = layer_time_s(net.gflop, net.traffic_mb, d.gflops[0], d.memory_gb_s[0], d.launch_s[0])
        server_s = layer_time_s(net.gflop, net.traffic_mb, s.gflops[0], s.memory_gb_s[0], s.launch_s[0])
        cuts = enumerate_cuts(net)
        for on_device, mbit in zip(cuts.on_device, cuts.upload_mbit, strict=True):
            took = device_s[on_device].sum() / d.clock_max[0] + server_s[~on_device].sum()
            took += 0.0 if on_device.all() else mbit / s.bandwidth_mhz[0] + instance.links.round_trip_s[0]
            if took <= instance.users.deadline_s[0] * (1 + 1e-9):
                best = max(best, float(right or 0.0))
    return best


@claim(
    "edgent.joint_search",
    system="Edgent",
    says="exit and cut are chosen together for the most accurate answer within the deadline, by search",
    source=SOURCE,
    evidence="abstract",
    published="–",
    measures="largest difference in accuracy between `exact` on J-Q and a scan of all exits and cuts (42 cases)",
    tolerance="1e-6",
)
def joint_search() -> Finding:
    """Largest difference in accuracy."""
    worst = 0.0
    for mbps, deadline in itertools.product(RATES_MBPS, DEADLINES_S):
        instance = instance_at(mbps, deadline)
        got = solve(instance, "exact")
        found = 1.0 - got.objective_j if got.valid else -1.0
        worst = max(worst, abs(found - best_by_scan(instance)))
    if worst <= 1e-6:
        return Finding(worst, "accuracy", "reproduced")
    return Finding(worst, "accuracy", "not reproducible", "the two searches disagree")


@claim(
    "edgent.later_exits",
    system="Edgent",
    says="with more bandwidth, and with looser deadlines, later exits are chosen",
    source=SOURCE,
    evidence="abstract, figures unverified",
    published="–",
    measures="different exits chosen over 7 rates and 6 deadlines, from the exact map of bandwidths to plans",
    tolerance="at least 3 exits, never an earlier one for more bandwidth or a looser deadline",
)
def later_exits() -> Finding:
    """Number of exits in use."""
    chosen = []
    for deadline in DEADLINES_S:
        found = map_bandwidth(instance_at(1.0, deadline))
        options = [found.option_at(mbps) for mbps in RATES_MBPS]
        chosen.append([1.0 - float(found.table.fixed_j[o]) if o >= 0 else 0.0 for o in options])
    right = np.array(chosen)
    exits = float(len(set(right[right > 0].tolist())))
    if exits >= 3 and (np.diff(right, axis=0) >= 0).all() and (np.diff(right, axis=1) >= 0).all():
        return Finding(exits, "exits", "trend", "accuracies of the exits are assumed; machines are the catalogue's")
    return Finding(exits, "exits", "not reproducible", "fewer than three exits are ever chosen, or earlier ones later")


def without_shorter(instance: Instance) -> Instance:
    """The same without exits: only the cut is left to choose."""
    return instance.replace(variants=dataclasses.replace(instance.variants.take(np.zeros(0, dtype=np.int64))))


@claim(
    "edgent.meets_deadlines",
    system="Edgent",
    says="choosing exit and cut meets deadlines that choosing the cut alone misses",
    source=SOURCE,
    evidence="abstract",
    published="–",
    measures="share of (rate, deadline) cases that only the joint choice meets",
    tolerance="more than none, and none the other way round",
)
def meets_deadlines() -> Finding:
    """Share of cases met by the joint choice alone, %."""
    cases = [instance_at(m, t) for m, t in itertools.product(RATES_MBPS, DEADLINES_S)]
    joint = np.array([solve(i, "exact").valid for i in cases])
    alone = np.array([solve(without_shorter(i), "exact").valid for i in cases])
    gained = 100 * float((joint & ~alone).mean())
    if gained > 0 and not (alone & ~joint).any():
        return Finding(gained, "%", "trend", "our cases; the paper's curves were not read")
    return Finding(gained, "%", "not reproducible", "the cut alone meets every deadline")
