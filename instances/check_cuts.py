"""Part of the checker: what the cuts of a plan mean, worked out from layers alone.

Like `instances.check` it shares no code with what it checks.
"""

from __future__ import annotations

import numpy as np

from instances.columns import Bools, Floats, Ints
from instances.dnn import Dnn
from instances.instance import Instance
from instances.plan import Plan

__all__ = ["CutFacts"]


class CutFacts:
    """What each cut of the plan means: its tensors, weights and times on each device and server."""

    def __init__(self, instance: Instance, plan: Plan) -> None:
        self.missing = [_missing_predecessors(instance.networks[c.network], c.on_device) for c in plan.cuts]
        self.upload_mbit = np.array([_crossing(instance.networks[c.network], c.on_device) for c in plan.cuts])
        self.remote_layers = np.array([int(np.sum(~c.on_device)) for c in plan.cuts])
        nets = [instance.networks[c.network] for c in plan.cuts]
        masks = [np.asarray(c.on_device, dtype=bool) for c in plan.cuts]
        self.device_mb = np.array([float(n.weight_mb[m].sum()) for n, m in zip(nets, masks, strict=True)])
        self.server_mb = np.array([float(n.weight_mb[~m].sum()) for n, m in zip(nets, masks, strict=True)])
        self.server_gflop = np.array([float(n.gflop[~m].sum()) for n, m in zip(nets, masks, strict=True)])
        self._nets, self._masks = nets, masks

    def time_s(self, cut: Ints, gflops: Floats, memory_gb_s: Floats, launch_s: Floats, *, on_device: bool) -> Floats:
        """[users] roofline time of the cut's layers on the given side; equal machines are computed once."""
        keys = np.column_stack([cut.astype(float), gflops, memory_gb_s, launch_s])
        unique, inverse = np.unique(keys, axis=0, return_inverse=True)
        times = np.zeros(len(unique))
        for r, (k, speed, memory, launch) in enumerate(unique):
            net, mask = self._nets[int(k)], self._masks[int(k)]
            layers = np.flatnonzero(mask if on_device else ~mask)
            compute_s, memory_s = net.gflop[layers] / speed, net.traffic_mb[layers] / 1000.0 / memory
            times[r] = np.where(compute_s > memory_s, compute_s, memory_s).sum() + launch * len(layers)
        return times[inverse.reshape(-1)]


def _missing_predecessors(net: Dnn, on_device: Bools) -> int:
    """Number of arcs that lead from a remote layer to a layer on the device."""
    return sum(1 for v in range(net.n_layers) if on_device[v]
               for p in net.predecessors[v] if p >= 0 and not on_device[p])  # fmt: skip


def _crossing(net: Dnn, on_device: Bools) -> float:
    """Mbit that cross from device to server; a tensor counts once however many layers read it."""
    sent = {p for v in range(net.n_layers) if not on_device[v] for p in net.predecessors[v]
            if p < 0 or on_device[p]}  # fmt: skip
    return float(sum(net.input_mbit if p < 0 else net.output_mbit[p] for p in sent))
