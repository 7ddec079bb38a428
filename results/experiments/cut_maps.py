"""Maps of the best cut of one user over the rate of its uplink and the speed of its device, for networks and aims."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from instances import physics
from instances.build import Device, Link, Server, User, build
from instances.catalog import devices
from instances.expand import expand
from instances.options import OptionTable
from results.experiment import experiment

DEVICE, RADIO, SERVER = "phone", "nr_5g", "edge_gpu"
NETWORKS = ("alexnet", "vgg16", "resnet50", "squeezenet1_1", "mobilenet_v2", "efficientnet_b0")
SPEEDS, RATES_MBPS = (0.1, 10.0), (0.1, 1000.0)
"""Ends of the axes; speeds are multiples of the phone's."""


def cases(quick: bool) -> list[dict[str, Any]]:
    """Networks × aims; every case sweeps both axes."""
    networks, speeds, rates = (NETWORKS[:2], 5, 9) if quick else (NETWORKS, 25, 49)
    return [{"network": n, "aim": a, "speeds": speeds, "rates": rates} for n in networks for a in ("latency", "energy")]


@experiment("cut_maps", cases)
def run(case: dict[str, Any]) -> dict[str, Any]:
    """Lists over all points, speed by speed: part of the FLOPs that the best cut keeps on the device."""
    speeds, rates = np.geomspace(*SPEEDS, case["speeds"]), np.geomspace(*RATES_MBPS, case["rates"])
    points: list[dict[str, float]] = []
    for speed in speeds:
        table = _options(case["network"], float(speed))
        kept = _kept(table)
        for rate in rates:
            costs = _costs(table, float(rate), case["aim"])
            points.append({"speed": round(float(speed), 4), "rate_mbps": round(float(rate), 4),
                           "kept": round(float(kept[np.argmin(costs)]), 4)})  # fmt: skip
    return {name: [point[name] for point in points] for name in points[0]}


def _options(network: str, speed: float) -> OptionTable:
    """A phone of another speed (its power in proportion, so that a FLOP costs the same energy), at 1 Mbit/s."""
    model = devices()[DEVICE]
    device = Device(f"{DEVICE} × {speed:.3g}", gflops=model.gflops * speed, memory_gb_s=model.memory_gb_s * speed,
                    launch_s=model.launch_s / speed, kappa=model.kappa * speed, model=DEVICE)  # fmt: skip
    link = Link("edge", uplink_mbps=1.0, download_mbps=1000.0, round_trip_s=0.005)
    user = User("u", network=network, device=device, radio=RADIO, deadline_s=1e9, links=[link])
    return expand(build([user], [Server("edge", model=SERVER, bandwidth_mhz=20.0)], server_energy_weight=0.0))


def _kept(table: OptionTable) -> Any:
    net = table.cut_sets[0].network
    return np.array([net.gflop[table.on_device(o)].sum() / net.gflop.sum() for o in range(len(table))])


def _costs(table: OptionTable, rate_mbps: float, aim: str) -> Any:
    """[options] energy with the deadline that the phone alone would need, or latency at the fastest clock."""
    table = dataclasses.replace(table, uplink_mhz_s=table.uplink_mhz_s / rate_mbps)
    if aim == "energy":
        return dataclasses.replace(table, deadline_s=table.device_s[table.is_local]).cost_j()
    fastest = table.clock_max[table.user]
    return physics.latency_s(table.device_s, fastest, table.uplink_s, 1.0, table.server_s, 1.0, table.fixed_s)
