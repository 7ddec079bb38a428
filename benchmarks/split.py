"""Speed of one split: every catalogue network by each fast splitter, and the largest network against the MILP.

For each network the slowest of four rates; `fastest` is the best of the repeats, less of it the machine's other work.
Structures (graphs, lists of cuts) are kept for each network and built before the clock starts; their time is given too.
"""

from __future__ import annotations

import math
import statistics
import time
from typing import Any

import numpy as np

from benchmarks.measure import seconds, store
from formulations.split import SPLIT_FORMULATIONS
from instances.dnn import Dnn, load_network, network_names
from instances.nasnet import nasnet_a_large
from instances.request import Request
from instances.request_costs import Goal
from solvers import Limits
from solvers.split import SPLITTERS, split

FAST = ("scan", "min_cut", "qdmp")
RATES_MBPS = (1.1, 5.85, 18.88, 100.0)
REPEATS = 15
REFEREES = ("split_cut", "split_milp", "min_cut_networkx")


def _request(network: Dnn, mbps: float) -> Request:
    return Request.from_catalog(network, "jetson_tx2_cpu", "edge_gpu", "wifi", up_mbps=mbps, round_trip_s=0.01)


def _time(name: str, request: Request) -> tuple[list[float], float]:
    """[repeats] s of the splitter alone, and its value."""
    chosen, goal, rng = SPLITTERS[name], Goal.latency(), np.random.default_rng(0)
    limits = Limits(gap=1e-9)
    value = split(request, name, goal, limits=limits).value
    return seconds(lambda: chosen.split(request, goal, limits=limits, rng=rng), REPEATS), value


def _row(network: Dnn) -> dict[str, Any]:
    row: dict[str, Any] = {"network": network.name, "layers": network.n_layers}
    values: dict[float, set[float]] = {}
    for name in FAST:
        if SPLITTERS[name].supports(_request(network, 1.0), Goal.latency()) is not None:
            row[f"{name}_ms"] = None
            continue
        begin = time.perf_counter()
        split(_request(network, 1.0), name)
        row[f"{name}_first_ms"] = round(1e3 * (time.perf_counter() - begin), 2)
        medians, fastest = [], []
        for mbps in RATES_MBPS:
            times, value = _time(name, _request(network, mbps))
            medians.append(statistics.median(times))
            fastest.append(min(times))
            values.setdefault(mbps, set()).add(round(value, 9))
        row[f"{name}_ms"] = round(1e3 * max(medians), 3)
        row[f"{name}_fastest_ms"] = round(1e3 * max(fastest), 3)
    row["best_ms"] = min(row[f"{name}_ms"] for name in FAST if row[f"{name}_ms"] is not None)
    row["splitters_agree"] = all(max(v) - min(v) <= 1e-8 for v in values.values())
    return row


def _largest() -> dict[str, Any]:
    network = nasnet_a_large()
    found: dict[str, Any] = {"network": network.name, "layers": network.n_layers, "rates": []}
    for mbps in RATES_MBPS:
        request = _request(network, mbps)
        times, value = _time("min_cut", request)
        row: dict[str, Any] = {"mbps": mbps, "value_s": value, "min_cut_ms": round(1e3 * statistics.median(times), 3),
                               "min_cut_fastest_ms": round(1e3 * min(times), 3)}  # fmt: skip
        building = min(seconds(lambda r=request: SPLIT_FORMULATIONS["split_milp"].build(r, Goal.latency()), 3))
        row["split_milp_build_ms"] = round(1e3 * building, 1)
        for name in REFEREES:
            result = split(request, name, Goal.latency(), limits=Limits(gap=1e-9, time_s=120))
            row[f"{name}_ms"] = round(1e3 * result.solve_s, 1)
            row[f"{name}_times_slower"] = round(result.solve_s / statistics.median(times), 1)
            assert math.isclose(result.value, value, rel_tol=1e-6), f"{name} and min_cut differ"
        found["rates"].append(row)
    return found


def main() -> None:
    """Measure, print and store."""
    rows = [_row(load_network(name)) for name in network_names()] + [_row(nasnet_a_large())]
    store("split", {
        "requests": "jetson_tx2_cpu, edge_gpu, rates in Mbit/s", "rates": RATES_MBPS, "repeats": REPEATS,
        "worst_best_ms": max(row["best_ms"] for row in rows),
        "worst_min_cut_ms": max(row["min_cut_ms"] for row in rows),
        "networks": rows, "largest": _largest(),
    })  # fmt: skip


if __name__ == "__main__":
    main()
