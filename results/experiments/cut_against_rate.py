"""Where one network is cut as its radio gets faster: one user, one server, least energy and least latency."""

from __future__ import annotations

from typing import Any

import numpy as np

from instances.build import Link, Server, User, build
from instances.expand import expand
from results.experiment import experiment

DEVICE, RADIO, SERVER, DEADLINE_S = "phone", "wifi", "edge_gpu", 60.0
NETWORKS = ("alexnet", "vgg16", "squeezenet", "mobilenet_v2", "resnet50", "vit_b_16")


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
        table = expand(_instance(case["network"], float(rate)))
        costs = table.cost_j() if case["aim"] == "energy" else _latency(table)
        best = int(np.argmin(costs))
        net, on_device = table.cut_sets[0].network, table.on_device(best)
        kept.append(float(net.gflop[on_device].sum() / net.gflop.sum()))
        value.append(float(costs[best]))
        where.append(_last_layer(net.layers, on_device))
    return {"rate_mbps": [float(r) for r in rates], "kept": kept, "value": value, "last_layer": where}


def _last_layer(layers: tuple[str, ...], on_device: Any) -> str:
    return layers[int(np.flatnonzero(on_device)[-1])] if on_device.any() else "input"


def _latency(table: Any) -> Any:
    fastest = table.device_s / table.clock_max[table.user]
    return fastest + table.uplink_s + table.server_s + table.fixed_s


def _instance(network: str, rate_mbps: float) -> Any:
    """A phone beside an edge GPU on a 20 MHz WiFi channel; the deadline is far off, so energy alone decides."""
    link = Link("edge", uplink_mbps=rate_mbps, download_mbps=rate_mbps, round_trip_s=0.005)
    user = User("u", network=network, device=DEVICE, radio=RADIO, deadline_s=DEADLINE_S, links=[link])
    return build([user], [Server("edge", model=SERVER, bandwidth_mhz=20.0)], server_energy_weight=0.0)
