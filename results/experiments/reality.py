"""The reality check: networks split over two processes and a rate-limited socket, measured beside the model.

One case a network: its layers are timed in the device's process, then three cuts are run at three rates. The model's
prediction takes nothing else from the run: measured layer times, bytes that cross over the rate, an empty round trip.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from instances.cuts import enumerate_cuts
from instances.measure import measure_layers
from instances.processor import processor_name, runtime_name
from results.experiment import experiment
from results.reality import Cut, SplitRun, cuts_by_time, open_split_run, predict_s

__all__ = ["NAME", "run"]

NAME = "reality"
NETWORKS = ("mobilenet_v2", "resnet18", "googlenet", "squeezenet1_1")
PARTS = (0.25, 0.5, 0.75)
"""Parts of the network's time that the cuts keep on the device, about."""
RATES = (10.0, 40.0, 160.0)
"""Mbit/s."""
UPLOAD_LIMIT_MBIT = 7.0
"""No cut that sends more is run: at the lowest rate it would take most of a second, and test nothing but the pacing."""
REPEATS, LAYER_REPEATS = 9, 15
STAGES = ("total_s", "quiet_s", "device_s", "pack_s", "upload_s", "server_s", "return_s")


def cases(quick: bool) -> list[dict[str, Any]]:
    """Networks; each case sweeps cuts and rates."""
    return [{"network": name, "repeats": 3 if quick else REPEATS} for name in (NETWORKS[:1] if quick else NETWORKS)]


@experiment(NAME, cases)
def run(case: dict[str, Any]) -> dict[str, Any]:
    """Medians of every cut and rate, one entry of each list: predicted and measured latency with their stages."""
    with open_split_run(case["network"]) as there:
        network = there.runnable.network
        layer_s = measure_layers(there.runnable, repeats=LAYER_REPEATS).layer_s
        round_trip_s = there.round_trip_s()
        cuts = enumerate_cuts(network)
        entries = []
        for row in cuts_by_time(cuts, layer_s, PARTS, UPLOAD_LIMIT_MBIT):
            kept = tuple(int(j) for j in np.flatnonzero(cuts.on_device[row]))
            crossing = there.cut(Cut(kept, float(cuts.upload_mbit[row])))
            for rate in RATES:
                told = predict_s(cuts, int(row), layer_s, rate, round_trip_s)
                entries.append(_entry(there, network.layers[kept[-1]], crossing, rate, told, case["repeats"]))
    columns = {name: [entry[name] for entry in entries] for name in entries[0]}
    return {**columns, "processor": processor_name(), "runtime": runtime_name(), "threads": 1}


def _entry(
    there: SplitRun, last_layer: str, crossing: int, rate: float, told: dict[str, float], repeats: int
) -> dict[str, Any]:
    samples = there.measure(rate, repeats)
    medians = {f"measured_{name}": float(np.median(samples[name])) for name in STAGES}
    predictions = {f"predicted_{name}": value for name, value in told.items()}
    return {
        "last_layer": last_layer,
        "crossing_bytes": crossing,
        "rate_mbps": rate,
        **predictions,
        **medians,
        "measured_best_s": float(np.min(samples["total_s"])),
    }
