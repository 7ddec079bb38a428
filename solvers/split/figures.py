"""Latency, energy and longest stage of many placements at once."""

from __future__ import annotations

import numpy as np

from instances.columns import Bools, Floats, Ints
from instances.request import Request

__all__ = ["count_stages"]


def count_stages(request: Request, at: Ints) -> tuple[Floats, Floats, Floats, Bools]:
    """[k] latency, energy, longest stage, and whether machines, links, direction, memory and load caps allow it."""
    m, layers = request.n_machines, np.arange(request.n_layers)
    seconds, joules = request.time_s[at, layers], request.energy_j[at, layers].sum(axis=1)
    latency = seconds.sum(axis=1)
    busiest, fits = np.zeros(len(at)), np.ones(len(at), dtype=bool)
    highest = at.max(axis=1)
    for k in range(m):
        here = at == k
        fits &= (here * request.network.weight_mb).sum(axis=1) <= request.memory_mb[k]
        busy = np.where(here, seconds, 0.0).sum(axis=1)
        fits &= busy <= request.load_cap_s[k] * (1 + 1e-12)
        busiest = np.maximum(busiest, busy)
        used = (highest >= k) if request.route == "relay" else here.any(axis=1)
        latency, joules = latency + used * request.opening_s[k], joules + used * request.opening_j[k]
    for a in range(m):
        for b in range(m):
            if a == b:
                continue
            count, mbit, count_back, mbit_back = _traffic(request, at, a, b)
            if request.one_way and b < a:
                fits &= count == 0
            count, mbit = count + count_back, mbit + mbit_back
            if np.isinf(request.send_s_per_mbit[a, b]):
                fits &= count == 0
                continue
            air = mbit * request.send_s_per_mbit[a, b]
            busiest = np.maximum(busiest, air)
            latency = latency + air + count * request.hop_s[a, b]
            joules = joules + mbit * request.send_j_per_mbit[a, b]
    return latency, joules, busiest, fits & np.isfinite(latency)


def _traffic(request: Request, at: Ints, a: int, b: int) -> tuple[Ints, Floats, Ints, Floats]:
    """[k] tensors and Mbit sent from a to b, then those of the result."""
    net, relay = request.network, request.route == "relay"
    count, mbit = np.zeros(len(at), dtype=np.int64), np.zeros(len(at))
    if relay and abs(a - b) != 1:
        return count, mbit, count, mbit
    for tensor in range(-1, net.n_layers):
        readers = list(net.readers[tensor])
        if not readers:
            continue
        home = np.zeros(len(at), dtype=np.int64) if tensor < 0 else at[:, tensor]
        if not relay:
            sent = (home == a) & (at[:, readers] == b).any(axis=1)
        elif a < b:
            sent = (home <= a) & (at[:, readers].max(axis=1) >= b)
        else:
            sent = (home >= a) & (at[:, readers].min(axis=1) <= b)
        count = count + sent
        mbit = mbit + sent * float(net.input_mbit if tensor < 0 else net.output_mbit[tensor])
    last = at[:, [v for v in range(net.n_layers) if not net.readers[v]]]
    if relay:
        returned = (a > b) & (last.max(axis=1) >= a)
    else:
        returned = (b == 0) & (last == a).any(axis=1)
    back = returned.astype(np.int64)
    return count, mbit, back, back * float(net.result_mbit)
