"""Part of the checker: what the cuts of a plan mean, worked out from layers alone.

Like `instances.check` it shares no code with what it checks.
"""

from __future__ import annotations

import numpy as np

from instances.columns import Bools, Floats, Ints
from instances.dnn import Dnn
from instances.instance import Instance
from instances.plan import Cut, Plan

__all__ = ["CutFacts"]


class CutFacts:
    """What each cut of the plan means: its tensors, weights and times on each device, server and cloud.

    ``upload_mbit``, ``reach`` (how likely anything remote runs), ``lift_mbit`` and ``lift_reach`` (the same between a
    server and its cloud): as deadlines count them; with ``expected`` in the name as energy and money do.
    """

    def __init__(self, instance: Instance, plan: Plan) -> None:
        cuts = plan.cuts
        self._nets = nets = [_network_of(instance, c) for c in cuts]
        self._worst = instance.deadline_rule == "worst"
        device = [np.asarray(c.on_device, dtype=bool) for c in cuts]
        cloud = [np.zeros(len(d), dtype=bool) if c.passed_on is None else np.asarray(c.passed_on, dtype=bool)
                 for c, d in zip(cuts, device, strict=True)]  # fmt: skip
        server = [~(d | u) for d, u in zip(device, cloud, strict=True)]
        self._sides = {"device": device, "server": server, "cloud": cloud}
        self.missing = [_missing_predecessors(n, d) for n, d in zip(nets, device, strict=True)]
        self.overlap = [int(np.sum(d & u)) for d, u in zip(device, cloud, strict=True)]
        self.returning = [_missing_predecessors(n, ~u) for n, u in zip(nets, cloud, strict=True)]
        self.remote_layers = np.array([int(np.sum(~d)) for d in device])
        self.cloud_layers = np.array([int(np.sum(u)) for u in cloud])
        sizes = [_sizes(instance, c, n) for c, n in zip(cuts, nets, strict=True)]
        timed = [np.ones(n.n_layers) if self._worst else n.run_probability for n in nets]
        likely = [n.run_probability for n in nets]
        for name, sides in (("upload", [~d for d in device]), ("lift", cloud)):
            for word, chances in (("", timed), ("expected_", likely)):
                moved = [_crossing(n, s, z, p) for n, s, z, p in zip(nets, sides, sizes, chances, strict=True)]
                reach = [float(max((p[s]), default=0.0)) for s, p in zip(sides, chances, strict=True)]
                setattr(self, f"{word}{name}_mbit", np.array(moved))
                setattr(self, f"{word}{name}_reach", np.array(reach))
        self.result_mbit = np.array([n.result_mbit for n in nets])
        self.device_mb = np.array([float(n.weight_mb[m].sum()) for n, m in zip(nets, device, strict=True)])
        self.server_mb = np.array([float(n.weight_mb[m].sum()) for n, m in zip(nets, server, strict=True)])
        self.server_gflop = np.array([_work(n, m) for n, m in zip(nets, server, strict=True)])
        self.cloud_gflop = np.array([_work(n, m) for n, m in zip(nets, cloud, strict=True)])
        self.accuracy = np.array([_accuracy(instance, c, n, d, u)
                                  for c, n, d, u in zip(cuts, nets, device, cloud, strict=True)])  # fmt: skip

    upload_mbit: Floats
    upload_reach: Floats
    expected_upload_mbit: Floats
    expected_upload_reach: Floats
    lift_mbit: Floats
    lift_reach: Floats
    expected_lift_mbit: Floats
    expected_lift_reach: Floats

    def time_s(
        self, cut: Ints, gflops: Floats, memory_gb_s: Floats, launch_s: Floats, side: str, *, expected: bool
    ) -> Floats:
        """[users] roofline time of the cut's layers on a side; equal machines are computed once.

        ``side``: device, server or cloud. ``expected``: as energy counts it, else as deadlines do.
        """
        keys = np.column_stack([cut.astype(float), gflops, memory_gb_s, launch_s])
        unique, inverse = np.unique(keys, axis=0, return_inverse=True)
        times = np.zeros(len(unique))
        for r, (k, speed, memory, launch) in enumerate(unique):
            net, layers = self._nets[int(k)], np.flatnonzero(self._sides[side][int(k)])
            compute_s, memory_s = net.gflop[layers] / speed, net.traffic_mb[layers] / 1000.0 / memory
            each = np.where(compute_s > memory_s, compute_s, memory_s) + launch
            times[r] = each.sum() if self._worst and not expected else (each * net.run_probability[layers]).sum()
        return times[inverse.reshape(-1)]


def _network_of(instance: Instance, cut: Cut) -> Dnn:
    """What runs: the variant's network, or the user's own."""
    row = cut.network if cut.variant == -1 else int(instance.variants.runs[cut.variant])
    return instance.networks[row]


def _missing_predecessors(net: Dnn, on_device: Bools) -> int:
    """Number of arcs that lead from a remote layer to a layer on the device."""
    return sum(1 for v in range(net.n_layers) if on_device[v]
               for p in net.predecessors[v] if p >= 0 and not on_device[p])  # fmt: skip


def _sizes(instance: Instance, cut: Cut, net: Dnn) -> list[float]:
    """Mbit of each layer's tensor when it is sent; the input's last, so that −1 is its place."""
    own, others = 1.0, 1.0
    if cut.variant >= 0:
        own, others = instance.variants.input_factor[cut.variant], instance.variants.upload_factor[cut.variant]
    return [*(float(mbit * others) for mbit in net.output_mbit), float(net.input_mbit * own)]


def _sent(net: Dnn, away: Bools, chances: Floats) -> dict[int, float]:
    """Tensors that layers ``away`` read from elsewhere, each with the chance of its likeliest reader among them."""
    sent: dict[int, float] = {}
    for v in range(net.n_layers):
        if away[v]:
            for p in net.predecessors[v]:
                if p < 0 or not away[p]:
                    sent[p] = max(sent.get(p, 0.0), float(chances[v]))
    return sent


def _crossing(net: Dnn, away: Bools, sizes: list[float], chances: Floats) -> float:
    """Mbit that are sent to some layers; a tensor counts once however many layers read it."""
    return float(sum(sizes[p] * chance for p, chance in _sent(net, away, chances).items()))


def _work(net: Dnn, layers: Bools) -> float:
    """Expected GFLOP of some layers."""
    return float((net.gflop[layers] * net.run_probability[layers]).sum())


def _accuracy(instance: Instance, cut: Cut, net: Dnn, device: Bools, cloud: Bools) -> float:
    """Accuracy of a cut; 1 where its network does not say."""
    if cut.variant == -1:
        return 1.0 if net.accuracy is None else net.accuracy
    loss = instance.variants.loss[cut.variant]
    everywhere = np.ones(net.n_layers)
    sent = {**_sent(net, ~device, everywhere), **_sent(net, cloud, everywhere)}
    worst = max((float(loss[p]) for p in sent), default=0.0) if len(loss) else 0.0
    return float(instance.variants.accuracy[cut.variant]) - worst
