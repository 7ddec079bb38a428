"""Switching paths and Pareto fronts of every catalogue network: median processor time, how many points fronts have.

A phone and an edge GPU over WiFi; the structure of a network's graph is built once (`structure_ms`) and kept. Time is
the processor's, all threads together: wall time of milliseconds says little on a machine that others use too.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable

from benchmarks.measure import store
from formulations.split import layered
from instances.dnn import Dnn, load_network, network_names
from instances.errors import InputError
from instances.nasnet import nasnet_a_large
from instances.networks_generated import GENERATED, generated_network
from instances.request import Request
from solvers.split import Goal, get_splitter, split
from solvers.split.front import front_of_switching, pareto_front

REPEATS = 15


def _ms(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median processor time, ms."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return 1e3 * statistics.median(times)


def measure(net: Dnn) -> dict[str, object]:
    """Median ms of each way to split one network."""
    request = Request.from_catalog(net, "phone", "edge_gpu", "wifi", server_weight=0.0)
    both = request.replace(one_way=False)
    row: dict[str, object] = {"network": net.name, "layers": net.n_layers}
    row["front_one_way_ms"] = _ms(lambda: pareto_front(request))
    row["points_one_way"] = len(pareto_front(request))
    row["switching_milp_ms"] = _ms(lambda: split(both, "switching_milp"), 3)
    start = time.process_time()
    try:
        row["arcs"] = layered.layered_structure(both).n_arcs
    except InputError as error:
        return {**row, "switching_path": str(error)}
    row["structure_ms"] = 1e3 * (time.process_time() - start)
    fast = split(both, "switching_path")
    frugal = split(both, "switching_path", Goal.energy())
    assert fast.report is not None and frugal.report is not None
    tight = both.replace(deadline_s=(fast.report.latency_s + frugal.report.latency_s) / 2)
    row["switching_path_ms"] = _ms(lambda: split(both, "switching_path"))
    row["with_a_deadline_ms"] = _ms(lambda: split(tight, "switching_path", Goal.energy()))
    if get_splitter("switching_fptas").supports(tight, Goal.energy()) is None:
        row["fptas_ms"] = _ms(lambda: split(tight, "switching_fptas", Goal.energy()))
    row["front_of_switching_ms"] = _ms(lambda: front_of_switching(both))
    row["points_of_switching"] = len(front_of_switching(both))
    return row


def main() -> None:
    """Measure, print and store."""
    nets = [load_network(name) for name in network_names()] + [generated_network(name) for name in GENERATED]
    nets.append(nasnet_a_large())
    rows = [measure(net) for net in nets]
    slowest = {key: max(float(str(row[key])) for row in rows[:-1] if key in row)
               for key in ("front_one_way_ms", "switching_path_ms", "with_a_deadline_ms", "front_of_switching_ms",
                           "switching_milp_ms")}  # fmt: skip
    # The machine is seldom idle; its load goes with the figures.
    store(
        "paths",
        {
            "repeats": REPEATS,
            "load_1_5_15_min": os.getloadavg(),
            "slowest_ms_without_nasnet": slowest,
            "networks": rows,
        },
    )


if __name__ == "__main__":
    main()
