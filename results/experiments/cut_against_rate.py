"""Where one network is cut as its radio gets faster: one user, one server, least energy and least latency."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from instances import physics
from instances.build import Link, Server, User, build
from instances.columns import Bools, Floats
from instances.expand import expand
from instances.options import OptionTable
from results.experiment import experiment

DEVICE, RADIO, SERVER = "phone", "nr_5g", "edge_gpu"
NETWORKS = ("vgg16", "alexnet", "squeezenet1_1", "mobilenet_v2", "mobilenet_v3_small", "efficientnet_b0")


def cases(quick: bool) -> list[dict[str, Any]]:
    """Networks × aims; every case sweeps the rate."""
    networks = NETWORKS[:2] if quick else NETWORKS
    return [{"network": n, "aim": a, "steps": 25 if quick else 121} for n in networks for a in ("energy", "latency")]


@experiment("cut_against_rate", cases)
def run(case: dict[str, Any]) -> dict[str, Any]:
    """Best cut of one user at every rate: part of the FLOPs kept on the device, and what the cut costs."""
    rates = np.logspace(-1, 3, case["steps"])
    kept, value, where = [], [], []
    for rate in rates:
        table = _options(case["network"], float(rate))
        costs = table.cost_j() if case["aim"] == "energy" else _latency_s(table)
        best = int(np.argmin(costs))
        net, on_device = table.cut_sets[0].network, table.on_device(best)
        kept.append(float(net.gflop[on_device].sum() / net.gflop.sum()))
        value.append(float(costs[best]))
        where.append(_last_layer(net.layers, on_device))
    return {"rate_mbps": [float(r) for r in rates], "kept": kept, "value": value, "last_layer": where}


def _options(network: str, rate_mbps: float) -> OptionTable:
    """A phone with a 5G radio beside an edge GPU; the deadline is what the phone alone takes at its nominal clock."""
    link = Link("edge", uplink_mbps=rate_mbps, download_mbps=rate_mbps, round_trip_s=0.005)
    user = User("u", network=network, device=DEVICE, radio=RADIO, deadline_s=1e6, links=[link])
    table = expand(build([user], [Server("edge", model=SERVER, bandwidth_mhz=20.0)], server_energy_weight=0.0))
    return dataclasses.replace(table, deadline_s=table.device_s[table.is_local])


def _last_layer(layers: tuple[str, ...], on_device: Bools) -> str:
    return layers[int(np.flatnonzero(on_device)[-1])] if on_device.any() else "input"


def _latency_s(table: OptionTable) -> Floats:
    fastest = table.clock_max[table.user]
    return physics.latency_s(table.device_s, fastest, table.uplink_s, 1.0, table.server_s, 1.0, table.fixed_s)
